"""Judges imports from outside the standard library: does any distribution provide the module, and is it a safe one?"""

from collections.abc import Iterator
from functools import cached_property

from assay.stage import Severity

from services.stages.semantic.catalog import Distribution
from services.stages.semantic.distributions import ImportNames
from services.stages.semantic.imports import Guard, Import
from services.stages.semantic.names import normalised
from services.stages.semantic.nearest import misspelt, nearest
from services.stages.semantic.problem import Problem, root_place, softened
from services.stages.semantic.stdlib import StandardLibrary

RECENT_MONTHS = 24
POPULAR_RANK = 2_000
"""A name this popular is worth imitating; a misspelling of it has one clear meaning."""
LOCAL_PREFIXES = ("_", "my", "your", "our_", "test_", "tests_", "example", "sample", "demo_", "local_", "foo", "bar")
LOCAL_SUFFIXES = (
    "_common", "_config", "_constants", "_helper", "_helpers", "_lib", "_local", "_models", "_module", "_pb2", "_pb2_grpc", "_settings",
    "_test", "_tests", "_types", "_util", "_utils", "app", "project",
)  # fmt: skip
LOCAL_SUBMODULES = frozenset({
    "admin", "api", "app", "common", "conf", "config", "constants", "core", "database", "db", "exceptions", "forms", "handlers", "helpers",
    "models", "routes", "schemas", "serializers", "services", "settings", "tasks", "tests", "types", "urls", "util", "utils", "views",
})  # fmt: skip


class PackageImports:
    """
    Judges by the catalog.

    :param allowed: Normalised names of the distributions that may be used; None: any.
    """

    def __init__(self, names: ImportNames, library: StandardLibrary, allowed: frozenset[str] | None) -> None:
        self._names = names
        self._library = library
        self._allowed = allowed

    def problems(self, found: Import) -> Iterator[Problem]:
        """Yield what is wrong with an import of a module that is neither the standard library's nor the candidate's."""
        if not self._names.is_known(found.module):
            yield self._unknown(found)
            return
        if self._names.host(found.module) is not None:
            return
        distributions = self._names.distributions(found.module)
        if self._allowed is not None and not self._is_allowed(found.root, distributions):
            yield self._undeclared(found, distributions)
        first = self._names.catalog.get(distributions[0]) if distributions else None
        if first is not None and first.rank is None and len(distributions) == 1:
            yield from self._doubts(found, first)

    def _unknown(self, found: Import) -> Problem:
        near = nearest(found.root, self._known)
        meant = misspelt(found.root, self._popular) or ""
        severity = Severity.LOW if looks_local(found.module) and not meant else Severity.HIGH
        date = self._names.catalog.manifest.date
        return Problem(
            "unknown-package", softened(severity, found.guard), found.root, root_place(found.place, found.root),
            f"Nothing provides the module '{found.root}': it is no part of the standard library or of the candidate, and no "
            f"package of that name is known ({date}).",
            confidence=0.9,
            suggestion=f"did you mean {' or '.join(near)}?" if near else "",
            instead=meant,
            binds=found.binds,
            evidence={"nearest": ", ".join(near), "catalog": date},
        )  # fmt: skip

    def _undeclared(self, found: Import, distributions: tuple[str, ...]) -> Problem:
        from_where = f" (of {distributions[0]})" if distributions else ""
        return Problem(
            "undeclared-dependency", softened(Severity.MEDIUM, found.guard), found.root, root_place(found.place, found.root),
            f"The module '{found.root}'{from_where} is not among the dependencies that the candidate may use.",
            evidence={"distribution": distributions[0] if distributions else ""},
        )  # fmt: skip

    def _is_allowed(self, root: str, distributions: tuple[str, ...]) -> bool:
        assert self._allowed is not None
        prefix = f"{normalised(root)}-"  # google-*, azure-*: parts of one namespace
        return not self._allowed.isdisjoint(distributions) or any(name.startswith(prefix) for name in self._allowed)

    def _doubts(self, found: Import, distribution: Distribution) -> Iterator[Problem]:
        place = root_place(found.place, found.root)
        evidence = {"distribution": distribution.name}
        if distribution.suspect:
            message = f"The package '{distribution.name}' says of itself that it is a squat, a reservation or research."
            yield Problem(
                "suspect-package",
                softened(Severity.MEDIUM, found.guard),
                found.root,
                place,
                message,
                confidence=0.7,
                evidence=evidence,
            )
        elif distribution.months_old <= RECENT_MONTHS and (meant := misspelt(found.root, self._popular)):
            message = f"The package '{distribution.name}' is hardly used, recent, and one slip away from '{meant}'."
            yield Problem(
                "near-name", Severity.LOW, found.root, place, message, confidence=0.5,
                suggestion=f"did you mean {meant}?", evidence={**evidence, "nearest": meant},
            )  # fmt: skip

    @cached_property
    def _known(self) -> tuple[str, ...]:
        return (*self._library.top_level, *self._names.popular)

    @cached_property
    def _popular(self) -> tuple[str, ...]:
        popular = (name for name, rank in self._names.popular.items() if rank <= POPULAR_RANK)
        return (*self._library.top_level, *popular)


def looks_local(module: str) -> bool:
    """Whether a module is named as people name those of their own project, of which a snippet is only a part."""
    root, *below = module.split(".")
    named = root.lower().startswith(LOCAL_PREFIXES) or root.lower().endswith(LOCAL_SUFFIXES)
    return named or not LOCAL_SUBMODULES.isdisjoint(below)


__all__ = ["Guard", "PackageImports", "looks_local"]
