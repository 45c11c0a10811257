"""Which of the things that ty finds fault with are made up, done in a worker process: judges each and words it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assay.languages import of_path
from assay.stage import Candidate, Finding, Location

from services.stages.rules import MAX_FINDINGS, Rule
from services.stages.semantic import rules
from services.stages.semantic.environment import Environment
from services.stages.semantic.imports import Import, read_imports, references
from services.stages.semantic.own_modules import OwnModules
from services.stages.semantic.stdlib import StandardLibrary, Version, version_text
from services.stages.semantic.types_calls import has_too_many, read_call, read_signatures, unknown_keywords
from services.stages.semantic.types_context import Context
from services.stages.semantic.types_rules import (
    NOT_CALLABLE,
    UNKNOWN_ARGUMENT,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_OWN,
    UNKNOWN_PACKAGE_MEMBER,
    UNKNOWN_SUBMODULE,
    WRONG_ARGUMENTS,
)
from services.stages.semantic.types_server import Told
from services.stages.source import Source, decode

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_TOLD = 500
"""Things that ty says of one file and that are looked at, in the order of the source."""

_MODULE = re.compile(r"Module `([\w.]+)` has no member `(\w+)`")
_OBJECT = re.compile(r"(Object of type|Class) `(.+)` has no attribute `(\w+)`$")
_IMPORT = re.compile(r"Cannot resolve imported module `([\w.]+)`")
_CALLED_MODULE = re.compile(r"Object of type `<module '([\w.]+)'>` is not callable")
_KEYWORD = re.compile(r"Argument `(\w+)` does not match any known parameter(?: of (?:[a-z ]+ )?`([^`]+)`)?")
_FUNCTION = re.compile(r"\bof (?:[a-z ]+ )?`([^`]+)`")
_HEAD = re.compile(r"(?:type\[|<super: <class ')?(Self@\w+|\w+)")
_LITERAL = re.compile(r"Literal\[(b?\"|True|False|-?\d)[^`]*")
_KIND_OF_LITERAL = {'"': "str", "b": "bytes", "T": "bool", "F": "bool"}
_NARROWED = re.compile(r" & (?!~)")
_DATA = re.compile(
    r"(?:type\[)?(?:Literal|LiteralString|str|bytes|bytearray|int|float|complex|bool|list|dict|set|frozenset|tuple|range)\b"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """
    A finding, and what could be asked to mend it.

    :param name: The name at fault; empty where nothing more is to be known.
    :param is_keyword: Whether it names an argument.
    :param places: Where the name stands that would be written otherwise.
    """

    finding: Finding
    name: str = ""
    is_keyword: bool = False
    places: tuple[Location, ...] = ()


def judge(
    candidate: Candidate, told: Mapping[str, tuple[Told, ...]], version: Version, prefix: str
) -> dict[str, list[Judged]]:
    """
    Judge what ty said of a candidate's files, by their paths; runs in a worker.

    :param prefix: The environment that ty was given; empty where none.
    """
    python = [file for file in (*candidate.files, *candidate.context_files) if of_path(file.path) == "python"]
    own = OwnModules(file.path for file in python)
    judged = {}
    for file in candidate.files:
        if told.get(file.path):
            others = [other.content for other in python if other is not file]
            judge_of_file = FileJudge(decode(file.content, file.path), others, own, version, _environment(prefix))
            judged[file.path] = judge_of_file.judged(told[file.path])
    return judged


@lru_cache(maxsize=4)
def _environment(prefix: str) -> Environment | None:
    return Environment(Path(prefix)) if prefix else None


@lru_cache(maxsize=1)
def _library() -> StandardLibrary:
    return StandardLibrary()


class FileJudge:
    """
    Judges what ty says of one file.

    :param others: The candidate's other sources.
    :param own: Its modules.
    :param environment: Whose types ty knows.
    """

    def __init__(
        self,
        source: Source,
        others: Sequence[bytes],
        own: OwnModules,
        version: Version,
        environment: Environment | None,
    ) -> None:
        self._source = source
        self._context = Context(source, others)
        self._own = own
        self._version = version
        self._environment = environment
        self._checks = {
            "missing-attribute": self._attribute,
            "missing-module-member": self._imported_member,
            "import-not-found": self._import,
            "unknown-argument": self._argument,
            "missing-argument": self._arguments,
            "too-many-positional-arguments": self._arguments,
            "parameter-already-assigned": self._arguments,
            "positional-only-parameter-as-kwarg": self._arguments,
            "no-matching-overload": self._overload,
            "not-callable": self._called,
        }

    def judged(self, told: Sequence[Told]) -> list[Judged]:
        """Return what is wrong, at most one thing at each place, the gravest of them in the source's order."""
        told = told[:MAX_TOLD]
        if self._hides_modules():
            return []
        retyped = self._retyped(told)
        kept: dict[tuple[int, int], Judged] = {}
        for one in told:
            check = self._checks.get(one.check)
            node = self._node(one)
            if check is None or self._context.is_guarded(node) or _receiver(node) in retyped:
                continue
            for found in check(one, node):
                kept.setdefault(_start(found), found)
        return sorted(kept.values(), key=_start)[:MAX_FINDINGS]

    def _hides_modules(self) -> bool:
        """Whether the file imports a module of the candidate that is named like one that ty finds first."""
        return any(
            not found.level
            and self._own.has_root(found.root)
            and (found.root in _library() or (self._environment is not None and self._environment.has(found.root)))
            for found in self._imports()
        )

    def _imports(self) -> list[Import]:
        return read_imports(self._context.tree, self._source.data)

    def _retyped(self, told: Sequence[Told]) -> set[bytes]:
        """Return the names that are declared as one type and given another: what they have is not known."""
        names: set[bytes] = set()
        for one in told:
            if one.check == "invalid-assignment":
                names.update(_assigned(self._node(one)))
        return names

    def _attribute(self, told: Told, node: "Node") -> Iterator[Judged]:
        if match := _MODULE.match(told.message):
            yield from self._module_attribute(told, match[1], match[2])
        elif match := _OBJECT.match(told.message.partition("\n")[0]):
            yield from self._object_attribute(told, node, match)

    def _module_attribute(self, told: Told, module: str, name: str) -> Iterator[Judged]:
        if name.startswith("_") or self._context.is_set(name):
            return
        if module in _library():
            yield from self._standard_attribute(told, module, name)
        elif self._own.has_root(module.partition(".")[0]):
            yield self._member(UNKNOWN_ATTRIBUTE, told, name, f"The module '{module}' has no '{name}'.")
        elif self._environment is not None and not self._environment.may_have(module, name):
            yield self._member(
                UNKNOWN_ATTRIBUTE, told, name, f"The module '{module}' has no '{name}'.", self._evidence(module)
            )

    def _standard_attribute(self, told: Told, module: str, name: str) -> Iterator[Judged]:
        library = _library()
        if library.is_open(module):
            return
        span = library.module(f"{module}.{name}") or library.member(module, name)
        if span is None:
            message = f"The module '{module}' has no '{name}', in any version."
            yield self._member(UNKNOWN_ATTRIBUTE, told, name, message, {"module": module})
        elif self._version > span.last:
            message = (
                f"The name '{name}' of '{module}' was removed from the standard library in Python {span.removed_in}."
            )
            yield self._dated(rules.REMOVED, told, name, message, {"removed_in": span.removed_in})
        elif self._version < span.first:
            code_is_for = version_text(self._version)
            message = (
                f"The name '{name}' of '{module}' came with Python {span.added_in}; the code is for {code_is_for}."
            )
            yield self._dated(rules.NEWER, told, name, message, {"added_in": span.added_in})

    def _dated(self, rule: Rule, told: Told, name: str, message: str, evidence: Mapping[str, str]) -> Judged:
        return Judged(rule.finding(message, self._name_place(told, name), evidence=evidence))

    def _object_attribute(self, told: Told, node: "Node", match: re.Match[str]) -> Iterator[Judged]:
        kind, type_text, name = match.groups()
        if type_text == "None" or _NARROWED.search(type_text) or "Unknown |" in type_text or self._context.is_set(name):
            return
        heads = self._heads(type_text, node)
        own = [head for head in heads if self._context.is_own(head)]
        if own:
            if not any(self._context.is_partial(head) for head in own) and not self._context.quotes(name):
                what = f"The class '{own[0]}' has no attribute '{name}': nothing here defines or sets it."
                yield self._member(UNKNOWN_OWN, told, name, what)
            return
        if name.startswith("_") or type_text.startswith(("(", "def ", "Overload[", "<")):
            return
        if not _DATA.match(type_text) and (self._context.quotes(name) or self._may_be_stub(heads, name)):
            return
        shown = " | ".join(dict.fromkeys(heads)) or "object"
        subject = f"The class '{shown}'" if kind == "Class" else f"A value of type '{shown}'"
        yield self._member(UNKNOWN_ATTRIBUTE, told, name, f"{subject} has no attribute '{name}'.", {"type": shown})

    def _heads(self, type_text: str, node: "Node") -> list[str]:
        """Return the names of the classes that a type may be."""
        # What stands in a literal type is the candidate's, and not repeated.
        plain = _LITERAL.sub(lambda match: _KIND_OF_LITERAL.get(match[1][:1], "int"), type_text)
        found = [match[1] for part in plain.split(" | ") if (match := _HEAD.match(part))]
        return [self._context.enclosing_class(node) if head.startswith("Self@") else head for head in found]

    def _may_be_stub(self, heads: Sequence[str], name: str) -> bool:
        if self._environment is None:
            return False
        roots = {found.root for found in self._imports() if not found.level}
        return any(self._environment.class_may_have(root, head, name) for root in roots for head in heads)

    def _imported_member(self, told: Told, _: "Node") -> Iterator[Judged]:
        match = _MODULE.match(told.message)
        if match is None:
            return
        module, name = match.groups()
        root = module.partition(".")[0]
        is_own = self._own.has_root(root)
        # The standard library's names, and since when they are there, are the catalog's business.
        if module in _library() or (
            not is_own and (self._environment is None or self._environment.may_have(module, name))
        ):
            return
        message = f"The module '{module}' has no '{name}'."
        places = [self._place(told)]
        if self._binds(told, name):
            places += [self._source.location(*use) for use in references(self._context.tree, name)]
        finding = UNKNOWN_PACKAGE_MEMBER.finding(message, places[0], evidence=self._evidence(module))
        yield Judged(finding, name, places=tuple(places))

    def _binds(self, told: Told, name: str) -> bool:
        """Whether the file knows an imported name by itself."""
        start = self._source.offset(*told.start)
        return any(member.range[0] == start and member.binds for found in self._imports() for member in found.members)

    def _import(self, told: Told, _: "Node") -> Iterator[Judged]:
        match = _IMPORT.match(told.message)
        if match is None or self._environment is None:
            return
        module = match[1]
        root = module.partition(".")[0]
        if root in _library() or self._own.has_root(root) or not self._environment.lacks(module):
            return
        message = f"The package '{root}' has no module '{module}'."
        yield Judged(UNKNOWN_SUBMODULE.finding(message, self._place(told), evidence=self._evidence(module)))

    def _argument(self, told: Told, _: "Node") -> Iterator[Judged]:
        match = _KEYWORD.match(told.message)
        if match is not None:
            yield self._keyword(match[1], match[2] or "", (told.start, (told.start[0], told.start[1] + len(match[1]))))

    def _keyword(self, name: str, function: str, place: tuple[tuple[int, int], tuple[int, int]]) -> Judged:
        where = Location(self._source.path, *place[0], *place[1])
        called = f"'{function}'" if function else "What is called"
        finding = UNKNOWN_ARGUMENT.finding(f"{called} takes no argument '{name}'.", where)
        return Judged(finding, name, is_keyword=True, places=(where,))

    def _arguments(self, told: Told, _: "Node") -> Iterator[Judged]:
        sentence = told.message.partition("\n")[0].replace("`", "'")
        yield Judged(WRONG_ARGUMENTS.finding(f"{sentence}.", self._place(told)))

    def _overload(self, told: Told, node: "Node") -> Iterator[Judged]:
        call, signatures = read_call(node), read_signatures(told.message)
        if call is None or not signatures:
            return
        function = match[1] if (match := _FUNCTION.search(told.message)) else ""
        for keyword in unknown_keywords(call, signatures):
            start, end = (self._source.position(offset) for offset in (keyword.start_byte, keyword.end_byte))
            yield self._keyword((keyword.text or b"").decode(), function, (start, end))
        if has_too_many(call, signatures):
            message = f"'{function}' takes fewer arguments by position than it is given here."
            yield Judged(WRONG_ARGUMENTS.finding(message, self._place(told)))

    def _called(self, told: Told, _: "Node") -> Iterator[Judged]:
        match = _CALLED_MODULE.match(told.message)
        if match is not None:
            name = match[1].rpartition(".")[2]
            suggestion = f"from {match[1]} import {name}"
            has_it = match[1] in _library() and _library().member(match[1], name) is not None
            message = f"'{match[1]}' is a module, and modules cannot be called."
            yield Judged(NOT_CALLABLE.finding(message, self._place(told), suggestion=suggestion if has_it else ""))

    def _member(
        self, rule: Rule, told: Told, name: str, message: str, evidence: Mapping[str, str] | None = None
    ) -> Judged:
        place = self._name_place(told, name)
        return Judged(rule.finding(message, place, evidence=evidence), name, places=(place,))

    def _evidence(self, module: str) -> dict[str, str]:
        held = self._environment.distribution(module) if self._environment is not None else ""
        return {"module": module, **({"distribution": held} if held else {})}

    def _node(self, told: Told) -> "Node":
        return self._context.node(self._source.offset(*told.start), self._source.offset(*told.end))

    def _place(self, told: Told) -> Location:
        return Location(self._source.path, *told.start, *told.end)

    def _name_place(self, told: Told, name: str) -> Location:
        """Return the range of the last name of an attribute."""
        line, column = told.end
        return Location(self._source.path, line, column - len(name), line, column)


def _start(judged: Judged) -> tuple[int, int]:
    place = judged.finding.location
    assert place is not None
    return place.start_line, place.start_column


def _receiver(node: "Node") -> bytes:
    """Return the first name of what an attribute is taken from; empty where that is no name."""
    while node.type in ("attribute", "call", "subscript") and node.named_children:
        node = node.named_children[0]
    return (node.text or b"") if node.type == "identifier" else b""


def _assigned(node: "Node") -> Iterator[bytes]:
    """Yield the names that the statement around a node gives values to."""
    above: Node | None = node
    while above is not None and above.type not in ("assignment", "augmented_assignment", "for_statement"):
        if above.type.endswith(("_definition", "_statement")):
            return
        above = above.parent
    left = above.child_by_field_name("left") if above is not None else None
    if left is not None:
        names = [left, *left.named_children] if left.type != "attribute" else []
        yield from (name.text or b"" for name in names if name.type == "identifier")
