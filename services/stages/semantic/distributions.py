"""Which distributions an imported module can come from; import names and distribution names are not the same."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from services.stages.semantic.catalog import DATA, Catalog
from services.stages.semantic.names import normalised

VARIANTS = ("python-{}", "{}-python", "py-{}", "py{}", "python{}", "{}py")
"""How the name of a distribution commonly departs from its module's: python-dateutil, grpcio-python, pyserial."""


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
        self.aliases = {
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
        """Return the distributions that a module can come from, the likeliest first.

        None where only the module's name is known.
        """
        return tuple(dict.fromkeys(self._found(module)))

    def _found(self, module: str) -> Iterator[str]:
        root = module.partition(".")[0]
        longer = [name for part in _longer_names(module) for name in self._named(part)]
        # A namespace such as google.cloud is shared: the longest part of the name that is a much-used distribution says
        # whose the module is. An unused one says little: anyone may call a distribution pydantic-config.
        yield from (name for name in longer if self.catalog.rank(name) is not None)
        yield from self._named(root)
        yield from longer
        yield from (name for name in _variants(root) if name in self.catalog)

    def _named(self, module: str) -> Iterator[str]:
        yield from self.aliases.get(module, ())
        yield from self.catalog.providers(module)
        name = normalised(module)
        if name in self.catalog:
            yield name

    def _is_held(self, module: str) -> bool:
        root = module.partition(".")[0]
        return self.catalog.holds_module(root) or self.catalog.holds_namespace(root)

    @cached_property
    def popular(self) -> Mapping[str, int]:
        """The modules of the much-used distributions, each with the best rank among those that have it."""
        found: dict[str, int] = {}
        for rank, name in enumerate(self.catalog.ranked, start=1):
            found.setdefault(name.replace("-", "_"), rank)
        for module, names in (*self.catalog.provided_modules.items(), *self.aliases.items()):
            ranks = [place for name in names if (place := self.catalog.rank(name)) is not None]
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
