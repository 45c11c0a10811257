"""The values of PHP's literals, by their syntax tree."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from .dialect import text_of
from .plain import Plain

if TYPE_CHECKING:
    from tree_sitter import Node

SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f", "\\": "\\", "$": "$", '"': '"'}
CODE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|x([0-7]?[0-9a-fA-F])|([0-7]{1,3}))")
INTEGER = re.compile(r"0|[1-9]\d*|0[xX][0-9a-fA-F]+|0[bB][01]+")
MAX_INTEGER = 2**63 - 1


def literal(node: "Node") -> Plain | None:
    """Return the value of a literal without interpolation; None where it is none."""
    reader = READERS.get(node.type)
    return reader(node) if reader else None


def _constant(node: "Node") -> Plain | None:
    return "c", text_of(node).lower()


def _float(node: "Node") -> Plain | None:
    return "f", float(text_of(node).replace("_", ""))


def _integer(node: "Node") -> Plain | None:
    text = text_of(node).replace("_", "")
    if not INTEGER.fullmatch(text):
        return None
    value = int(text, 0)
    return ("i", value) if value <= MAX_INTEGER else ("f", float(value))


def _signed(node: "Node") -> Plain | None:
    value = literal(node.named_children[-1]) if text_of(node)[:1] in {"-", "+"} else None
    if value is None or value[0] not in {"i", "f"}:
        return None
    return value[0], -value[1] if text_of(node)[0] == "-" else value[1]


def _array(node: "Node") -> Plain | None:
    """Return an array as PHP builds it: whole numbers are int keys, and what has no key gets the next."""
    pairs: dict[Plain, Plain] = {}
    following = 0
    for element in node.named_children:
        parts = element.named_children
        has_key = any(each.type == "=>" for each in element.children)
        if element.type != "array_element_initializer" or len(parts) != 1 + has_key:
            return None
        key = _key(parts[0]) if has_key else ("i", following)
        value = literal(parts[-1])
        if key is None or value is None:
            return None
        if key[0] == "i":
            following = max(following, key[1] + 1)
        pairs[key] = value
    return "h", tuple(pairs.items())


def _key(node: "Node") -> Plain | None:
    key = literal(node)
    if key is None or key[0] not in {"i", "s"}:
        return None
    if key[0] == "s" and re.fullmatch(r"0|-?[1-9]\d{0,17}", key[1]):
        return "i", int(key[1])
    return key


def _string(node: "Node") -> Plain | None:
    parts: list[str] = []
    for child in node.named_children:
        text = text_of(child)
        if child.type == "string_content":
            parts.append(text)
        elif child.type == "escape_sequence":
            escaped = text[1:] if node.type == "string" else _escape(text)
            if escaped is None:
                return None
            parts.append(escaped)
        else:
            return None
    return "s", "".join(parts)


def _escape(text: str) -> str | None:
    if found := CODE.fullmatch(text):
        unicode, hexadecimal, octal = found.groups()
        value = int(unicode or hexadecimal, 16) if unicode or hexadecimal else int(octal, 8)
        # A byte above 127 is no character of its own.
        return chr(value) if unicode or value < 128 else None
    return SIMPLE.get(text[1:])


READERS: Mapping[str, Callable[["Node"], Plain | None]] = MappingProxyType(
    {
        "null": _constant,
        "boolean": _constant,
        "integer": _integer,
        "float": _float,
        "unary_op_expression": _signed,
        "string": _string,
        "encapsed_string": _string,
        "array_creation_expression": _array,
    }
)
"""What reads a node of each type."""
