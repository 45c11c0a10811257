"""Judges imports from the standard library: does the module exist in this version, and the names taken from it?"""

from collections.abc import Iterator, Mapping

from services.stages.rules import Rule
from services.stages.semantic import rules
from services.stages.semantic.imports import Guard, Import, Member, Range
from services.stages.semantic.nearest import Suggestions, swapped
from services.stages.semantic.own_modules import looks_local
from services.stages.semantic.problem import Correction, Problem
from services.stages.semantic.stdlib import VERSIONS, Span, StandardLibrary, Version, version_text

SHADOWED = frozenset({"cmd", "code", "formatter", "parser", "profile", "resource", "site", "symbol", "test", "token"})
"""Modules whose names applications give to modules of their own, which are then found first."""


class StandardImports:
    """
    Judges by one version.

    :param python_2: Modules of Python 2 with their successors.
    :param successors: What takes the place of modules removed since 3.8.
    """

    def __init__(
        self,
        library: StandardLibrary,
        version: Version,
        python_2: Mapping[str, str],
        successors: Mapping[str, str],
        suggestions: Suggestions,
    ) -> None:
        self._library = library
        self._version = version
        self._python_2 = python_2
        self._successors = successors
        self._suggestions = suggestions

    def covers(self, found: Import) -> bool:
        """Whether an import is one from the standard library of any version, Python 2's renamed modules among them."""
        return found.root in self._library or found.root in self._python_2

    def problems(self, found: Import) -> Iterator[Problem]:
        """Yield what is wrong with an import that :meth:`covers` holds for."""
        root, span = self._library.module(found.root), self._library.module(found.module)
        if root is None or found.module in self._python_2:
            yield from self._renamed(found)
        elif self._version not in root:
            yield from self._other_version(found, f"The module '{found.root}'", found.root, found.range, root)
        elif span is None:
            # What was removed since lives on elsewhere, as distutils in setuptools, and grows there.
            if root.last == VERSIONS[-1]:
                yield self._unknown_module(found)
        elif self._version not in span:
            yield from self._other_version(found, f"The module '{found.module}'", found.module, found.range, span)
        else:
            for member in found.members:
                yield from self._member(found, member)

    def _renamed(self, found: Import) -> Iterator[Problem]:
        if found.guard is not Guard.NONE:
            return
        name = found.module if found.module in self._python_2 else found.root
        successor = self._python_2[name]
        yield Problem(
            rules.REMOVED,
            name,
            found.range,
            f"The module '{name}' is Python 2's{f'; Python 3 has {successor!r}' if successor else ''}.",
            suggestion=f"use {successor}" if successor else "",
            evidence={"removed_in": "3.0", "successor": successor},
        )

    def _other_version(self, found: Import, what: str, subject: str, place: Range, span: Span) -> Iterator[Problem]:
        """Yield the problem of a name that exists, in other versions only; guarded code may be meant for those."""
        if found.guard is not Guard.NONE:
            return
        if self._version > span.last:
            successor = self._successors.get(subject, "")
            message = f"{what} was removed from the standard library in Python {span.removed_in}."
            suggestion = f"use {successor}" if successor else ""
            evidence = {"removed_in": span.removed_in, "successor": successor}
            yield Problem(rules.REMOVED, subject, place, message, suggestion=suggestion, evidence=evidence)
        else:
            message = f"{what} came with Python {span.added_in}; the code is for {version_text(self._version)}."
            yield Problem(rules.NEWER, subject, place, message, evidence={"added_in": span.added_in})

    def _unknown_module(self, found: Import) -> Problem:
        siblings = [name for name in self._library.names() if name.partition(".")[0] == found.root]
        near = self._suggestions.nearest(found.module, siblings)
        parent, _, last = found.module.rpartition(".")
        is_member = parent in self._library and self._library.member(parent, last) is not None
        meant = None if is_member else self._suggestions.misspelt(found.module, siblings)
        return Problem(
            self._rule(found, rules.UNKNOWN_STDLIB_MODULE),
            found.module,
            found.range,
            f"The standard library has no module '{found.module}', in any version.",
            suggestion=f"from {parent} import {last}" if is_member else f"did you mean {near[0]}?" if near else "",
            correction=Correction(meant) if meant and not found.binds else None,
            evidence={"nearest": ", ".join(near)},
        )

    def _member(self, found: Import, member: Member) -> Iterator[Problem]:
        module, name = found.module, member.name
        span = self._library.module(f"{module}.{name}") or self._library.member(module, name)
        if span is None:
            if not self._library.is_open(module) and not name.startswith("_"):
                yield self._unknown_member(found, member)
        elif self._version not in span:
            what = f"The name '{name}' of '{module}'"
            yield from self._other_version(found, what, f"{module}.{name}", member.range, span)

    def _unknown_member(self, found: Import, member: Member) -> Problem:
        names = [name for name in self._library.members(found.module) if not name.startswith("_")]
        near = self._suggestions.nearest(member.name, names)
        meant = self._suggestions.misspelt(member.name, names) or swapped(member.name, names)
        return Problem(
            self._rule(found, rules.UNKNOWN_MEMBER),
            f"{found.module}.{member.name}",
            member.range,
            f"The module '{found.module}' has no '{member.name}', in any version.",
            suggestion=f"did you mean {near[0]}?" if near else "",
            correction=Correction(meant, member.name if member.binds else "", meant) if meant else None,
            evidence={"module": found.module, "nearest": ", ".join(near)},
        )

    def _rule(self, found: Import, rule: Rule) -> Rule:
        if found.guard is Guard.OPTIONAL:
            return rules.UNKNOWN_OPTIONAL
        is_local = found.root in SHADOWED or (found.module not in self._library and looks_local(found.module))
        return rules.UNKNOWN_LOCAL if is_local else rule
