"""
The caller's settings of `assay check`: the table `[tool.assay]` of the nearest pyproject.toml that has one, from the
folder where the command is run upwards.

They are the caller's: a pyproject.toml among the files that are checked means nothing, unless the command is run in its
folder or below.

    [tool.assay]
    exclude = ["examples/"]         # not looked for in directories; see assay.globs
    stages = ["static", "placeholder", "semantic"]
    fail-on = "medium"              # the least severity of a finding that makes the exit status 1
    baseline = "assay-baseline.json"
    python = ".venv"                # the environment whose packages the code may use

    [[tool.assay.ignore]]
    rules = ["placeholder/*"]
    paths = ["tests/fixtures/"]     # without it: everywhere
    reason = "written to be found"
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.globs import covers

from cli.sources import BadSource, Source

NAME = "pyproject.toml"
SEVERITIES = ("info", "low", "medium", "high", "critical")

_KEYS = frozenset({"exclude", "stages", "fail-on", "baseline", "python", "ignore"})
_IGNORE_KEYS = frozenset({"rules", "paths", "reason"})


@dataclass(frozen=True, slots=True)
class Ignore:
    """
    Findings that do not count.

    :param rules: Patterns of rules; see :func:`assay.globs.names`.
    :param paths: Patterns of files below the settings' folder, see :func:`assay.globs.covers`; empty: everywhere.
    """

    rules: tuple[str, ...]
    paths: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """
    Settings, and the folder that their paths are relative to.

    :param fail_on: One of SEVERITIES; empty: only the verdicts count.
    :param baseline: A file; None: none.
    :param python: An environment's folder; None: not said.
    """

    folder: Path
    exclude: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    fail_on: str = ""
    baseline: Path | None = None
    python: Path | None = None
    ignores: tuple[Ignore, ...] = ()

    def relative(self, source: Source) -> str:
        """Return a source's path below the folder, with forward slashes; empty where it does not lie there."""
        if source.path is None:
            return ""
        path = Path(os.path.abspath(source.path))
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else ""

    def excludes(self, source: Source) -> bool:
        """Return whether a source is left out."""
        path = self.relative(source)
        return bool(path) and any(covers(pattern, path) for pattern in self.exclude)

    def ignores_of(self, source: Source) -> tuple[Ignore, ...]:
        """Return what is ignored in a source."""
        path = self.relative(source)
        return tuple(
            one
            for one in self.ignores
            if not one.paths or (path and any(covers(pattern, path) for pattern in one.paths))
        )


def project(start: Path) -> Project:
    """
    Return the settings that hold in a folder: those of the nearest table upwards, or none.

    :raises BadSource: The table has a key or value that it cannot have; the message names it and the file.
    """
    start = Path(os.path.abspath(start))
    for folder in (start, *start.parents):
        table = _table(folder / NAME)
        if table is not None:
            try:
                return _read(folder, table)
            except _Bad as error:
                raise BadSource(f"{folder / NAME}: [tool.assay] {error}") from None
    return Project(start)


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadSource(f"{path}: {(error.strerror or 'it cannot be read').lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSource(f"{path}: it is no TOML: {error}") from None
    tool = document.get("tool")
    table = tool.get("assay") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise BadSource(f"{path}: tool.assay is no table")
    return table


class _Bad(Exception):
    """A key or value that the table cannot have."""


def _read(folder: Path, table: Mapping[str, Any]) -> Project:
    _known(table, _KEYS, "")
    fail_on = _text(table, "fail-on")
    if fail_on and fail_on not in SEVERITIES:
        raise _Bad(f"fail-on is none of {', '.join(SEVERITIES)}")
    ignores = table.get("ignore", [])
    if not isinstance(ignores, list):
        raise _Bad("ignore is no array of tables: write [[tool.assay.ignore]]")
    baseline, python = _text(table, "baseline"), _text(table, "python")
    return Project(
        folder=folder,
        exclude=_texts(table, "exclude"),
        stages=_texts(table, "stages"),
        fail_on=fail_on,
        baseline=folder / baseline if baseline else None,
        python=folder / python if python else None,
        ignores=tuple(_ignore(entry, f"ignore[{index}]") for index, entry in enumerate(ignores)),
    )


def _ignore(entry: object, where: str) -> Ignore:
    if not isinstance(entry, dict):
        raise _Bad(f"{where} is no table")
    _known(entry, _IGNORE_KEYS, f"{where}.")
    rules = _texts(entry, "rules", f"{where}.")
    if not rules:
        raise _Bad(f"{where} names no rules")
    return Ignore(rules, _texts(entry, "paths", f"{where}."), _text(entry, "reason", f"{where}."))


def _known(table: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise _Bad(f"has no key {where}{key}; there are {', '.join(sorted(keys))}")


def _text(table: Mapping[str, Any], key: str, where: str = "") -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _Bad(f"{where}{key} is no text")
    return value


def _texts(table: Mapping[str, Any], key: str, where: str = "") -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _Bad(f"{where}{key} is no array of texts")
    return tuple(value)
