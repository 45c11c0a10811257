"""Whether an output is the expected one: pure functions over bytes, outside any sandbox."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from assay.errors import InvalidArgument

SHOWN = 60
NUMBER = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?")
"""What counts as a number: decimal. Words such as "nan" and "inf" are words."""

MAX_NUMBER_BYTES = 400


@dataclass(frozen=True, slots=True)
class Exact:
    """Every byte is equal."""

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        if output == expected:
            return ""
        return _first_line(output.split(b"\n"), expected.split(b"\n"))


@dataclass(frozen=True, slots=True)
class TrailingSpace:
    """Equal but for spaces, tabs and carriage returns at the ends of lines, and empty lines at the end."""

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        return _first_line(_lines(output), _lines(expected))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The same tokens in the same order, whatever ASCII space is between them."""

    def difference(self, output: bytes, expected: bytes) -> str:
        """Return where the output differs, or nothing."""
        return _first_token(output.split(), expected.split(), lambda got, wanted: got == wanted)


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
        return _first_token(output.split(), expected.split(), self._equal)

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


def _lines(text: bytes) -> list[bytes]:
    lines = [line.rstrip(b" \t\r") for line in text.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _first_line(got: list[bytes], wanted: list[bytes]) -> str:
    for number, (line, other) in enumerate(zip(got, wanted, strict=False), 1):
        if line != other:
            return f"line {number}: {_differing(line, other)}"
    if len(got) != len(wanted):
        return f"{len(got)} lines instead of {len(wanted)}"
    return ""


def _first_token(got: list[bytes], wanted: list[bytes], equal: Callable[[bytes, bytes], bool]) -> str:
    for number, (token, other) in enumerate(zip(got, wanted, strict=False), 1):
        if not equal(token, other):
            return f"token {number}: {_differing(token, other)}"
    if len(got) != len(wanted):
        return f"{len(got)} tokens instead of {len(wanted)}"
    return ""


def _differing(got: bytes, wanted: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(got, wanted, strict=False)) if a != b), min(len(got), len(wanted)))
    start = max(0, at - SHOWN // 2)
    place = f", byte {at + 1}" if len(got) > 1 or len(wanted) > 1 else ""
    return f"{_shown(got, start)} instead of {_shown(wanted, start)}{place}"


def _shown(text: bytes, start: int) -> str:
    piece = ascii(text[start : start + SHOWN].decode("utf-8", "backslashreplace"))
    return f"{'...' if start else ''}{piece}{'...' if len(text) > start + SHOWN else ''}"
