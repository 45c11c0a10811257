"""Values and what they are bound to: which of them stand in the source as they are."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from services.stages.placeholder.grammar import Grammar, Kind
from services.stages.placeholder.nodes import MAX_DEPTH, call_of, text
from services.stages.placeholder.scopes import Scope

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_VALUE = 500
"""Nodes of a value beyond which writing it was work."""


class Binding(NamedTuple):
    """A name and the value that is bound to it."""

    name: str
    value: "Node"


_VALUE_FIELDS = ("right", "value")
_NAME_FIELDS = ("left", "name", "pattern", "declarator", "property", "key")


def bindings(statement: "Node", grammar: Grammar) -> list[Binding] | None:
    """
    Return what a statement binds; None where it binds to something else than plain names.

    Declarations without a value bind nothing.
    """
    value = next((found for name in _VALUE_FIELDS if (found := statement.child_by_field_name(name)) is not None), None)
    if value is None:
        inner = [child for child in statement.named_children if _is_declarator(child, grammar)]
        told = [bindings(child, grammar) for child in inner[:20] if child.named_child_count]
        return None if any(one is None for one in told) else [bound for one in told for bound in one or ()]
    named = next((found for name in _NAME_FIELDS if (found := statement.child_by_field_name(name)) is not None), None)
    name = _plain_name(named, grammar)
    return [Binding(name, value)] if name else None


def _is_declarator(node: "Node", grammar: Grammar) -> bool:
    return node.type.endswith(("_declarator", "_spec", "assignment")) and node.type not in grammar.names


def _plain_name(node: "Node | None", grammar: Grammar) -> str:
    for _ in range(3):
        if node is not None and node.type in ("expression_list", "pointer_declarator", "array_declarator"):
            node = node.named_children[0] if node.named_child_count == 1 else node.child_by_field_name("declarator")
    plain = node is not None and (node.type in grammar.names or node.type == "variable_name")
    return text(node) if plain else ""


def is_written_out(value: "Node", known: Iterable[str], grammar: Grammar) -> bool:
    """Say whether a value stands in the source as it is, made of literals and known names only."""
    waiting: list[tuple[Node, Iterable[str]]] = [(value, known)]
    seen = 0
    while waiting:
        (node, names), seen = waiting.pop(), seen + 1
        if seen > MAX_VALUE:
            return False
        if node.type in grammar.names:
            if text(node) not in names:
                return False
        elif node.type in grammar.collections:
            key = node.child_by_field_name(grammar.keys[node.type] or "key") if node.type in grammar.keys else None
            waiting.extend((child, names) for child in node.named_children if child != key)
        elif grammar.kind(node) is Kind.CALL:
            call = call_of(node)
            if not grammar.makers.fullmatch(call.callee):
                return False
            # To make something of an argument is work; of what is written here it is not.
            waiting.extend((argument, grammar.constants) for argument in call.arguments)
        elif node.type not in grammar.values and node.type not in grammar.types and node.type not in grammar.comments:
            return False
    return True


def wrapped(statement: "Node", grammar: Grammar) -> "Node | None":
    """Return the one thing that a node stands for: its first child that is no comment."""
    return next((child for child in statement.named_children if child.type not in grammar.comments), None)


def unwrapped(statement: "Node", grammar: Grammar) -> "Node":
    """Return the innermost thing that a node stands for, or itself."""
    for _ in range(MAX_DEPTH):
        inner = wrapped(statement, grammar) if grammar.kind(statement) is Kind.WRAPS else None
        if inner is None:
            break
        statement = inner
    return statement


def returned(statement: "Node", grammar: Grammar) -> "Node | None":
    """Return the value of a return statement; None for one without."""
    value = wrapped(statement, grammar)
    if value is not None and value.type == "argument_list":
        return value.named_children[0] if value.named_child_count == 1 else value
    return value


def answers(function: Scope) -> "list[Node | None]":
    """Return the values of a body's own return statements, and of the value that it ends with; None for no value."""
    grammar = function.grammar
    statements = [unwrapped(node, grammar) for node in function.statements]
    values = [returned(node, grammar) for node in statements if grammar.kind(node) is Kind.RETURN]
    ends_with_value = grammar.implicit or (function.blocks and function.blocks[0].is_value)
    last = statements[-1] if statements and ends_with_value else None
    if last is not None and grammar.kind(last) not in (Kind.RETURN, Kind.BIND, Kind.HOLDS, Kind.THROW):
        values.append(last)
    return values


def names_in(statements: Iterable["Node"], grammar: Grammar) -> set[str]:
    """Return the identifiers that occur in statements."""
    waiting, found = list(statements), set()
    while waiting:
        node = waiting.pop()
        if node.type in grammar.names:
            found.add(text(node))
        waiting.extend(node.named_children)
    return found
