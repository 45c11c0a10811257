"""
Values of JavaScript as plain data: what comes out of the sandbox, and what literals of the tests mean.

A number is a float, a BigInt an int, a string a str with each half of a broken surrogate pair as it is; null is None.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

MAX_SHOWN = 400
SYMBOL = "@@Symbol("
"""How the name of a property begins whose key is a symbol."""


class Special(Enum):
    """What has no value of Python's that means it."""

    UNDEFINED = "undefined"
    HOLE = "an element that is not there"


UNDEFINED = Special.UNDEFINED
HOLE = Special.HOLE


@dataclass(frozen=True, slots=True)
class Thing:
    """
    An object.

    :param kind: "Array", "Object", "Map", "Set", "Date", "RegExp", "Error", "Boxed" or "Typed"; or "Opaque", which is
        equal to nothing that can be written down, for example a function.
    :param name: The name of its constructor, empty where it has none; of what is opaque, what it is.
    :param primitive: The time of a date, the primitive of a box, the name of an error.
    :param items: The elements of an array, a set or a typed array; keys and values of a map in turn; the source, flags
        and last index of a regular expression; an error's message.
    :param properties: The own enumerable properties with their names, in their order; without an array's elements.
    """

    kind: str
    name: str = ""
    primitive: "Value" = UNDEFINED
    items: "tuple[Value, ...]" = ()
    properties: "tuple[tuple[str, Value], ...]" = ()


Value: TypeAlias = bool | int | float | str | Special | Thing | None
"""A value; a bool is no number, and an int is a BigInt."""


class Malformed(Exception):  # what it says, not that it is one
    """What came is not what the harness sends."""


def array(*items: Value) -> Thing:
    """Return an array."""
    return Thing("Array", "Array", items=items)


def plain_object(**properties: Value) -> Thing:
    """Return an object as a literal makes it."""
    return Thing("Object", "Object", properties=tuple(properties.items()))


def is_number(value: Value) -> bool:
    """Whether a value is a number, not a BigInt."""
    return isinstance(value, float)


def is_bigint(value: Value) -> bool:
    """Whether a value is a BigInt."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_large(value: Value) -> bool:
    """Whether a value is not told in full: it is larger than any literal that it could be compared with."""
    return isinstance(value, Thing) and value.kind == "Opaque" and value.name == "large"


def decode(data: Any) -> Value:
    """
    Return the value that the harness wrote, as JSON was read; harness/encode.cjs has the other side.

    :raises Malformed: It is nothing that the harness writes.
    """
    try:
        return _decoded(data)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise Malformed(type(error).__name__) from None


def _decoded(data: Any) -> Value:
    if data is None or isinstance(data, bool | float | str):
        return data
    if isinstance(data, int):
        return float(data)
    if isinstance(data, list):
        return array(*map(_decoded, data))
    tag, value = data["t"], data.get("v")
    if tag in ODD:
        return ODD[tag](value)
    return Thing(
        str(tag),
        str(data.get("c", "")),
        UNDEFINED if value is None else _decoded(value),
        tuple(map(_decoded, data.get("i", ()))),
        tuple((str(key), _decoded(held)) for key, held in data.get("p", ())),
    )


ODD: dict[str, Callable[[Any], Value]] = {
    "undefined": lambda _: UNDEFINED,
    "hole": lambda _: HOLE,
    "number": {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}.__getitem__,
    "bigint": lambda digits: int(str(digits)),
}
"""Primitives that JSON does not have."""


def number_text(value: float) -> str:
    """Return a number as JavaScript writes it: ECMA-262, Number::toString with radix 10."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    power = int(exponent or 0) + len(whole)
    digits = (whole + part).lstrip("0")
    power -= len(whole + part) - len((whole + part).lstrip("0")) if whole == "0" else 0
    digits = digits.rstrip("0")
    return sign + _placed(digits, power)


def _placed(digits: str, power: int) -> str:
    """Return digits whose point stands after the first ``power`` of them."""
    count = len(digits)
    if count <= power <= 21:
        return digits + "0" * (power - count)
    if 0 < power <= 21:
        return f"{digits[:power]}.{digits[power:]}"
    if -6 < power <= 0:
        return f"0.{'0' * -power}{digits}"
    exponent = f"e{'+' if power > 0 else '-'}{abs(power - 1)}"
    return digits[0] + (f".{digits[1:]}" if count > 1 else "") + exponent


def show(value: Value) -> str:
    """Return a value as a person would write it, at most MAX_SHOWN characters of it."""
    text = _shown(value, 0)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _shown(value: Value, depth: int) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case float():
            return "-0" if value == 0 and math.copysign(1, value) < 0 else number_text(value)
        case int():
            return f"{value}n"
        case str():
            return json.dumps(value[:MAX_SHOWN], ensure_ascii=False)
        case Special():
            return "undefined" if value is UNDEFINED else "<empty>"
        case _:
            return "…" if depth > 6 else _thing_shown(value, depth + 1)


def _thing_shown(thing: Thing, depth: int) -> str:
    if thing.kind == "Opaque":
        return f"a value that is {thing.name}" if thing.name == "large" else f"[{thing.name}]"
    if thing.kind in {"Date", "Boxed"}:
        return f"{thing.name or thing.kind}({_shown(thing.primitive, depth)})"
    if thing.kind == "RegExp":
        return f"/{thing.items[0]}/{thing.items[1]}"
    if thing.kind == "Error":
        return f"{thing.primitive}({_shown(thing.items[0], depth)})"
    items = ", ".join(_shown(item, depth) for item in thing.items[:MAX_SHOWN])
    held = ", ".join(f"{name}: {_shown(item, depth)}" for name, item in thing.properties[:MAX_SHOWN])
    if thing.kind == "Object":
        return f"{'' if thing.name == 'Object' else thing.name + ' '}{{{held}}}"
    text = f"[{', '.join(filter(None, [items, held]))}]"
    return text if thing.kind == "Array" and thing.name == "Array" else f"{thing.name} {text}"
