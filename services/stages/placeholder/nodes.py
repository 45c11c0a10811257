"""Nodes of a syntax tree, read alike in all languages: their text, names, parameters and calls."""

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

    from services.stages.placeholder.grammar import Grammar

MAX_TEXT = 4_000
"""Bytes of a node's text that patterns look at."""

MAX_DEPTH = 200
"""Nodes above or below one another that are followed."""

_CALLED = ("function", "constructor", "macro", "method", "name", "type")
_ARGUMENTS = frozenset({"arguments", "argument_list", "token_tree"})
_NAMED = ("name", "pattern", "left", "declarator")
_SPACE = re.compile(r"\s+")


def text(node: "Node | None") -> str:
    """Return the source of a node; empty for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def start_of(node: "Node", source: bytes) -> str:
    """Return the beginning of a node's source, at most MAX_TEXT bytes."""
    return source[node.start_byte : min(node.end_byte, node.start_byte + MAX_TEXT)].decode("utf-8", "replace")


def name_node(node: "Node") -> "Node | None":
    """Return the node of a declaration's name: its own, or the innermost of a C declarator."""
    found = node.child_by_field_name("name")
    if found is not None:
        return found
    declarator = node.child_by_field_name("declarator")
    for _ in range(MAX_DEPTH):
        inner = declarator.child_by_field_name("declarator") if declarator is not None else None
        if inner is None:
            is_name = declarator is not None and not declarator.type.endswith("_declarator")
            return declarator if is_name else _referred(node)
        declarator = inner
    return None


def _referred(node: "Node") -> "Node | None":
    """Return what an implementation is of, or the name of what SQL creates."""
    found = node.child_by_field_name("type") if node.type == "impl_item" else None
    return found or next((child for child in node.named_children if child.type == "object_reference"), None)


def parameter_nodes(node: "Node") -> "list[Node]":
    """Return the parameters of a function, wherever its grammar keeps them."""
    within = node
    for _ in range(MAX_DEPTH):
        found = within.child_by_field_name("parameters") or within.child_by_field_name("parameter")
        if found is not None:
            return found.named_children if found.named_child_count else [found] if found.type == "identifier" else []
        inner = within.child_by_field_name("declarator")
        if inner is None:
            listed = next((child for child in node.named_children if child.type == "function_arguments"), None)
            return listed.named_children if listed is not None else []
        within = inner
    return []


def names_in_parameter(node: "Node", grammar: "Grammar") -> list[str]:
    """Return the names that a parameter binds."""
    waiting, found = [(node, 0)], []
    while waiting:
        one, depth = waiting.pop()
        if one.type in grammar.names:
            found.append(text(one))
            continue
        inner = [child for field in _NAMED for child in one.children_by_field_name(field)]
        if not inner and (depth or not one.type.endswith("_declaration")):
            inner = one.named_children[:20] if one.type.endswith("_pattern") else one.named_children[:1]
        if depth < 5:
            waiting.extend((child, depth + 1) for child in reversed(inner))
    return found


class Call(NamedTuple):
    """
    A call, a command, or the making of an object.

    :param callee: What is called, as it stands in the source, without white space and "new".
    """

    callee: str
    arguments: "list[Node]"


def call_of(node: "Node") -> Call:
    """Return what a node calls, and with what."""
    arguments = _arguments_node(node)
    if arguments is not None:
        called = (node.text or b"")[: min(arguments.start_byte - node.start_byte, MAX_TEXT)]
        given = [inner for child in arguments.named_children for inner in _given(child)]
        return Call(_callee(called.decode("utf-8", "replace")), given)
    named = next((found for field in _CALLED if (found := node.child_by_field_name(field)) is not None), None)
    if named is None:
        first = re.match(r"\w*", text(node)[:100])
        return Call(first[0] if first else "", list(node.named_children))
    return Call(_callee(text(named)[:MAX_TEXT]), [child for child in node.named_children if child != named])


def _arguments_node(node: "Node") -> "Node | None":
    found = node.child_by_field_name("arguments")
    return found or next((child for child in node.named_children if child.type in _ARGUMENTS), None)


def _given(argument: "Node") -> "list[Node]":
    return argument.named_children[:1] if argument.type == "argument" else [argument]


def _callee(called: str) -> str:
    return _SPACE.sub("", called.strip().removeprefix("new ").rstrip("( "))


def is_plain_string(node: "Node", grammar: "Grammar") -> bool:
    """Say whether a node is a string in which nothing is computed."""
    parts = ("_start", "_content", "_end", "_fragment", "escape_sequence")
    return node.type in grammar.strings and all(child.type.endswith(parts) for child in node.named_children)
