"""Reading the syntax trees of JavaScript and TypeScript: walking, literals, names. Used in the workers alone."""

import math
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .conversion import to_text
from .values import HOLE, UNDEFINED, Special, Thing, Value, array

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_LITERAL_DEPTH = 50

FUNCTIONS = {
    "function_declaration",
    "function_expression",
    "arrow_function",
    "method_definition",
    "generator_function",
    "generator_function_declaration",
}
WRAPPERS = {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
SIMPLE_KEY = {"property_identifier", "string", "number"}


class NoLiteral(Exception):  # what it says
    """The expression is no literal."""


def text_of(node: "Node") -> str:
    """Return the source of a node."""
    return (node.text or b"").decode(errors="replace")


def walk(node: "Node", enter: "Callable[[Node], bool]" = lambda _: True) -> "Iterator[Node]":
    """Yield a node and all below it in the order of the source, but for those below one that is not to be entered."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if current is node or enter(current):
            stack.extend(reversed(current.children))


def above(node: "Node") -> "Iterator[Node]":
    """Yield the nodes above one, the nearest first."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def bare(node: "Node") -> "Node":
    """Return an expression without the parentheses and type assertions around it."""
    while node.type in WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node


def callee(node: "Node") -> str:
    """Return what a call calls, as dotted names; empty where it is something else."""
    if node.type != "call_expression":
        return ""
    function = node.child_by_field_name("function")
    return dotted(function) if function else ""


def dotted(node: "Node") -> str:
    """Return an identifier or the members of one as they are written; empty where it is something else."""
    if node.type == "identifier":
        return text_of(node)
    if node.type == "member_expression":
        held, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        before = dotted(held) if held else ""
        return f"{before}.{text_of(name)}" if before and name else ""
    return ""


def arguments(node: "Node") -> "list[Node]":
    """Return the arguments of a call, without comments."""
    held = node.child_by_field_name("arguments")
    if held is None or held.type != "arguments":
        return []
    return [child for child in held.named_children if child.type != "comment"]


def body_of(function: "Node") -> "Node | None":
    """Return the body of a function: a block, or an arrow's expression."""
    return function.child_by_field_name("body")


def statements(block: "Node") -> "list[Node]":
    """Return the statements of a block, without comments and empty ones."""
    return [child for child in block.named_children if child.type not in {"comment", "empty_statement"}]


def own_nodes(function: "Node") -> "Iterator[Node]":
    """Yield what is below a node and not in a function inside it."""
    return walk(function, lambda node: node.type not in FUNCTIONS)


def awaits(node: "Node") -> bool:
    """Whether a node awaits something by itself. Before a bracket the grammar takes the word for a name."""
    return any(
        n.type == "await_expression"
        or (n.type == "for_in_statement" and _is_for_await(n))
        or (n.type == "identifier" and n.text == b"await")
        for n in own_nodes(node)
    )


def _is_for_await(node: "Node") -> bool:
    return any(child.type == "await" for child in node.children)


def literal(node: "Node", depth: int = 0) -> Value:
    """
    Return the value of a literal.

    :raises NoLiteral: It is something else, or nested too deeply.
    """
    if depth > MAX_LITERAL_DEPTH:
        raise NoLiteral
    node = bare(node)
    simple: dict[str, Value] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}
    if node.type in simple:
        return simple[node.type]
    read = LITERALS.get(node.type)
    if read is None:
        raise NoLiteral
    return read(node, depth)


def _number(node: "Node", _: int) -> Value:
    text = text_of(node).replace("_", "")
    try:
        if text.endswith("n"):
            return int(text[:-1], 0)
        if re.match(r"0[xXoObB]", text):
            return float(int(text, 0))
        if re.fullmatch(r"0\d+", text):
            raise NoLiteral
        return float(text)
    except ValueError:
        raise NoLiteral from None


def _string(node: "Node", _: int) -> str:
    parts = []
    for child in node.named_children:
        if child.type == "template_substitution":
            raise NoLiteral
        parts.append(_escaped(text_of(child)) if child.type == "escape_sequence" else text_of(child))
    text = "".join(parts)
    # Two halves of a surrogate pair, each escaped by itself, are one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _escaped(sequence: str) -> str:
    rest = sequence[1:]
    if rest in ESCAPES:
        return ESCAPES[rest]
    if rest[0] in "ux":
        return chr(int(rest.strip("ux{}"), 16))
    if rest[0].isdigit():
        raise NoLiteral
    return rest


