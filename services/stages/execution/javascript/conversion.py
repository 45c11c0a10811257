"""How JavaScript turns one sort of value into another: ECMA-262, section 7.1 (type conversion), and JSON.stringify."""

import json
import math
import re

from .values import SYMBOL, UNDEFINED, Special, Thing, Value, is_bigint, number_text

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)", re.ASCII)
WITH_RADIX = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+", re.ASCII)
SPACE = " \t\n\r\v\f\xa0\ufeff\u2028\u2029\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
INFINITE = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}


def is_truthy(value: Value) -> bool:
    """Return whether a condition holds that is this value."""
    if value is None or isinstance(value, Special):
        return False
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return isinstance(value, Thing) or bool(value)


def type_of(value: Value) -> str:
    """Return what ``typeof`` says."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "object"
    if isinstance(value, Thing):
        return value.name if value.kind == "Opaque" and value.name in {"function", "symbol"} else "object"
    if isinstance(value, Special):
        return "undefined"
    return {float: "number", int: "bigint", str: "string"}[type(value)]


def to_primitive(value: Value) -> Value:
    """Return an object as a primitive where its kind alone says which; otherwise the object itself."""
    if not isinstance(value, Thing):
        return value
    if value.kind == "Boxed":
        return value.primitive
    if value.kind == "Array" and value.name == "Array":
        parts = [to_primitive(item) for item in value.items]
        if any(isinstance(part, Thing) for part in parts):
            return value
        return ",".join("" if part is None or isinstance(part, Special) else to_text(part) for part in parts)
    if value.kind == "Object" and value.name == "Object" and "toString" not in dict(value.properties):
        return "[object Object]"
    return value


def to_text(value: Value) -> str:
    """Return a primitive as a string."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return number_text(value)
        case None:
            return "null"
        case Special():
            return "undefined"
        case _:
            return str(value)


def to_number(value: Value) -> float:
    """Return a primitive as a number."""
    match value:
        case None:
            return 0.0
        case bool() | float():
            return float(value)
        case int():
            return float(value)
        case str():
            return _number_in(value.strip(SPACE))
        case _:
            return math.nan


def _number_in(text: str) -> float:
    if not text:
        return 0.0
    if text in INFINITE:
        return INFINITE[text]
    if WITH_RADIX.fullmatch(text):
        return float(int(text, 0))
    return float(text) if DECIMAL.fullmatch(text) else math.nan


def to_json(value: Value) -> Value:
    """
    Return what ``JSON.stringify`` says of a value: a string, or undefined.

    :raises ValueError: The value has a say in it, or it raises.
    """
    text = _json(value)
    return UNDEFINED if text is None else text


def _json(value: Value) -> str | None:
    match value:
        case None | bool():
            return to_text(value)
        case float():
            return number_text(value) if math.isfinite(value) else "null"
        case str():
            return _quoted(value)
        case Special():
            return None
        case Thing():
            return _thing_as_json(value)
    raise ValueError("a BigInt cannot be written as JSON")


def _thing_as_json(thing: Thing) -> str | None:
    if thing.kind == "Opaque" and thing.name in {"function", "symbol"}:
        return None
    if thing.kind == "Boxed" and not is_bigint(thing.primitive):
        return _json(thing.primitive)
    if thing.kind == "Array":
        return f"[{','.join(_json(item) or 'null' for item in thing.items)}]"
    if thing.kind in {"Map", "Set", "RegExp"} or (thing.kind == "Object" and thing.name in {"", "Object"}):
        if any(name == "toJSON" for name, _ in thing.properties):
            raise ValueError("the value has a say in how it is written")
        held = ((_quoted(name), _json(item)) for name, item in thing.properties if not name.startswith(SYMBOL))
        return f"{{{','.join(f'{name}:{text}' for name, text in held if text is not None)}}}"
    raise ValueError(f"a {thing.kind} may have a say in how it is written")


def _quoted(text: str) -> str:
    """Return a string as JSON has it: printable characters stand as they are, and halves of pairs are escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", written)
