"""Judges what JavaScript and TypeScript import: whose is each module, and does it exist?"""

import re
from collections.abc import Iterable, Iterator

from services.stages.rules import Rule
from services.stages.semantic import npm_rules
from services.stages.semantic.nearest import Suggestions
from services.stages.semantic.npm_catalog import NODE, NpmCatalog
from services.stages.semantic.npm_declared import Declared
from services.stages.semantic.npm_imports import Specifier
from services.stages.semantic.problem import Correction, Problem
from services.stages.semantic.rules import UNDECLARED

_ELSEWHERE = re.compile(r"[./~#$!]|@/|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""Paths, aliases that projects agree on, loaders, and addresses: what does not name a package."""
_PACKAGE = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*", re.IGNORECASE)
"""The package in a specifier, after the registry's rules for names; old names have capitals."""

MAX_NAME = 214
"""Characters of a package's name, by the registry's rules."""
HARDLY_USED = 1 << 16
"""Downloads in a month; those of the most used are a hundred times as many."""
MOST_USED = 5_000
"""So many of the popular packages are worth imitating."""


class NpmJudge:
    """
    Judges by the catalog and by what the candidate declares.

    :param suggestions: Looks for what was meant.
    """

    def __init__(self, catalog: NpmCatalog, own: Declared, suggestions: Suggestions) -> None:
        self._catalog = catalog
        self._own = own
        self._suggestions = suggestions

    def problems(self, imports: Iterable[Specifier]) -> list[Problem]:
        """Return what is wrong with the imports of a file: the gravest for each module."""
        kept: dict[str, Problem] = {}
        for found in imports:
            for problem in self._judged(found):
                before = kept.get(problem.subject)
                if before is None or problem.rule.severity > before.rule.severity:
                    kept[problem.subject] = problem
        return list(kept.values())

    def _judged(self, found: Specifier) -> Iterator[Problem]:
        if found.name.startswith(NODE):
            yield from self._built_in(found)
            return
        match = _PACKAGE.match(found.name[: MAX_NAME + 1])
        if (
            match is None
            or len(match[0]) > MAX_NAME
            or _ELSEWHERE.match(found.name)
            or found.name.startswith(self._own.prefixes or ("\0",))
        ):
            return
        package = match[0]
        is_own = package in self._own.places or package.split("/")[0] in self._own.places
        if is_own or found.name.rstrip("/") in self._catalog.built_in.names:
            return
        yield from self._package(package, found)

    def _built_in(self, found: Specifier) -> Iterator[Problem]:
        name = found.name.removeprefix(NODE)
        known = self._catalog.built_in.prefixed
        if name in known or found.optional:
            return
        ordered = sorted(known) if len(name) <= MAX_NAME else ()
        near = self._suggestions.nearest(name, ordered)
        meant = self._suggestions.misspelt(name, ordered)
        yield Problem(
            npm_rules.UNKNOWN_NODE_MODULE,
            found.name,
            found.range,
            f"Node.js has no module '{found.name}'.",
            suggestion=f"did you mean {' or '.join(NODE + one for one in near)}?" if near else "",
            correction=Correction(NODE + meant) if meant else None,
            evidence={"nearest": ", ".join(near)},
        )

    def _package(self, package: str, found: Specifier) -> Iterator[Problem]:
        own = self._own
        if own.packages is not None and not own.has(package) and not found.optional and not self._is_neighbour(package):
            message = f"The package '{package}' is not among the dependencies that are declared for the code."
            yield Problem(UNDECLARED, package, _range(package, found), message)
        if package in self._catalog:
            yield from self._near(package, found)
        elif package not in own.given and not found.optional:
            yield self._unknown(package, found)

    def _is_neighbour(self, package: str) -> bool:
        """Whether a package is of a scope that declared ones are of: workspaces do not declare one another always."""
        scope, slash, _ = package.partition("/")
        known = self._own.places | (self._own.packages or frozenset())
        return bool(slash) and any(name.startswith(f"{scope}/") for name in known)

    def _near(self, package: str, found: Specifier) -> Iterator[Problem]:
        if self._catalog.downloads(package) > HARDLY_USED:
            return
        if meant := self._suggestions.misspelt(package, self._catalog.popular[:MOST_USED]):
            yield Problem(
                npm_rules.NEAR_NAME,
                package,
                _range(package, found),
                f"The package '{package}' is hardly used, and one slip away from '{meant}'.",
                suggestion=f"did you mean {meant}?",
                evidence={"nearest": meant},
            )

    def _unknown(self, package: str, found: Specifier) -> Problem:
        near = self._suggestions.nearest(package, self._catalog.popular)
        meant = self._suggestions.misspelt(package, self._catalog.popular)
        rule: Rule = npm_rules.MISSPELT_PACKAGE if meant else npm_rules.UNKNOWN_PACKAGE
        date = self._catalog.manifest.date
        return Problem(
            rule,
            package,
            _range(package, found),
            f"The package '{package}' is not among the {self._catalog.manifest.count} that the catalog knows ({date}).",
            suggestion=f"did you mean {' or '.join(near)}?" if near else "",
            correction=Correction(meant) if meant else None,
            evidence={"nearest": ", ".join(near), "catalog": date},
        )


def _range(package: str, found: Specifier) -> tuple[int, int]:
    return found.range[0], found.range[0] + len(package.encode())
