"""The line of source that a finding is about, with carets below what it means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.v1 import finding_pb2

from cli.printable import printable

MAX_WIDTH = 100
"""Columns of the terminal that an excerpt takes; of a longer line the part about the finding is shown."""

_BEFORE = 20
_TAB = 4
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of source fit for a terminal, and what to print below it: spaces, then carets."""

    line: int
    text: str
    carets: str


def lines_of(content: bytes) -> list[str]:
    """Return the lines of a file without their ends; bytes that are no UTF-8 become U+FFFD."""
    return _LINE_END.split(content.decode("utf-8-sig", "replace"))


def excerpt(lines: Sequence[str], location: finding_pb2.Location) -> Excerpt | None:
    """
    Return the first line of a location, or None where the file has nothing to show.

    A finding at the end of a file, or on an empty line, is shown behind the last line before it that holds anything.
    """
    if location.start_line < 1:
        return None
    for number in range(min(location.start_line, len(lines)), 0, -1):
        line = lines[number - 1].rstrip()
        if line:
            if number < location.start_line:
                return _cut(number, line, len(line), len(line) + 1)
            start, stop = _columns(line, location)
            return _cut(number, line, start, stop)
    return None


def _columns(line: str, location: finding_pb2.Location) -> tuple[int, int]:
    start = min(max(location.start_column - 1, 0), len(line))
    stop = location.end_column - 1 if location.end_line <= location.start_line else len(line)
    return start, max(start + 1, min(stop, len(line)))


def _cut(number: int, line: str, start: int, stop: int) -> Excerpt:
    first = 0 if stop <= MAX_WIDTH else max(0, start - _BEFORE)
    last = first + MAX_WIDTH
    cells = [_cell(character) for character in line[first:last]]
    before, marked = cells[: start - first], cells[start - first : stop - first]
    lead, tail = ("…" if first else ""), ("…" if last < len(line) else "")
    indent = len(lead) + sum(map(_width, before))
    return Excerpt(
        number, f"{lead}{''.join(cells)}{tail}".rstrip(), " " * indent + "^" * max(1, sum(map(_width, marked)))
    )


def _cell(character: str) -> str:
    return " " * _TAB if character == "\t" else printable(character)


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)
