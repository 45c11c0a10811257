"""
The shipped catalog of distribution names: which exist, how much they are used, and which say of themselves that they
are a squat or a reservation. Existence is not safety.

Built by `services.stages.semantic.build_catalog`; a manifest holds the date, the count and the digest of each file, and
loading fails where a file is not the one that the manifest names.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.errors import AssayError

DATA = Path(__file__).parent / "data"
MANIFEST = "manifest.json"
NAMES = "pypi.marisa"
RECORDS = "pypi.records"
RANKED = "pypi.ranked.txt"
MODULES = "modules.marisa"
PROVIDERS = "providers.tsv"

SUSPECT_BIT = 0x80
MAX_AGE = 0x7F
"""Months since the latest release, at the catalog's date; this value stands for as many or more, or unknown."""


class CatalogBroken(AssayError):
    """The shipped catalog is missing, altered or cannot be read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What a catalog directory holds.

    :param date: Year and month of the newest release in it, "2026-11".
    :param count: Distribution names.
    :param files: SHA-256 by file name.
    """

    date: str
    count: int
    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that change with any of the files."""
        listing = "".join(f"{name}:{digest}\n" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(listing.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Distribution:
    """
    What the catalog knows of one distribution.

    :param name: Normalised (PEP 503).
    :param rank: Place among the most downloaded, from 1; None where it is not among them.
    :param months_old: Months from the latest release to the catalog's date, at most :data:`MAX_AGE`.
    :param suspect: Its own summary says that it is a squat, a reservation or research into squatting.
    """

    name: str
    rank: int | None
    months_old: int
    suspect: bool


def read_manifest(directory: Path = DATA, name: str = MANIFEST, builder: str = "build_catalog") -> Manifest:
    """
    Read what a catalog says of itself.

    :param name: The manifest's, as a directory may hold several.
    :param builder: What makes it anew, for the error.

    :raises CatalogBroken: The manifest is missing or not one.
    """
    try:
        fields = json.loads((directory / name).read_text())
        return Manifest(date=str(fields["date"]), count=int(fields["count"]), files=dict(fields["files"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogBroken(
            f"the catalog's {name} cannot be read ({type(error).__name__}); build it with {builder}"
        ) from error


class Catalog:
    """
    Distribution names that exist, and the import names that their archives hold.

    :raises CatalogBroken: A file is missing or is not the one that the manifest names.
    """

    def __init__(self, directory: Path = DATA) -> None:
        self.manifest = read_manifest(directory)
        for name, digest in self.manifest.files.items():
            verify(directory / name, digest)
        self._directory = directory
        self._names = mapped_trie(directory / NAMES)
        self._modules = mapped_trie(directory / MODULES)
        self._records = (directory / RECORDS).read_bytes()
        self.ranked: tuple[str, ...] = tuple((directory / RANKED).read_text().split())
        if len(self._records) != self.manifest.count or len(self._names) != self.manifest.count:
            raise CatalogBroken(f"the catalog holds {len(self._names)} names, its manifest says {self.manifest.count}")

    def __contains__(self, name: str) -> bool:
        """Whether a distribution of this normalised name exists."""
        return name in self._names

    def name_at(self, place: int) -> str:
        """Return one of the names, by its place from 0 in no order that means anything; for drawing samples."""
        return str(self._names.restore_key(place))

    def get(self, name: str) -> Distribution | None:
        """Return what is known of a distribution by its normalised name, or None where there is none."""
        if name not in self._names:
            return None
        record = self._records[self._names[name]]
        return Distribution(name, self._ranks.get(name), record & MAX_AGE, bool(record & SUSPECT_BIT))

    def holds_module(self, module: str) -> bool:
        """Whether some distribution of another name is known to install this module."""
        return module in self._modules

    def holds_namespace(self, root: str) -> bool:
        """Whether some distribution is known to install a module below this name."""
        return any(True for _ in self._modules.iterkeys(f"{root}."))

    def providers(self, module: str) -> tuple[str, ...]:
        """Return the much-used distributions that install this module, the most used first."""
        return self._providers.get(module, ())

    @property
    def provided_modules(self) -> Mapping[str, tuple[str, ...]]:
        """Modules of the much-used distributions whose own name differs, each with the distributions."""
        return self._providers

    def rank(self, name: str) -> int | None:
        """Return the place of a distribution among the most downloaded, from 1, or None."""
        return self._ranks.get(name)

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {name: rank for rank, name in enumerate(self.ranked, start=1)}

    @cached_property
    def _providers(self) -> dict[str, tuple[str, ...]]:
        lines = (self._directory / PROVIDERS).read_text().splitlines()
        return {module: tuple(names.split(",")) for module, _, names in (line.partition("\t") for line in lines)}


def verify(path: Path, digest: str) -> None:
    """
    Make sure that a file is the one that a manifest names.

    :param digest: Its SHA-256, in hexadecimal digits.
    :raises CatalogBroken: It is not, or cannot be read.
    """
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CatalogBroken(f"the catalog's {path.name} cannot be read ({type(error).__name__})") from error
    if found != digest:
        raise CatalogBroken(f"the catalog's {path.name} is not the file that its manifest names")


def mapped_trie(path: Path) -> Any:  # marisa_trie ships no types
    """
    Return a trie of names that is read from its file as it is asked.

    :raises CatalogBroken: The file is not one.
    """
    import marisa_trie

    try:
        return marisa_trie.Trie().mmap(str(path))
    except RuntimeError as error:
        raise CatalogBroken(f"the catalog's {path.name} is not a trie") from error
