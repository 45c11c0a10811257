"""What statements do: nothing, refuse, talk, stop the program, answer with a constant, or work."""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from services.stages.placeholder.grammar import Grammar, Kind
from services.stages.placeholder.nodes import MAX_DEPTH, call_of, text
from services.stages.placeholder.refusals import is_talk, refusal
from services.stages.placeholder.scopes import Scope
from services.stages.placeholder.values import bindings, is_written_out, returned, wrapped

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
    asked = _BY_KIND.get(kind) if kind is not None else None
    if asked is not None:
        return asked(statement, known, grammar)
    is_value = not grammar.inner_docs and is_written_out(statement, known, grammar)
    return Does.ANSWERS if is_value else Does.WORKS


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
            elif not _is_idle(child, node, grammar) or (kind is Kind.DOTS and not remarked):
                return False
    return remarked


def _is_idle(child: "Node", node: "Node", grammar: Grammar) -> bool:
    """Say whether a part of a loop or branch is no statement, or one that does nothing."""
    kind = grammar.kind(child)
    return kind in (Kind.NOTHING, Kind.DOTS) or (kind is None and node.type not in grammar.blocks)


def _binds(statement: "Node", known: set[str], grammar: Grammar) -> Does:
    bound = bindings(statement, grammar)
    if bound is None or not all(is_written_out(one.value, known, grammar) for one in bound):
        return Does.WORKS
    known.update(one.name for one in bound)
    return Does.NOTHING if all(one.name == "_" for one in bound) and bound else Does.ANSWERS


def _throws(statement: "Node", _: set[str], grammar: Grammar) -> Does:
    return Does.REFUSES if refusal(statement, grammar) is not None else Does.WORKS


def _holds(statement: "Node", _: set[str], grammar: Grammar) -> Does:
    return Does.NOTHING if _is_hollow(statement, grammar) else Does.WORKS


def _streams(statement: "Node", _: set[str], grammar: Grammar) -> Does:
    return Does.TALKS if is_talk(statement, grammar) else Does.WORKS


def _casts(statement: "Node", known: set[str], grammar: Grammar) -> Does:
    if _TO_NOTHING.match(text(statement)[:20]):
        return Does.NOTHING
    return Does.ANSWERS if is_written_out(statement, known, grammar) else Does.WORKS


_BY_KIND: "dict[Kind, Callable[[Node, set[str], Grammar], Does]]" = {
    Kind.THROW: _throws,
    Kind.ASSERT: _throws,
    Kind.RETURN: _returns,
    Kind.BIND: _binds,
    Kind.CALL: _calls,
    Kind.HOLDS: _holds,
    Kind.STREAM: _streams,
    Kind.VOID: _casts,
}
