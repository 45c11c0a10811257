"""Statements that say that something is not implemented, and those that only print or log."""

import re
from typing import TYPE_CHECKING

from services.stages.placeholder.grammar import Grammar, Kind
from services.stages.placeholder.nodes import MAX_DEPTH, call_of, is_plain_string, text
from services.stages.placeholder.values import returned, unwrapped, wrapped

if TYPE_CHECKING:
    from tree_sitter import Node

UNWRITTEN = re.compile(
    r"\bnot(?:[ _-]+(?:yet|been|fully))*[ _-]+(?:implemented|written|done)\b|\bunimplemented\b|\bTODO\b|\bFIXME\b|"
    r"\bto[ -]be[ -](?:implemented|done|written)\b|\bimplement(?:ation)?[ -](?:me|this|needed|required|pending|"
    r"missing)\b|"
    r"\bnot implemented\b|\bplaceholder\b|\bcoming soon\b",
    re.IGNORECASE,
)
"""Texts with which code says that it was not written."""

MAX_MESSAGE = 500
"""Characters of a message that are looked at."""

_NUMBER = re.compile(r"[\d.]*")


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
        # What is called says by its own name that nothing was written, whatever else is told.
        return f"{call.callee} {_message(call.arguments)}"
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
