"""
What PHP 8 calls equal, between plain values.

The rules are those of https://www.php.net/manual/en/language.operators.comparison.php, and for numeric strings of
https://www.php.net/manual/en/language.types.numeric-strings.php.
"""

import re
from typing import Any

from .plain import Plain

NUMERIC = re.compile(r"[ \t\n\r\v\f]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t\n\r\v\f]*")
INTEGER = re.compile(r"[ \t\n\r\v\f]*[+-]?\d+[ \t\n\r\v\f]*")
MAX_INTEGER = 2**63 - 1
WORDS = {"INF": float("inf"), "-INF": float("-inf")}


def is_true(value: Plain) -> bool:
    """Return what a value is as a bool."""
    kind, held = value
    match kind:
        case "c":
            return bool(held == "true")
        case "i" | "f":
            return bool(held != 0)
        case "s":
            return held not in {"", "0"}
    return bool(held)


def identical(one: Plain, other: Plain) -> bool:
    """Return whether ``===`` holds: the same type and value; for arrays the same pairs in the same order."""
    if one[0] != other[0]:
        return False
    if one[0] != "h":
        return bool(one[1] == other[1])
    return len(one[1]) == len(other[1]) and all(
        mine == theirs and identical(value, held)
        for (mine, value), (theirs, held) in zip(one[1], other[1], strict=True)
    )


def loosely_equal(one: Plain, other: Plain) -> bool:
    """Return whether ``==`` holds."""
    kinds = {one[0], other[0]}
    if "c" in kinds:
        return _with_constant(one, other)
    if "h" in kinds:
        return kinds == {"h"} and _same_pairs(one, other)
    if kinds <= {"i", "f"}:
        return _same_number(one[1], other[1])
    if kinds & {"i", "f"}:
        number, text = (one, other) if one[0] in {"i", "f"} else (other, one)
        return _number_and_text(number[1], _text(text))
    return _same_text(_text(one), _text(other))


def _with_constant(one: Plain, other: Plain) -> bool:
    """Compare where one of both is null or a bool: null is the empty text to a text, all else is compared as bools."""
    constant, value = (one, other) if one[0] == "c" else (other, one)
    if constant[1] == "null" and value[0] in {"s", "b"}:
        return len(value[1]) == 0
    return is_true(one) == is_true(other)


def _same_pairs(one: Plain, other: Plain) -> bool:
    theirs = dict(other[1])
    return len(one[1]) == len(theirs) and all(
        key in theirs and loosely_equal(value, theirs[key]) for key, value in one[1]
    )


def _same_number(one: Any, other: Any) -> bool:
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return float(one) == float(other)


def _number_and_text(number: Any, text: str) -> bool:
    if (value := _number(text)) is not None:
        return _same_number(number, value)
    return isinstance(number, float) and text in WORDS and WORDS[text] == number


def _same_text(one: str, other: str) -> bool:
    """Compare as numbers where both are; whole numbers that PHP's ints cannot hold lose no digit by it."""
    mine, theirs = _number(one), _number(other)
    if mine is None or theirs is None:
        return one == other
    large = _is_large(one), _is_large(other)
    if any(large) and (all(large) or isinstance(mine, int) or isinstance(theirs, int)):
        return all(large) and float(mine) == float(theirs) and one == other
    return _same_number(mine, theirs)


def _is_large(text: str) -> bool:
    return INTEGER.fullmatch(text) is not None and not -MAX_INTEGER <= int(text) <= MAX_INTEGER


def _number(text: str) -> int | float | None:
    """Return the number that a text is; None where it is none."""
    if INTEGER.fullmatch(text) and abs(int(text)) <= MAX_INTEGER:
        return int(text)
    return float(text) if NUMERIC.fullmatch(text) else None


def _text(value: Plain) -> str:
    return value[1].decode("latin-1") if isinstance(value[1], bytes) else str(value[1])
