"""Plain data that a run told, read strictly: see ``harness/plain.py`` for the other side."""

from typing import Any

MAX_DEPTH = 60


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
    except (ValueError, TypeError, OverflowError):
        raise NotPlainError from None
    raise NotPlainError


def _from_text(kind: object, content: str) -> Any:
    match kind:
        case "int":
            return int(content, 16)
        case "float":
            return float(content)
        case "str":
            return bytes.fromhex(content).decode("utf-8", "surrogatepass")
        case "bytes":
            return bytes.fromhex(content)
        case "bytearray":
            return bytearray.fromhex(content)
    raise NotPlainError


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
