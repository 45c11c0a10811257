"""Judges imports from outside the standard library: does any distribution provide the module, and is it a safe one?"""

from collections.abc import Iterable, Iterator
from functools import cached_property

from services.stages.rules import Rule
from services.stages.semantic import rules
from services.stages.semantic.catalog import Distribution
from services.stages.semantic.distributions import ImportNames
from services.stages.semantic.environment import Environment
from services.stages.semantic.imports import Guard, Import
from services.stages.semantic.names import normalised
from services.stages.semantic.nearest import Suggestions
from services.stages.semantic.own_modules import looks_local
from services.stages.semantic.problem import Correction, Problem
from services.stages.semantic.stdlib import StandardLibrary

RECENT_MONTHS = 24
POPULAR_RANK = 2_000
"""A name this popular is worth imitating, and a misspelling of it has one clear meaning."""


class PackageImports:
    """
    Judges by the catalog.

    :param allowed: Normalised names of the distributions that may be used; None: any.
    :param installed: The environment that the code is for, whose packages exist though no index has them.
    """

    def __init__(
        self,
        names: ImportNames,
        library: StandardLibrary,
        allowed: frozenset[str] | None,
        suggestions: Suggestions,
        installed: Environment | None = None,
    ) -> None:
        self._names = names
        self._library = library
        self._allowed = allowed
        self._suggestions = suggestions
        self._installed = installed

    def problems(self, found: Import, *, elsewhere: bool = False) -> Iterator[Problem]:
        """
        Yield what is wrong with an import of a module that is neither the standard library's nor the candidate's.

        :param elsewhere: The file adds to the places where modules are looked for.
        """
        if self._names.host(found.module) is not None:
            return
        if not self._names.is_known(found.module):
            if self._installed is not None and self._installed.has(found.root):
                return
            yield self._unknown(found, elsewhere=elsewhere)
            return
        distributions = self._names.distributions(found.module)
        if self._allowed is not None and found.guard is Guard.NONE and not self._is_allowed(found.root, distributions):
            yield self._undeclared(found, distributions)
        namesake = self._names.catalog.get(normalised(found.root))
        if namesake is not None and namesake.rank is None and distributions[0] == namesake.name:
            yield from self._doubts(found, namesake)

    def _unknown(self, found: Import, *, elsewhere: bool) -> Problem:
        near = self._suggestions.nearest(found.root, self._known)
        meant = self._suggestions.misspelt(found.root, self._popular)
        date = self._names.catalog.manifest.date
        return Problem(
            _rule(found, is_local=not meant and (elsewhere or looks_local(found.module))),
            found.root,
            found.root_range,
            f"Nothing provides the module '{found.root}': it is no part of the standard library or of the candidate, "
            f"and no package has it ({date}).",
            suggestion=f"did you mean {' or '.join(near)}?" if near else "",
            correction=Correction(meant, found.root if found.binds else "", meant) if meant else None,
            evidence={"nearest": ", ".join(near), "catalog": date},
        )

    def _undeclared(self, found: Import, distributions: tuple[str, ...]) -> Problem:
        distribution = distributions[0] if distributions else ""
        origin = f" (of {distribution})" if distribution not in ("", found.root) else ""
        return Problem(
            rules.UNDECLARED,
            found.root,
            found.root_range,
            f"The module '{found.root}'{origin} is not among the dependencies that the candidate may use.",
            evidence={"distribution": distribution},
        )

    def _is_allowed(self, root: str, distributions: tuple[str, ...]) -> bool:
        assert self._allowed is not None
        prefix = f"{normalised(root)}-"  # google-*, azure-*: parts of one namespace
        return not self._allowed.isdisjoint(distributions) or any(name.startswith(prefix) for name in self._allowed)

    def _doubts(self, found: Import, distribution: Distribution) -> Iterator[Problem]:
        name, evidence = distribution.name, {"distribution": distribution.name}
        if distribution.suspect:
            message = f"The package '{name}' says of itself that it is a squat, a reservation or research."
            yield Problem(rules.SUSPECT_PACKAGE, found.root, found.root_range, message, evidence=evidence)
        elif distribution.months_old <= RECENT_MONTHS and (
            meant := self._suggestions.misspelt(found.root, self._popular)
        ):
            yield Problem(
                rules.NEAR_NAME,
                found.root,
                found.root_range,
                f"The package '{name}' is hardly used, recent, and one slip away from '{meant}'.",
                suggestion=f"did you mean {meant}?",
                evidence={**evidence, "nearest": meant},
            )

    @cached_property
    def _known(self) -> tuple[str, ...]:
        return _once((*self._library.top_level, *self._names.popular))

    @cached_property
    def _popular(self) -> tuple[str, ...]:
        popular = (name for name, rank in self._names.popular.items() if rank <= POPULAR_RANK)
        return _once((*self._library.top_level, *popular))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in their order, each once: some packages are called like a module of the standard library."""
    return tuple(dict.fromkeys(names))


def _rule(found: Import, *, is_local: bool) -> Rule:
    if found.guard is Guard.OPTIONAL:
        return rules.UNKNOWN_OPTIONAL
    return rules.UNKNOWN_LOCAL if is_local else rules.UNKNOWN_PACKAGE
