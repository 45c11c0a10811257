"""Judges imports from the standard library: does the module exist in this version, and the names taken from it?"""

from collections.abc import Iterator, Mapping

from assay.stage import Severity

from services.stages.semantic.imports import Guard, Import, Member
from services.stages.semantic.nearest import misspelt, nearest
from services.stages.semantic.problem import Problem, softened
from services.stages.semantic.stdlib import Span, StandardLibrary, Version, version_text

SHADOWED = frozenset({
    "calendar", "cmd", "code", "formatter", "parser", "platform", "profile", "queue", "resource", "site", "statistics", "symbol",
    "test", "token",
})  # fmt: skip
"""Modules whose names applications use for packages of their own, which are then found first."""


class StandardImports:
    """
    Judges by one version.

    :param python_2: Modules of Python 2 with their successors.
    :param successors: What takes the place of modules removed since 3.8.
    """

    def __init__(
        self, library: StandardLibrary, version: Version, python_2: Mapping[str, str], successors: Mapping[str, str]
    ) -> None:
        self._library = library
        self._version = version
        self._python_2 = python_2
        self._successors = successors

    def covers(self, found: Import) -> bool:
        """Whether an import is one from the standard library of any version, Python 2's renamed modules among them."""
        return found.root in self._library or found.root in self._python_2

    def problems(self, found: Import) -> Iterator[Problem]:
        """Yield what is wrong with an import that :meth:`covers` holds for."""
        if found.root not in self._library:
            yield from self._renamed(found)
            return
        root = self._library.module(found.root)
        span = self._library.module(found.module)
        if root is not None and self._version not in root:
            yield from self._other_version(found, found.root, root)
        elif span is None:
            yield self._unknown_module(found)
        elif self._version not in span:
            yield from self._other_version(found, found.module, span)
        else:
            for member in found.members:
                yield from self._member(found, member)

    def _renamed(self, found: Import) -> Iterator[Problem]:
        if found.guard is Guard.NONE:
            successor = self._python_2[found.root]
            message = f"The module '{found.root}' is Python 2's; Python 3 has '{successor}'."
            yield Problem(
                "removed-from-stdlib", Severity.MEDIUM, found.root, found.place, message,
                suggestion=f"use {successor}", evidence={"removed_in": "3.0", "successor": successor},
            )  # fmt: skip

    def _other_version(self, found: Import, module: str, span: Span) -> Iterator[Problem]:
        if found.guard is not Guard.NONE:
            return
        successor = self._successors.get(module.partition(".")[0], "")
        if self._version > span.last:
            message = f"The module '{module}' was removed from the standard library in Python {span.removed_in}."
            evidence = {"removed_in": span.removed_in, "successor": successor}
            suggestion = f"use {successor}" if successor not in ("", "nothing") else ""
            yield Problem(
                "removed-from-stdlib",
                Severity.MEDIUM,
                module,
                found.place,
                message,
                suggestion=suggestion,
                evidence=evidence,
            )
        else:
            message = f"The module '{module}' came with Python {span.added_in}, after {version_text(self._version)}."
            evidence = {"added_in": span.added_in}
            yield Problem("newer-than-python", Severity.MEDIUM, module, found.place, message, evidence=evidence)

    def _unknown_module(self, found: Import) -> Problem:
        parent, _, last = found.module.rpartition(".")
        siblings = [name for name in self._library.names() if name.partition(".")[0] == found.root]
        near = nearest(found.module, siblings)
        severity = Severity.LOW if found.root in SHADOWED else softened(Severity.HIGH, found.guard)
        is_member = parent in self._library and self._library.member(parent, last) is not None
        suggestion = f"from {parent} import {last}" if is_member else f"did you mean {near[0]}?" if near else ""
        return Problem(
            "unknown-stdlib-module", severity, found.module, found.place,
            f"The standard library has no module '{found.module}', in any version.",
            suggestion=suggestion,
            instead="" if is_member else misspelt(found.module, siblings) or "",
            binds=found.module if found.binds else "",
            evidence={"nearest": ", ".join(near)},
        )  # fmt: skip

    def _member(self, found: Import, member: Member) -> Iterator[Problem]:
        module, name = found.module, member.name
        span = self._library.module(f"{module}.{name}") or self._library.member(module, name)
        if span is None:
            if not self._library.is_open(module) and not name.startswith("_"):
                yield self._unknown_member(found, member)
        elif self._version not in span and found.guard is Guard.NONE:
            yield self._member_of_other_version(found, member, span)

    def _unknown_member(self, found: Import, member: Member) -> Problem:
        names = [name for name in self._library.members(found.module) if not name.startswith("_")]
        near = nearest(member.name, names)
        return Problem(
            "unknown-import-member", softened(Severity.HIGH, found.guard), f"{found.module}.{member.name}", member.place,
            f"The module '{found.module}' has no '{member.name}', in any version.",
            suggestion=f"did you mean {near[0]}?" if near else "",
            instead=misspelt(member.name, names) or "",
            binds=member.name,
            evidence={"module": found.module, "nearest": ", ".join(near)},
        )  # fmt: skip

    def _member_of_other_version(self, found: Import, member: Member, span: Span) -> Problem:
        subject = f"{found.module}.{member.name}"
        if self._version > span.last:
            message = f"The name '{member.name}' was removed from '{found.module}' in Python {span.removed_in}."
            return Problem(
                "removed-from-stdlib",
                Severity.MEDIUM,
                subject,
                member.place,
                message,
                evidence={"removed_in": span.removed_in},
            )
        message = f"The name '{member.name}' came to '{found.module}' with Python {span.added_in}, after {version_text(self._version)}."
        return Problem(
            "newer-than-python", Severity.MEDIUM, subject, member.place, message, evidence={"added_in": span.added_in}
        )