def _identifier(node: "Node", _: int) -> Value:
    named: dict[str, Value] = {"undefined": UNDEFINED, "NaN": math.nan, "Infinity": math.inf}
    name = text_of(node)
    if name not in named:
        raise NoLiteral
    return named[name]


def _signed(node: "Node", depth: int) -> Value:
    operator, argument = node.child_by_field_name("operator"), node.child_by_field_name("argument")
    if operator is None or argument is None:
        raise NoLiteral
    value = literal(argument, depth + 1)
    sign = text_of(operator)
    if sign == "-" and isinstance(value, float | int) and not isinstance(value, bool):
        return -value
    if sign == "+" and isinstance(value, float):
        return value
    if sign == "void":
        return UNDEFINED
    raise NoLiteral


def _array(node: "Node", depth: int) -> Value:
    items: list[Value] = []
    is_open = True
    for child in node.children[1:-1]:
        if child.type == "comment":
            continue
        if child.type == ",":
            if is_open:
                items.append(HOLE)
            is_open = True
        else:
            items.append(literal(child, depth + 1))
            is_open = False
    return array(*items)


def _object(node: "Node", depth: int) -> Value:
    held: dict[str, Value] = {}
    for child in node.named_children:
        if child.type == "comment":
            continue
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type != "pair" or key is None or value is None or key.type not in SIMPLE_KEY:
            raise NoLiteral
        name = text_of(key) if key.type == "property_identifier" else to_text(literal(key))
        if name == "__proto__":
            raise NoLiteral
        held[name] = literal(value, depth + 1)
    return Thing("Object", "Object", properties=tuple(_ordered(held)))


def _ordered(held: dict[str, Value]) -> list[tuple[str, Value]]:
    """Return properties in JavaScript's order: indices first, by number."""
    indices = sorted((name for name in held if re.fullmatch(r"0|[1-9]\d{0,9}", name)), key=int)
    return [(name, held[name]) for name in (*indices, *(name for name in held if name not in set(indices)))]


def _regex(node: "Node", _: int) -> Value:
    pattern, flags = node.child_by_field_name("pattern"), node.child_by_field_name("flags")
    sorted_flags = "".join(sorted(text_of(flags))) if flags else ""
    return Thing("RegExp", "RegExp", items=(text_of(pattern) if pattern else "", sorted_flags, 0.0))


def _made(node: "Node", depth: int) -> Value:
    """Read ``new Map([...])`` and ``new Set([...])`` of literals."""
    name, given = node.child_by_field_name("constructor"), arguments(node)
    if name is None or text_of(name) not in {"Map", "Set"} or len(given) > 1:
        raise NoLiteral
    held = literal(given[0], depth + 1) if given else array()
    if not isinstance(held, Thing) or held.kind != "Array":
        raise NoLiteral
    if text_of(name) == "Set":
        return Thing("Set", "Set", items=_distinct(held.items))
    pairs: dict[object, tuple[Value, Value]] = {}
    for item in held.items:
        if not isinstance(item, Thing) or item.kind != "Array" or len(item.items) != 2 or _key(item.items[0]) in pairs:
            raise NoLiteral
        pairs[_key(item.items[0])] = (item.items[0], item.items[1])
    return Thing("Map", "Map", items=tuple(each for pair in pairs.values() for each in pair))


def _distinct(items: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple({_key(item): item for item in items}.values())


def _key(value: Value) -> object:
    """Return by what a set tells its elements apart: objects that were written twice are two."""
    if isinstance(value, Thing):
        return id(value)
    return type(value), "NaN" if value != value or isinstance(value, Special) else value  # noqa: PLR0124  # NaN alone


LITERALS: "dict[str, Callable[[Node, int], Value]]" = {
    "number": _number,
    "string": _string,
    "template_string": _string,
    "identifier": _identifier,
    "unary_expression": _signed,
    "array": _array,
    "object": _object,
    "regex": _regex,
    "new_expression": _made,
}
