"""What ty says of modules: an attribute, an imported name or a submodule that one has not."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from services.stages.semantic import rules
from services.stages.semantic.imports import references
from services.stages.semantic.stdlib import version_text
from services.stages.semantic.types_file import Judged, JudgedFile
from services.stages.semantic.types_rules import (
    MODULE_CALLED,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_PACKAGE_MEMBER,
    UNKNOWN_SUBMODULE,
)
from services.stages.semantic.types_server import Told

if TYPE_CHECKING:
    from tree_sitter import Node

HAS_NO_MEMBER = re.compile(r"Module `([\w.]+)` has no member `(\w+)`")
_NOT_FOUND = re.compile(r"Cannot resolve imported module `([\w.]+)`")
_CALLED = re.compile(r"Object of type `<module '([\w.]+)'>` is not callable")


def attribute(file: JudgedFile, told: Told) -> Iterator[Judged]:
    """Judge an attribute of a module that ty does not know."""
    match = HAS_NO_MEMBER.match(told.message)
    if match is None or match[2].startswith("_") or file.context.is_set(match[2]):
        return
    module, name = match.groups()
    message = f"The module '{module}' has no '{name}'."
    if module in file.library:
        yield from _standard(file, told, module, name)
    elif file.own.has_root(module.partition(".")[0]):
        yield file.member(UNKNOWN_ATTRIBUTE, told, name, message)
    elif file.environment is not None and not file.environment.may_have(module, name):
        yield file.member(UNKNOWN_ATTRIBUTE, told, name, message, file.evidence(module))


def _standard(file: JudgedFile, told: Told, module: str, name: str) -> Iterator[Judged]:
    """Judge by the table of versions, which was made from interpreters too."""
    if file.library.is_open(module):
        return
    span = file.library.module(f"{module}.{name}") or file.library.member(module, name)
    if span is None:
        message = f"The module '{module}' has no '{name}', in any version."
        yield replace(
            file.member(UNKNOWN_ATTRIBUTE, told, name, message, {"module": module}), known=_members(file, module)
        )
    elif file.version > span.last:
        message = f"The name '{name}' of '{module}' was removed from the standard library in Python {span.removed_in}."
        yield file.member(rules.REMOVED, told, name, message, {"removed_in": span.removed_in})
    elif file.version < span.first:
        code_is_for = version_text(file.version)
        message = f"The name '{name}' of '{module}' came with Python {span.added_in}; the code is for {code_is_for}."
        yield file.member(rules.NEWER, told, name, message, {"added_in": span.added_in})


def _members(file: JudgedFile, module: str) -> tuple[str, ...]:
    """Return the public names of a standard module: ty does not tell one that a class around the place is called by."""
    spans = ((name, file.library.member(module, name)) for name in file.library.members(module))
    return tuple(name for name, span in spans if span and file.version in span and not name.startswith("_"))


def imported_name(file: JudgedFile, told: Told, _: "Node") -> Iterator[Judged]:
    """Judge a name that a module has not; those of the standard library are judged by their versions elsewhere."""
    match = HAS_NO_MEMBER.match(told.message)
    if match is None or match[1] in file.library:
        return
    module, name = match.groups()
    is_own = file.own.has_root(module.partition(".")[0])
    if not is_own and (file.environment is None or file.environment.may_have(module, name)):
        return
    places = [file.place(told)]
    if _binds(file, told):
        places += [file.source.location(*use) for use in references(file.context.tree, name)]
    message, evidence = f"The module '{module}' has no '{name}'.", file.evidence(module)
    finding = UNKNOWN_PACKAGE_MEMBER.finding(message, places[0], evidence=evidence)
    yield Judged(finding, name, places=tuple(places))


def _binds(file: JudgedFile, told: Told) -> bool:
    """Whether the file knows an imported name by itself."""
    start = file.source.offset(*told.start)
    return any(member.range[0] == start and member.binds for found in file.imports for member in found.members)


def submodule(file: JudgedFile, told: Told, _: "Node") -> Iterator[Judged]:
    """Judge a module that ty does not find: one of a package that is there, and so surely is not."""
    match = _NOT_FOUND.match(told.message)
    if match is None or file.environment is None:
        return
    module = match[1]
    root = module.partition(".")[0]
    if root not in file.library and not file.own.has_root(root) and file.environment.lacks(module):
        message, evidence = f"The package '{root}' has no module '{module}'.", file.evidence(module)
        yield Judged(UNKNOWN_SUBMODULE.finding(message, file.place(told), evidence=evidence))


def called(file: JudgedFile, told: Told, _: "Node") -> Iterator[Judged]:
    """Judge a module that is called; other things that ty takes for not callable may be so by an annotation alone."""
    match = _CALLED.match(told.message)
    if match is None or file.own.has_root(match[1].partition(".")[0]):
        return
    module, name = match[1], match[1].rpartition(".")[2]
    has_it = module in file.library and file.library.member(module, name) is not None
    suggestion = f"from {module} import {name}" if has_it else ""
    message = f"'{module}' is a module, and modules cannot be called."
    yield Judged(MODULE_CALLED.finding(message, file.place(told), suggestion=suggestion))
