"""
The shipped catalog of npm packages and of Node.js's built-in modules.

It knows the packages that somebody downloads, which is a part of the registry: a name that it lacks may exist. Built by
`services.stages.semantic.build_npm`, with a manifest as that of the catalog of distributions.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from services.stages.semantic.catalog import DATA, CatalogBroken, Manifest, mapped_trie, read_manifest, verify

MANIFEST = "npm.json"
NAMES = "npm.marisa"
RECORDS = "npm.records"
POPULAR = "npm.popular.txt"
BUILT_IN = "npm.builtin.json"

NODE = "node:"
"""The prefix of modules that nobody but Node.js can add to."""


def read_npm_manifest(directory: Path = DATA) -> Manifest:
    """Return :func:`services.stages.semantic.catalog.read_manifest` of this catalog."""
    return read_manifest(directory, MANIFEST, "build_npm")


class NpmCatalog:
    """
    Names of packages that exist.

    :raises CatalogBroken: A file is missing or is not the one that the manifest names.
    """

    def __init__(self, directory: Path = DATA) -> None:
        self.manifest = read_npm_manifest(directory)
        for name, digest in self.manifest.files.items():
            verify(directory / name, digest)
        self._names = mapped_trie(directory / NAMES)
        if len(self._names) != self.manifest.count:
            raise CatalogBroken(f"the catalog holds {len(self._names)} names, its manifest says {self.manifest.count}")
        self._records = (directory / RECORDS).read_bytes()
        if len(self._records) != len(self._names):
            raise CatalogBroken(f"the catalog's {RECORDS} is of other names")
        self.popular: tuple[str, ...] = tuple((directory / POPULAR).read_text().split())
        self.built_in = _read_built_in(directory / BUILT_IN)

    def __contains__(self, name: str) -> bool:
        """Whether a package of this name is known."""
        return name in self._names

    def downloads(self, name: str) -> int:
        """Return how often a known package is downloaded in a month, rounded up to a power of two."""
        return 1 << int(self._records[self._names[name]])


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """
    The modules of Node.js, of all the versions that were asked.

    :param names: As they are imported without a prefix.
    :param prefixed: Those that can be had with one, without it.
    """

    names: frozenset[str]
    prefixed: frozenset[str]


def _read_built_in(path: Path) -> BuiltIn:
    listed = {name for names in json.loads(path.read_text()).values() for name in names}
    names = frozenset(name for name in listed if not name.startswith(NODE))
    return BuiltIn(names, names | {name.removeprefix(NODE) for name in listed})
