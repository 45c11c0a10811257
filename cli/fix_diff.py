"""The difference that a repair makes, named as the caller names the file, for programs and for people."""

import os
from typing import TextIO

from cli.printable import printable
from cli.sources import Source

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_TAB = "    "


def named(diff: str, source: Source) -> str:
    """
    Return the unified diff of one file under the name of a source, as `git apply` and `patch -p1` take it.

    :param diff: As the suite names the file.
    """
    name = printable(source.name if source.path is None else _name(source.path))
    end = "\t" if " " in name else ""
    hunks = diff.split("\n", 2)[2:]
    return f"--- a/{name}{end}\n+++ b/{name}{end}\n{''.join(hunks)}"


def _name(path: os.PathLike[str]) -> str:
    """Return a path from here, or from the root where it leads out of this folder."""
    near = os.path.relpath(path)
    return os.path.abspath(path).lstrip("/") if near.startswith("..") else near


def show(diff: str, file: TextIO) -> None:
    """Print a diff for a person; nothing in it moves a terminal's cursor."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, emoji=False, markup=False)
    for number, line in enumerate(diff.rstrip("\n").split("\n")):
        style = "bold" if number < 2 else _STYLES.get(line[:1], "")
        shown = _TAB.join(map(printable, line.removesuffix("\r").split("\t")))
        console.print(Text(shown, style=style, no_wrap=True, overflow="ignore"), crop=False)
