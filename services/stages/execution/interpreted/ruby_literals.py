"""The values of Ruby's literals, by their syntax tree."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from .dialect import text_of
from .plain import Plain

if TYPE_CHECKING:
    from tree_sitter import Node

ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "e": "\x1b",
    "s": " ",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
}
CODE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-7][0-9a-fA-F]))")
INTEGER = re.compile(r"(?:0|[1-9][\d_]*|0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+)")


def literal(node: "Node") -> Plain | None:
    """Return the value of a literal without interpolation; None where it is none."""
    reader = READERS.get(node.type)
    return reader(node) if reader else None


def _constant(node: "Node") -> Plain | None:
    return "c", node.type


def _integer(node: "Node") -> Plain | None:
    text = text_of(node)
    return ("i", int(text.replace("_", ""), 0)) if INTEGER.fullmatch(text) else None


def _float(node: "Node") -> Plain | None:
    return "f", float(text_of(node))


def _symbol(node: "Node") -> Plain | None:
    return "y", text_of(node)[1:]


def _array(node: "Node") -> Plain | None:
    items = [literal(each) for each in node.named_children]
    return None if None in items else ("a", tuple(items))


def _negative(node: "Node") -> Plain | None:
    operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("operand")
    value = literal(operand) if operand and operator and text_of(operator) == "-" else None
    return (value[0], -value[1]) if value and value[0] in {"i", "f"} else None


def _hash(node: "Node") -> Plain | None:
    pairs: dict[Plain, Plain] = {}
    for pair in node.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if pair.type != "pair" or key is None or value is None:
            return None
        # A quoted key before a colon, {"a": 1}, is a symbol too.
        colon = any(each.type == ":" for each in pair.children)
        name = ("y", text_of(key)) if key.type == "hash_key_symbol" else _string("y", key) if colon else literal(key)
        held = literal(value)
        if name is None or held is None:
            return None
        pairs[name] = held
    return "h", tuple(pairs.items())


def _string(kind: str, node: "Node") -> Plain | None:
    single = text_of(node)[:1] == "'" or text_of(node)[:2] in {":'", "%q"} or node.type.startswith("bare")
    parts: list[str] = []
    for child in node.named_children:
        if child.type == "string_content":
            text = text_of(child)
            parts.append(re.sub(r"\\(['\\])", r"\1", text) if single else text)
        elif child.type == "escape_sequence" and (escaped := _escape(text_of(child), single=single)) is not None:
            parts.append(escaped)
        else:
            return None
    return kind, "".join(parts)


def _escape(text: str, *, single: bool) -> str | None:
    if single:
        return text[1:] if text[1:] in {"'", "\\"} else text
    if found := CODE.fullmatch(text):
        return chr(int(next(filter(None, found.groups())), 16))
    if len(text) != 2 or text[1] in "cCMuxU1234567":
        return None
    return ESCAPES.get(text[1], text[1])


READERS: Mapping[str, Callable[["Node"], Plain | None]] = MappingProxyType(
    {
        "nil": _constant,
        "true": _constant,
        "false": _constant,
        "integer": _integer,
        "float": _float,
        "unary": _negative,
        "string": lambda node: _string("s", node),
        "bare_string": lambda node: _string("s", node),
        "simple_symbol": _symbol,
        "delimited_symbol": lambda node: _string("y", node),
        "bare_symbol": lambda node: _string("y", node),
        "array": _array,
        "string_array": _array,
        "symbol_array": _array,
        "hash": _hash,
    }
)
"""What reads a node of each type."""
