"""What ruff says of one file, by the candidate's Python version, with nothing of the candidate's silencing it."""

from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from assay.stage import Location

from services.stages.language_server import ServerLost
from services.stages.source import Source
from services.stages.static import ruff_once, ruff_server

MAX_DIAGNOSTICS = 10_000
"""Diagnostics of one file that are looked at, in the order of the source."""

SYNTAX = "invalid-syntax"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """
    What ruff says about one place.

    :param code: A rule's code, or "invalid-syntax".
    """

    code: str
    message: str
    location: Location


@dataclass(frozen=True, slots=True)
class Linter:
    """
    ruff for one version of Python.

    :param minor: The minor version of Python 3.
    :param folder: Where its servers live; see :func:`services.stages.static.ruff_server.settings_folder`.
    """

    minor: int
    folder: str

    def lint(self, source: Source) -> tuple[Diagnostic, ...]:
        """
        Return the diagnostics of a source, in ruff's order; a stub file is told by its suffix.

        :raises TooDeep: The source is nested deeper than any Python compiles.
        :raises PluginFailed: ruff could not be run, did not end in time, or failed.
        """
        suffix = ".pyi" if PurePosixPath(source.path).suffix.lower() == ".pyi" else ".py"
        try:
            items = ruff_server.ask(source.text, self.minor, suffix, self.folder)
        except ServerLost:
            # A server has less stack than Python, and bounds what it answers: a process of its own has the last word.
            items = ruff_once.ask(source.data, self.minor, suffix, MAX_DIAGNOSTICS)
        return tuple(_diagnostic(item, source.path) for item in islice(items, MAX_DIAGNOSTICS))


def _diagnostic(item: dict[str, Any], path: str) -> Diagnostic:
    start, end = item["range"]["start"], item["range"]["end"]
    place = Location(path, start["line"] + 1, start["character"] + 1, end["line"] + 1, end["character"] + 1)
    # What follows an empty line is advice.
    return Diagnostic(str(item.get("code") or SYNTAX), str(item["message"]).partition("\n")[0], place)
