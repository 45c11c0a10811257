"""What statements do: nothing, refuse, talk, stop the program, answer with a constant, or work."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from services.stages.placeholder.grammar import Grammar, Kind
from services.stages.placeholder.nodes import MAX_DEPTH, call_of, is_plain_string, text
from services.stages.placeholder.scopes import Scope

if TYPE_CHECKING:
    from tree_sitter import Node


class Does(Enum):
    """What a statement does."""

    NOTHING = auto()
    """`pass`, `...`, a lone semicolon, a string that nobody reads."""
    REFUSES = auto()
    """Raises or returns an error that says that it is not implemented."""
    TALKS = auto()
    """Prints or logs a text."""
    STOPS = auto()
    """Ends the program without a word."""
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

MAX_VALUE = 500
"""Nodes of a value beyond which writing it was work."""

MAX_MESSAGE = 500
"""Characters of a message that are looked at."""

_NUMBER = re.compile(r"[\d.]*")
_TO_NOTHING = re.compile(r"\(\s*void\s*\)")
_CLAUSES = re.compile(r"\w*(?:else|elif|elsif|then|clause|do|finally|ensure)\w*")


@lru_cache(maxsize=256)
def body_does(function: Scope) -> frozenset[Does]:
    """Return what the statements of a function's body do, its docstring aside."""
    return all_do(function.statements, function.grammar, function.parameters)


def all_do(statements: Iterable["Node"], grammar: Grammar, parameters: Iterable[str] = ()) -> frozenset[Does]:
    """Return what statements do, one after the other."""
    known = {*parameters, *grammar.constants}
    found: set[Does] = set()
    for statement in statements:
        found.update(_does(statement, known, grammar, 0))
        if Does.WORKS in found:
            # Nobody asks what else a body does that works.
            break
    return frozenset(found)


def _does(statement: "Node", known: set[str], grammar: Grammar, depth: int) -> Iterator[Does]:
    kind = grammar.kind(statement)
    if kind in (Kind.NOTHING, Kind.DOTS) or statement.type in grammar.comments:
        yield Does.NOTHING
    elif depth > MAX_DEPTH:
        yield Does.WORKS
    elif kind is Kind.WRAPS:
        inner = wrapped(statement, grammar)
        yield from (Does.NOTHING,) if inner is None else _does(inner, known, grammar, depth + 1)
    elif kind is Kind.TRY:
        for inner in _inside(statement, grammar):
            if inner.type.startswith("import"):
                # To try an import is to ask for what it does, or whether it is there.
                yield Does.WORKS
            yield from _does(inner, known, grammar, depth + 1)
    else:
        yield _does_one(statement, kind, known, grammar)


def _does_one(statement: "Node", kind: Kind | None, known: set[str], grammar: Grammar) -> Does:
    if kind in (Kind.THROW, Kind.ASSERT):
        return Does.REFUSES if refusal(statement, grammar) is not None else Does.WORKS
    if kind is Kind.RETURN:
        return _returns(statement, known, grammar)
    if kind is Kind.BIND:
        return _binds(statement, known, grammar)
    if kind is Kind.CALL:
        return _calls(statement, known, grammar)
    if kind is Kind.HOLDS:
        return Does.NOTHING if _is_hollow(statement, grammar) else Does.WORKS
    if kind is Kind.VOID and _TO_NOTHING.match(text(statement)[:20]):
        return Does.NOTHING
    if kind is Kind.STREAM and _is_talk_to_stream(statement, grammar):
        return Does.TALKS
    is_value = kind is not Kind.STREAM and not grammar.inner_docs and is_written_out(statement, known, grammar)
    return Does.ANSWERS if is_value else Does.WORKS


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


def _inside(statement: "Node", grammar: Grammar) -> "Iterator[Node]":
    """Yield the statements of all blocks of a statement that tries."""
    for child in statement.named_children:
        if child.type in grammar.blocks or child.type in grammar.flat:
            yield from child.named_children
        elif _CLAUSES.fullmatch(child.type) or grammar.kind(child) is Kind.TRY:
            for part in child.named_children:
                yield from part.named_children if part.type in grammar.blocks else ()
        elif statement.type in grammar.blocks:
            yield child


def returned(statement: "Node", grammar: Grammar) -> "Node | None":
    """Return the value of a return statement; None for one without."""
    value = wrapped(statement, grammar)
    if value is not None and value.type == "argument_list":
        return value.named_children[0] if value.named_child_count == 1 else value
    return value


def _returns(statement: "Node", known: set[str], grammar: Grammar) -> Does:
    value = returned(statement, grammar)
    if text(value)[:100] in grammar.refusal_values or refusal(statement, grammar) is not None:
        return Does.REFUSES
    return Does.ANSWERS if value is None or is_written_out(value, known, grammar) else Does.WORKS


def _calls(statement: "Node", known: set[str], grammar: Grammar) -> Does:
    callee = call_of(statement).callee
    if grammar.idle.fullmatch(callee):
        return Does.NOTHING
    if refusal(statement, grammar) is not None:
        return Does.REFUSES
    if is_talk(statement, grammar):
        return Does.TALKS
    if grammar.stops.fullmatch(callee):
        return Does.STOPS
    return Does.ANSWERS if grammar.implicit and is_written_out(statement, known, grammar) else Does.WORKS


