"""What statements do: nothing, refuse, talk, answer with a constant, or work."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from services.stages.placeholder.tree import STRINGS, Scope, text

if TYPE_CHECKING:
    from tree_sitter import Node


class Does(Enum):
    """What a statement does."""

    NOTHING = auto()
    """`pass`, `...`, a string."""
    REFUSES = auto()
    """Raises NotImplementedError, or says in an exception or assertion that it is not implemented."""
    TALKS = auto()
    """Prints or logs a text."""
    ANSWERS = auto()
    """Returns or binds a value that is written in the source, or a parameter as it came."""
    WORKS = auto()
    """Anything else."""


UNWRITTEN = re.compile(
    r"\bnot(?:[ _-]+(?:yet|been|fully))*[ _-]+(?:implemented|written|done)\b|\bunimplemented\b|\bTODO\b|\bFIXME\b|"
    r"\bto[ -]be[ -](?:implemented|done|written)\b|\bimplement(?:ation)?[ -](?:me|this|needed|required|pending|"
    r"missing)\b|"
    r"\bnot implemented\b|\bplaceholder\b|\bcoming soon\b",
    re.IGNORECASE,
)
"""Texts with which code says that it was not written."""

_TALK = re.compile(
    r"(?:print|(?:\w+\.)*(?:log|logger|logging|_log|_logger|LOG|LOGGER|warnings|console)"
    r"\.(?:debug|info|warning|warn|error|log|print|exception|critical))"
)
_SLEEP = re.compile(r"(?:time\.|asyncio\.|trio\.)?sleep\([\d.]*\)")
_VALUES = frozenset({"integer", "float", "true", "false", "none", "string_start", "string_content", "string_end"})
_COLLECTIONS = frozenset(
    {"list", "tuple", "set", "dictionary", "pair", "string", "concatenated_string", "unary_operator"}
    | {"parenthesized_expression", "expression_list", "interpolation", "escape_sequence"}
)
_EMPTY = frozenset({"dict()", "list()", "set()", "tuple()", "str()", "int()", "float()", "bytes()", "frozenset()"})


@lru_cache(maxsize=256)
def body_does(function: Scope) -> frozenset[Does]:
    """Return what the statements of a function's body do, its docstring aside."""
    return all_do(function.statements, function.parameters)


def all_do(statements: Iterable["Node"], parameters: Iterable[str] = ()) -> frozenset[Does]:
    """Return what statements do, one after the other."""
    known = set(parameters)
    return frozenset(done for statement in statements for done in _does(statement, known))


def _does(statement: "Node", known: set[str]) -> Iterator[Does]:
    if statement.type in ("pass_statement", "ellipsis", "comment", *STRINGS):
        yield Does.NOTHING
    elif statement.type == "return_statement":
        yield _returns(statement, known)
    elif statement.type == "assignment":
        yield _binds(statement, known)
    elif statement.type in ("raise_statement", "assert_statement"):
        yield Does.REFUSES if refusal(statement) is not None else Does.WORKS
    elif statement.type in ("call", "await"):
        yield Does.TALKS if is_talk(statement) else Does.WORKS
    elif statement.type in ("import_statement", "import_from_statement") or _is_hollow(statement):
        yield Does.NOTHING
    elif statement.type == "try_statement":
        blocks = [part for child in statement.named_children for part in (child, *child.named_children)]
        inner = [node for part in blocks if part.type == "block" for node in part.named_children]
        yield from all_do(inner, known)
    else:
        yield Does.WORKS


def _returns(statement: "Node", known: set[str]) -> Does:
    value = statement.named_children[0] if statement.named_children else None
    if text(value) == "NotImplemented":
        return Does.REFUSES
    return Does.ANSWERS if value is None or is_written_out(value, known) else Does.WORKS


def _is_hollow(statement: "Node") -> bool:
    """Say whether a loop or branch holds comments over `pass` alone. Without them a loop may exhaust a generator."""
    if statement.type not in ("for_statement", "if_statement"):
        return False
    waiting, remarked = list(statement.named_children), False
    while waiting:
        node = waiting.pop()
        if node.type in ("block", "else_clause", "elif_clause"):
            waiting.extend(node.named_children)
        elif node.type == "comment":
            remarked = True
        elif node.type.endswith("_statement") and node.type != "pass_statement" and not _is_hollow(node):
            return False
        elif node.type in ("call", "await", "assignment", "augmented_assignment", "yield", "ellipsis"):
            return node.type == "ellipsis" and remarked
    return remarked


def _binds(statement: "Node", known: set[str]) -> Does:
    left, right = statement.child_by_field_name("left"), statement.child_by_field_name("right")
    if left is None or right is None or left.type != "identifier" or not is_written_out(right, known):
        return Does.WORKS
    known.add(text(left))
    return Does.ANSWERS


def is_written_out(value: "Node", known: Iterable[str]) -> bool:
    """Say whether a value stands in the source as it is, made of literals and known names only."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            if text(node) not in known:
                return False
        elif node.type == "call":
            if text(node) not in _EMPTY:
                return False
        elif node.type in _COLLECTIONS:
            waiting.extend(node.named_children)
        elif node.type not in _VALUES and node.type != "comment":
            return False
    return True


def refusal(statement: "Node") -> str | None:
    """Return the message of a statement that refuses to work for not being written; None for any other."""
    if statement.type == "assert_statement":
        parts = statement.named_children
        message = text(parts[1]) if len(parts) > 1 else ""
        return message if text(parts[0]) in ("False", "0") and UNWRITTEN.search(message) else None
    if statement.type != "raise_statement" or not statement.named_children:
        return None
    raised = statement.named_children[0]
    called = raised.child_by_field_name("function") if raised.type == "call" else raised
    message = text(raised.child_by_field_name("arguments")) if raised.type == "call" else ""
    if text(called) in ("NotImplementedError", "NotImplemented", "builtins.NotImplementedError"):
        return message
    plain = text(called) in ("Exception", "RuntimeError", "BaseException", "AssertionError", "ValueError")
    return message if plain and UNWRITTEN.search(message) else None


def is_talk(call: "Node") -> bool:
    """Say whether a call prints or logs a text, or sleeps."""
    if call.type == "await":
        call = call.named_children[0]
    if _SLEEP.fullmatch(text(call)):
        return True
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or arguments is None or not _TALK.fullmatch(text(function)):
        return False
    return bool(arguments.named_children) and arguments.named_children[0].type in STRINGS


def names_in(statements: Iterable["Node"]) -> set[str]:
    """Return the identifiers that occur in statements."""
    waiting, found = list(statements), set()
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            found.add(text(node))
        waiting.extend(node.named_children)
    return found
