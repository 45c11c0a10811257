"""
Whether an output is the expected one: pure functions over bytes, outside any sandbox.

Texts are gone through piece by piece: a list of what they consist of would take many times their size.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.errors import InvalidArgument

SHOWN = 60
NUMBER = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?")
"""What counts as a number: decimal. Words such as "nan" and "inf" are words."""

MAX_NUMBER_BYTES = 400
TOKEN = re.compile(rb"[^ \t\n\r\x0b\x0c]+")
STEP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Exact:
    """Every byte is equal."""

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        if output == expected:
            return ""
        # All before the line in which they part is equal, and need not be gone through.
        start = output.rfind(b"\n", 0, _parting(output, expected)) + 1
        before = output.count(b"\n", 0, start)
        return _first("line", _lines(output, start), _lines(expected, start), before=before)


@dataclass(frozen=True, slots=True)
class TrailingSpace:
    """Equal but for spaces, tabs and carriage returns at the ends of lines, and empty lines at the end."""

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        return _first("line", _stripped(output), _stripped(expected))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The same tokens in the same order, whatever ASCII space is between them."""

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        return _first("token", _tokens(output), _tokens(expected))


@dataclass(frozen=True, slots=True)
class Floats:
    """
    The same tokens; two numbers are equal where ``|a - b| <= max(absolute, relative * |expected|)``.

    :raises InvalidArgument: A tolerance is negative, or not a finite number.
    """

    absolute: float
    relative: float

    def __post_init__(self) -> None:
        for name in ("absolute", "relative"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise InvalidArgument(f"floats.{name}", "a tolerance is a finite number of at least zero")

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        return _first("token", _tokens(output), _tokens(expected), self._equal)

    def _equal(self, got: bytes, wanted: bytes) -> bool:
        if got == wanted:
            return True
        if not (_is_number(got) and _is_number(wanted)):
            return False
        a, b = float(got), float(wanted)
        if math.isinf(a) or math.isinf(b):
            return a == b
        return abs(a - b) <= max(self.absolute, self.relative * abs(b))


Comparison = Exact | TrailingSpace | Tokens | Floats


def _is_number(token: bytes) -> bool:
    return len(token) <= MAX_NUMBER_BYTES and NUMBER.fullmatch(token) is not None


def _tokens(text: bytes) -> Iterator[bytes]:
    return (found.group() for found in TOKEN.finditer(text))


def _lines(text: bytes, start: int = 0) -> Iterator[bytes]:
    while (end := text.find(b"\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _stripped(text: bytes) -> Iterator[bytes]:
    return (line.rstrip(b" \t\r") for line in _lines(text.rstrip(b" \t\r\n")))


def _same(got: bytes, wanted: bytes) -> bool:
    return got == wanted


def _first(
    what: str,
    got: Iterator[bytes],
    wanted: Iterator[bytes],
    equal: Callable[[bytes, bytes], bool] = _same,
    *,
    before: int = 0,
) -> str:
    """Return where two sequences of lines or tokens, with so many before them, differ first, or nothing."""
    for number, (piece, other) in enumerate(itertools.zip_longest(got, wanted), before + 1):
        if piece is None or other is None:
            return f"{what} {number}: {_or_nothing(piece)} instead of {_or_nothing(other)}"
        if not equal(piece, other):
            return f"{what} {number}: {_differing(piece, other)}"
    return ""


def _parting(got: bytes, wanted: bytes) -> int:
    """Return how many bytes two texts have in common at their beginning."""
    least = min(len(got), len(wanted))
    near = next((i for i in range(0, least, STEP) if got[i : i + STEP] != wanted[i : i + STEP]), least)
    return next((i for i in range(near, least) if got[i] != wanted[i]), least)


def _differing(got: bytes, wanted: bytes) -> str:
    at = _parting(got, wanted)
    start = max(0, at - SHOWN // 2)
    place = f", byte {at + 1}" if len(got) > 1 or len(wanted) > 1 else ""
    return f"{_shown(got, start)} instead of {_shown(wanted, start)}{place}"


def _or_nothing(piece: bytes | None) -> str:
    return "nothing" if piece is None else _shown(piece, 0)


def _shown(text: bytes, start: int) -> str:
    piece = ascii(text[start : start + SHOWN].decode("utf-8", "backslashreplace"))
    return f"{'...' if start else ''}{piece}{'...' if len(text) > start + SHOWN else ''}"
