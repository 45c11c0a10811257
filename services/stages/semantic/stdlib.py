"""The modules of Python's standard library and their members, by version."""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

Version = tuple[int, int]

VERSIONS: tuple[Version, ...] = tuple((3, minor) for minor in range(6, 16))
"""The versions that the table knows, oldest first."""

TABLE = Path(__file__).parent / "data" / "stdlib.json"


def version_text(version: Version) -> str:
    """Write a version as "3.13"."""
    return f"{version[0]}.{version[1]}"


def parse_version(text: str) -> Version:
    """
    Read "3.13" or "3.13.2"; versions that the table does not know become the nearest that it does.

    :raises ValueError: It is no version of Python 3.
    """
    version = _numbers(text)
    if version[0] != 3:
        raise ValueError("not a version of Python 3")
    return min(max(version, VERSIONS[0]), VERSIONS[-1])


def _numbers(text: str) -> Version:
    major, minor, *_ = (int(part) for part in text.split("."))
    return major, minor


@dataclass(frozen=True, slots=True)
class Span:
    """The versions, first and last, that have a name."""

    first: Version
    last: Version

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read "" (all versions), "3.11-", "-3.11", "3.9-3.10" or "-2.7"."""
        first, _, last = text.partition("-")
        return cls(_numbers(first) if first else VERSIONS[0], _numbers(last) if last else VERSIONS[-1])

    def __contains__(self, version: Version) -> bool:
        return self.first <= version <= self.last

    @property
    def removed_in(self) -> str:
        """The version after the last, "3.12"; "3.0" after Python 2."""
        major, minor = self.last
        return version_text((3, minor + 1 if major == 3 else 0))

    @property
    def added_in(self) -> str:
        """The first version, "3.11"."""
        return version_text(self.first)


class StandardLibrary:
    """What the table made by `build_stdlib` says."""

    def __init__(self, path: Path = TABLE) -> None:
        self._rows: dict[str, list[Any]] = json.loads(path.read_text())

    def __contains__(self, module: str) -> bool:
        """Whether any version has this module, by its full dotted name."""
        return module in self._rows

    @cached_property
    def top_level(self) -> tuple[str, ...]:
        """The public modules without a dot, of any version."""
        return tuple(name for name in self._rows if "." not in name and not name.startswith("_"))

    def names(self) -> tuple[str, ...]:
        """Return the full dotted names of all modules, of any version."""
        return tuple(self._rows)

    def module(self, name: str) -> Span | None:
        """Return the versions that have a module, or None where none has it."""
        row = self._rows.get(name)
        return Span.parse(row[0]) if row else None

    def is_open(self, module: str) -> bool:
        """Whether a module may have members that the table does not list."""
        return self._rows[module][1] is None

    def member(self, module: str, name: str) -> Span | None:
        """Return the versions in which a module binds a name, or None where none does."""
        text = self._members(module).get(name)
        if text is None:
            return None
        return Span.parse(text) if text else self.module(module)

    def members(self, module: str) -> tuple[str, ...]:
        """Return the names that a module binds in any version."""
        return tuple(self._members(module))

    @lru_cache(maxsize=64)  # noqa: B019 - one table lives as long as its process
    def _members(self, module: str) -> dict[str, str]:
        return {name: span for span, names in (self._rows[module][1] or {}).items() for name in names.split()}
