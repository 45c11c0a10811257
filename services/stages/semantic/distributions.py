"""Which distributions an imported module can come from; import names and distribution names are not the same."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from services.stages.semantic.catalog import DATA, Catalog
from services.stages.semantic.names import normalised

VARIANTS = ("python-{}", "{}-python", "py-{}", "py{}", "python{}", "{}py")
"""Habits by which a distribution's name departs from its module's: python-dateutil, grpcio-python, py-cord, pyserial."""


def read_pairs(path: Path) -> dict[str, str]:
    """Read a table of two columns, parted by a tab; lines that begin with # are remarks."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {key: value for key, _, value in (line.partition("\t") for line in lines)}


class ImportNames:
    """
    Knows the distributions behind modules, and the modules that no index need have.

    :param directory: Holds the tables `aliases.tsv` and `hosts.tsv`.
    """

    def __init__(self, catalog: Catalog, directory: Path = DATA) -> None:
        self.catalog = catalog
        self._aliases = {
            module: tuple(names.split(",")) for module, names in read_pairs(directory / "aliases.tsv").items()
        }
        self._hosts = read_pairs(directory / "hosts.tsv")

    def host(self, module: str) -> str | None:
        """Return the application or system that provides a module by its first name, or None."""
        root = module.partition(".")[0]
        return self._hosts.get(module) or self._hosts.get(root)

    def is_known(self, module: str) -> bool:
        """Whether a module can come from anywhere but the candidate: an index, an application, a system."""
        return self.host(module) is not None or any(True for _ in self._found(module)) or self._is_held(module)

    def distributions(self, module: str) -> tuple[str, ...]:
        """Return the distributions that a module can come from, the likeliest first; none where only its name is known."""
        return tuple(dict.fromkeys(self._found(module)))

    def _found(self, module: str) -> Iterator[str]:
        root = module.partition(".")[0]
        # A namespace such as google.cloud is shared: the longest part of the name that is a distribution says which.
        for name in (*_longer_names(module), root):
            yield from self._aliases.get(name, ())
            yield from self.catalog.providers(name)
            yield from (found for found in (normalised(name),) if found in self.catalog)
        yield from (found for found in _variants(root) if found in self.catalog)

    def _is_held(self, module: str) -> bool:
        root = module.partition(".")[0]
        return self.catalog.holds_module(root) or self.catalog.holds_namespace(root)

    @cached_property
    def popular(self) -> Mapping[str, int]:
        """The modules of the much-used distributions, each with the best rank among those that have it."""
        found: dict[str, int] = {}
        for rank, name in enumerate(self.catalog.ranked, start=1):
            found.setdefault(name.replace("-", "_"), rank)
        for module, names in (*self.catalog.provided_modules.items(), *self._aliases.items()):
            ranks = [rank for name in names if (rank := self.catalog.rank(name)) is not None]
            if ranks and "." not in module:
                found[module] = min(ranks)
        return found


def _longer_names(module: str) -> Iterator[str]:
    """Yield the names from the whole down to two parts."""
    parts = module.split(".")
    yield from (".".join(parts[:end]) for end in range(len(parts), 1, -1))


def _variants(root: str) -> Iterator[str]:
    if len(root) > 2:
        yield from (normalised(variant.format(root)) for variant in VARIANTS)
