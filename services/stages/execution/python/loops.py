"""Loops of a test through values that are known outside."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .pure import Outside
from .scope import Scope
from .split import PURE
from .taken import Binding

MAX_TURNS = 500
MAX_TEXT = 200_000
"""Characters of what a loop goes through, written out."""


@dataclass(frozen=True, slots=True)
class Turns:
    """
    What a loop goes through.

    :param names: The names that it binds.
    :param is_tuple: Whether each value is a tuple, with a value for each name.
    :param rows: The values of the names, turn by turn.
    """

    names: tuple[str, ...]
    is_tuple: bool
    rows: tuple[tuple[Any, ...], ...]

    def is_lasting(self, name: str) -> bool:
        """Return whether nothing that is done with a name's values can change them."""
        index = self.names.index(name)
        return all(_is_lasting(row[index]) for row in self.rows)

    def without(self, masked: set[str]) -> str | None:
        """Return what to go through with nothing in the place of some names; None where it cannot be written."""
        rows = [tuple(None if n in masked else v for n, v in zip(self.names, row, strict=True)) for row in self.rows]
        text = repr(rows if self.is_tuple else [row[0] for row in rows])
        try:
            return text if len(text) <= MAX_TEXT and repr(ast.literal_eval(text)) == text else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None


def turns_of(node: ast.For, scope: Scope, bindings: Mapping[str, Binding]) -> Turns | None:
    """Return what a loop goes through; None where it is not known, or where not all of its body runs in each turn."""
    names = _names(node.target)
    if not names or node.orelse or scope.names.of(node.iter) is not PURE or any(map(_leaves, ast.walk(node))):
        return None
    try:
        known = scope.keys_of([inner.id for inner in ast.walk(node.iter) if isinstance(inner, ast.Name)])
        values = list(scope.names.outside.evaluate(node.iter, values_of(known, bindings, scope.names.outside)))
        is_tuple = isinstance(node.target, ast.Tuple)
        rows = tuple(tuple(value) if is_tuple else (value,) for value in values[: MAX_TURNS + 1])
    except Exception:  # noqa: BLE001  # whatever an expression of the tests raises
        # What the tests compute is theirs to get wrong: the loop runs as it was written, and tells.
        return None
    if not 0 < len(rows) <= MAX_TURNS or any(len(row) != len(names) for row in rows):
        return None
    return Turns(names, is_tuple, rows)


def values_of(known: tuple[tuple[str, str], ...], bindings: Mapping[str, Binding], outside: Outside) -> dict[str, Any]:
    """Return the values of names that are known outside; those that a loop binds are not among them."""
    found = {}
    for name, key in known:
        if (binding := bindings.get(key)) is not None:
            found[name] = outside.evaluate(binding.expression, values_of(binding.known, bindings, outside))
    return found


def _names(target: ast.expr) -> tuple[str, ...]:
    each = target.elts if isinstance(target, ast.Tuple) else [target]
    names = tuple(inner.id for inner in each if isinstance(inner, ast.Name))
    return names if len(names) == len(each) == len(set(names)) else ()


def _leaves(node: ast.AST) -> bool:
    return isinstance(node, (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Await))


def _is_lasting(value: object) -> bool:
    if isinstance(value, (tuple, frozenset)):
        return all(map(_is_lasting, value))
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes))