def _is_hollow(statement: "Node", grammar: Grammar) -> bool:
    """Say whether a loop or branch holds comments over nothing. Without them a loop may exhaust a generator."""
    remarked = False
    waiting = [(statement, 0)]
    while waiting:
        node, depth = waiting.pop()
        for child in node.named_children:
            kind = grammar.kind(child)
            if child.type in grammar.comments:
                remarked = True
            elif child.type in grammar.blocks or child.type in grammar.flat or _CLAUSES.fullmatch(child.type):
                waiting.append((child, depth))
            elif kind is Kind.HOLDS and depth < MAX_DEPTH:
                waiting.append((child, depth + 1))
            elif kind is Kind.DOTS and not remarked:
                return False
            elif kind not in (None, Kind.NOTHING, Kind.DOTS) or (kind is None and node.type in grammar.blocks):
                return False
    return remarked


class Binding:
    """A name and the value that is bound to it."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: "Node") -> None:
        self.name = name
        self.value = value


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


def _binds(statement: "Node", known: set[str], grammar: Grammar) -> Does:
    bound = bindings(statement, grammar)
    if bound is None or not all(is_written_out(one.value, known, grammar) for one in bound):
        return Does.WORKS
    known.update(one.name for one in bound)
    return Does.NOTHING if all(one.name == "_" for one in bound) and bound else Does.ANSWERS


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


def refusal(statement: "Node", grammar: Grammar) -> str | None:
    """Return the message of a statement that refuses to work for not being written; None for any other."""
    statement = unwrapped(statement, grammar)
    kind = grammar.kind(statement)
    if kind is Kind.ASSERT:
        parts = statement.named_children
        message = text(parts[1])[:MAX_MESSAGE] if len(parts) > 1 else ""
        return message if text(parts[0])[:9] in ("False", "0", "false") and UNWRITTEN.search(message) else None
    if kind is Kind.THROW:
        thrown = wrapped(statement, grammar)
        return None if thrown is None else _refuses(thrown, grammar)
    if kind is Kind.RETURN:
        value = returned(statement, grammar)
        parts = [] if value is None else value.named_children if value.type == "expression_list" else [value]
        told = (_said(part, grammar, grammar.errors) for part in parts if grammar.kind(part) is Kind.CALL)
        return next((message for message in told if message is not None), None)
    return _raised(statement, grammar) if kind is Kind.CALL else None


def _refuses(thrown: "Node", grammar: Grammar) -> str | None:
    """Return the message of what is thrown, where that says that it is not implemented."""
    if grammar.kind(thrown) is not Kind.CALL:
        message = text(thrown)[:MAX_MESSAGE]
        if grammar.refuses.fullmatch(message):
            return ""
        return message if is_plain_string(thrown, grammar) and UNWRITTEN.search(message) else None
    call = call_of(thrown)
    if grammar.refuses.fullmatch(call.callee):
        return _message(call.arguments)
    return _said(thrown, grammar, grammar.errors)


def _raised(statement: "Node", grammar: Grammar) -> str | None:
    """Return the message of a call that raises, panics or makes an error, where that says so."""
    call = call_of(statement)
    if grammar.refuses.fullmatch(call.callee):
        return _message(call.arguments)
    if call.arguments and grammar.aborts.fullmatch(call.callee):
        first = _refuses(call.arguments[0], grammar)
        if first is not None:
            return first or _message(call.arguments[1:])
        return _said(statement, grammar, grammar.aborts)
    return _said(statement, grammar, grammar.errors) if grammar.implicit else None


def _said(node: "Node", grammar: Grammar, callees: re.Pattern[str]) -> str | None:
    """Return the message of a call of one of some things, where it says that something was not written."""
    if grammar.kind(node) is not Kind.CALL:
        return None
    call = call_of(node)
    message = _message(call.arguments)
    return message if callees.fullmatch(call.callee) and UNWRITTEN.search(message) else None


def _message(arguments: "list[Node]") -> str:
    return " ".join(text(node)[:MAX_MESSAGE] for node in arguments[:5])[:MAX_MESSAGE]


def is_talk(node: "Node", grammar: Grammar) -> bool:
    """Say whether a call prints or logs a text, or sleeps."""
    node = unwrapped(node, grammar)
    if grammar.kind(node) is Kind.STREAM:
        return _is_talk_to_stream(node, grammar)
    if grammar.kind(node) is not Kind.CALL:
        return False
    call = call_of(node)
    if grammar.sleep.fullmatch(call.callee):
        return all(_NUMBER.fullmatch(text(argument)[:40]) for argument in call.arguments)
    if not call.arguments or not grammar.talk.fullmatch(call.callee):
        return False
    return any(argument.type in grammar.strings for argument in call.arguments[:2])


def told(node: "Node", grammar: Grammar) -> str:
    """Return the plain text that a statement prints; empty where something is computed in it."""
    node = unwrapped(node, grammar)
    if not is_talk(node, grammar):
        return ""
    parts = _streamed(node) if grammar.kind(node) is Kind.STREAM else call_of(node).arguments
    plain = [part for part in parts if is_plain_string(part, grammar)]
    return text(plain[0])[:MAX_MESSAGE] if plain else ""


_STREAMS = re.compile(r"(?:std::)?(?:cout|cerr|clog|endl|flush)")


def _streamed(node: "Node") -> "list[Node]":
    """Return the operands of an operator that is chained, the first first."""
    parts: list[Node] = []
    for _ in range(MAX_DEPTH):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            break
        parts.append(right)
        node = left
    return [node, *reversed(parts)]


def _is_talk_to_stream(node: "Node", grammar: Grammar) -> bool:
    parts = _streamed(node)
    plain = all(part.type in grammar.strings or _STREAMS.fullmatch(text(part)[:20]) for part in parts)
    return plain and _STREAMS.fullmatch(text(parts[0])[:20]) is not None


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
