"""Plain data as harnesses tell it: values of a few kinds whose equality is the language's own, decided outside."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

MAX_DEPTH = 50
MAX_SHOWN = 2_000

Plain: TypeAlias = tuple[str, Any]
"""
A kind and its value, hashable.

"c" is a constant (its name in lower case: "nil", "null", "true" or "false"), "i" an int, "f" a float, "s" text, "b"
bytes that are no text, "y" a symbol, "a" a tuple of values, "h" a tuple of pairs of values.
"""


class NotPlain(ValueError):
    """What was told is no plain data."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    The value of one test's expression.

    :param value: None where it is not plain data.
    :param odd: What is not plain about it, in a few words.
    """

    value: Plain | None
    odd: str = ""


def told(stdout: bytes, nonce: str) -> tuple[Mapping[str, Told], bool]:
    """
    Return the values that a run told, by the test's id, and whether all lines that bear the nonce are well-formed.

    A test that told two values told none: a line may have been slipped in.
    """
    prefix = f"{nonce}= ".encode()
    values: dict[str, Told] = {}
    for line in stdout.split(b"\n"):
        if line.startswith(prefix):
            try:
                test, value = _line(line.removeprefix(prefix))
            except (ValueError, KeyError, TypeError, RecursionError):
                return {}, False
            if test in values:
                return {}, False
            values[test] = value
    return values, True


def _line(line: bytes) -> tuple[str, Told]:
    fields = json.loads(line)
    test, odd = fields["test"], fields["odd"]
    if not isinstance(test, str) or not isinstance(odd, str):
        raise NotPlain("a name or a reason is no text")
    return test, Told(None if odd else from_json(fields["value"]), odd[:200])


def from_json(data: Any, depth: int = 0) -> Plain:
    """
    Return the value that a harness wrote as JSON.

    :raises NotPlain: It is none.
    """
    if depth > MAX_DEPTH or not isinstance(data, dict) or len(data) != 1:
        raise NotPlain("no value")
    ((kind, value),) = data.items()
    if kind == "a" and isinstance(value, list):
        return kind, tuple(from_json(item, depth + 1) for item in value)
    if kind == "h" and isinstance(value, list):
        return kind, tuple((from_json(key, depth + 1), from_json(item, depth + 1)) for key, item in value)
    if not isinstance(value, str):
        raise NotPlain("no scalar")
    match kind:
        case "c" | "s" | "y":
            return kind, value
        case "i":
            return kind, int(value)
        case "f":
            return kind, _float(value)
        case "b":
            return kind, bytes.fromhex(value)
    raise NotPlain("an unknown kind")


def _float(text: str) -> float:
    """Read a float as Ruby and PHP write it: both say NaN and Infinity in words that Python reads."""
    return float(text)


def show(value: Plain) -> str:
    """Return a value as a person reads it, cut to a bound; alike in all languages."""
    shown = _show(value)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: MAX_SHOWN - 1]}…"


def _show(value: Plain) -> str:
    kind, held = value
    match kind:
        case "s":
            return json.dumps(held, ensure_ascii=False)
        case "y":
            return f":{held}"
        case "a":
            return f"[{', '.join(map(_show, held))}]"
        case "h":
            return f"{{{', '.join(f'{_show(key)} => {_show(item)}' for key, item in held)}}}"
    return str(held)
