"""Plain data that a run told, read strictly: see ``harness/plain.py`` for the other side."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

FRACTION = re.compile(r"-?\d{1,4000}(/\d{1,4000})?")

MAX_DEPTH = 130
"""Of what was told: a dictionary takes three levels."""


class NotPlainError(ValueError):
    """What was told is not plain data in the form that the harness gives it."""


def decode(told: object, depth: int = 0) -> Any:
    """
    Return the value that was told.

    :raises NotPlainError: It is none, or nested too deep.
    """
    if depth > MAX_DEPTH:
        raise NotPlainError
    if told is None or isinstance(told, (bool, int, float, str)):
        return told
    if isinstance(told, list):
        return [decode(each, depth + 1) for each in told]
    if isinstance(told, dict) and len(told) == 1:
        ((kind, content),) = told.items()
        return _tagged(kind, content, depth + 1)
    raise NotPlainError


def _tagged(kind: object, content: object, depth: int) -> Any:
    try:
        if isinstance(content, str):
            return _from_text(kind, content)
        if isinstance(content, list):
            return _from_items(kind, content, depth)
    except (ValueError, TypeError, ArithmeticError):
        raise NotPlainError from None
    raise NotPlainError


def _from_text(kind: object, content: str) -> Any:
    if (read := _TEXTS.get(str(kind))) is None:
        raise NotPlainError
    return read(content)


def _fraction(text: str) -> Fraction:
    if FRACTION.fullmatch(text) is None:
        raise NotPlainError
    return Fraction(text)


def _timedelta(text: str) -> timedelta:
    days, seconds, microseconds = map(int, text.split())
    return timedelta(days, seconds, microseconds)


_TEXTS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "int": lambda text: int(text, 16),
        "float": float,
        "str": lambda text: bytes.fromhex(text).decode("utf-8", "surrogatepass"),
        "bytes": bytes.fromhex,
        "bytearray": bytearray.fromhex,
        "Decimal": Decimal,
        "Fraction": _fraction,
        "date": date.fromisoformat,
        "datetime": datetime.fromisoformat,
        "timedelta": _timedelta,
        "range": lambda text: range(*map(int, text.split())),
    }
)


def _from_items(kind: object, content: list[object], depth: int) -> Any:
    items = [decode(each, depth) for each in content]
    match kind:
        case "tuple":
            return tuple(items)
        case "set":
            return set(items)
        case "frozenset":
            return frozenset(items)
        case "dict":
            return dict(items)
        case "complex":
            real, imaginary = items
            return complex(real, imaginary)
    raise NotPlainError
