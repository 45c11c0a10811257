"""A file's text as edits see it: decoded without loss, with the positions that the contract counts."""

import codecs
import io
import re
import tokenize
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from assay.findings import LINE_END
from assay.languages import of_path
from assay.stage import Location, SourceFile


class OutsideFile(ValueError):
    """A range that is none, or leaves its file."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """What stands between two offsets, in code points from the file's first, and what is to stand there."""

    start: int
    end: int
    text: str

    def overlaps(self, other: "Span") -> bool:
        """Whether both cannot be made. What is inserted at the edge of another, or beside it, is in nobody's way."""
        return self.start < other.end and other.start < self.end


class Text:
    """
    A file that can be edited.

    :param file: One that :func:`text_of` could read.
    :param encoding: That of its bytes, a byte order mark taken in.
    """

    def __init__(self, file: SourceFile, text: str, encoding: str) -> None:
        self.file = file
        self._text = text
        self._encoding = encoding
        self._ends = list(LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in self._ends)]

    def span(self, place: Location, text: str) -> Span:
        """
        Return an edit by its offsets, with the line ends that the file has around it.

        :raises OutsideFile: The range is none, or leaves the file.
        :raises UnicodeError: The text cannot be written in the file's encoding.
        """
        text.encode(self._encoding)
        start = self._offset(place.start_line, place.start_column)
        end = self._offset(place.end_line, place.end_column)
        if start > end:
            raise OutsideFile
        return Span(start, end, LINE_END.sub(self._line_end(place.start_line), text))

    def edited(self, spans: Iterable[Span]) -> bytes:
        """Return the file's bytes after edits that do not overlap; at one place what was given first stands first."""
        pieces, at = [], 0
        for span in sorted(spans, key=lambda one: (one.start, one.end)):
            pieces += [self._text[at : span.start], span.text]
            at = span.end
        return "".join([*pieces, self._text[at:]]).encode(self._encoding)

    def _offset(self, line: int, column: int) -> int:
        if not (1 <= line <= len(self._starts) and column >= 1):
            raise OutsideFile
        last = self._ends[line - 1].start() if line <= len(self._ends) else len(self._text)
        if self._starts[line - 1] + column - 1 > last:
            raise OutsideFile
        return self._starts[line - 1] + column - 1

    def _line_end(self, line: int) -> str:
        """Return the end of a line, or of the one before where it is the last and has none."""
        return self._ends[min(line, len(self._ends)) - 1][0] if self._ends else "\n"


def text_of(file: SourceFile, language: str) -> Text | None:
    """
    Return the text of a file, or None where its bytes are no text or would not come back as they were.

    :param language: The candidate's. Python's files may name an encoding (PEP 263); of others UTF-8 is read, with a
        byte order mark or without.
    """
    try:
        encoding = _encoding(file, language)
        text = file.content.decode(encoding)
        faithful = text.encode(encoding) == file.content
    except (SyntaxError, LookupError, UnicodeError):
        return None
    return Text(file, text, encoding) if faithful else None


_COOKIE = re.compile(rb"coding[:=]")


def _encoding(file: SourceFile, language: str) -> str:
    if (of_path(file.path) or language) == "python" and _COOKIE.search(file.content):
        return tokenize.detect_encoding(io.BytesIO(file.content).readline)[0]
    return "utf-8-sig" if file.content.startswith(codecs.BOM_UTF8) else "utf-8"


class Taken:
    """Spans of one file of which no two overlap."""

    def __init__(self) -> None:
        self._sorted: list[Span] = []
        self._in_order: dict[Span, None] = {}

    def admits(self, spans: Iterable[Span]) -> bool:
        """Whether spans overlap neither one another nor any that was taken; one that was taken is no hindrance."""
        own = sorted({span for span in spans if span not in self._in_order})
        beside = [before.overlaps(after) for before, after in pairwise(own)]
        return not any(beside) and not any(self._hinders(span) for span in own)

    def take(self, spans: Iterable[Span]) -> None:
        """Take spans that are admitted, each once."""
        for span in spans:
            if span not in self._in_order:
                self._in_order[span] = None
                self._sorted.insert(bisect_right(self._sorted, span), span)

    def spans(self) -> tuple[Span, ...]:
        """Return what was taken, in the order in which it was."""
        return tuple(self._in_order)

    def _hinders(self, span: Span) -> bool:
        """As no two of them overlap, the neighbours tell of all."""
        at = bisect_left(self._sorted, span)
        return any(other.overlaps(span) for other in self._sorted[max(0, at - 1) : at + 1])
