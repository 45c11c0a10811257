"""Loops through values that are known."""

import ast
from typing import cast

import pytest

from services.stages.execution.python.loops import MAX_TURNS, turns_of
from services.stages.execution.python.pure import Outside
from services.stages.execution.python.scope import Scope
from services.stages.execution.python.split import Names


def turns(source: str) -> tuple[tuple[object, ...], ...] | None:
    """Return the rows of a loop."""
    scope = Scope("", Names(Outside({}), frozenset()), ())
    found = turns_of(cast(ast.For, ast.parse(source).body[0]), scope, {})
    return None if found is None else found.rows


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("a in [1, 2]", ((1,), (2,))),
        ("a, b in [(1, 2)]", ((1, 2),)),
        ("i, c in enumerate('ab')", ((0, "a"), (1, "b"))),
        ("a, b in {'x': 1}.items()", (("x", 1),)),
        ("a in range(3)", ((0,), (1,), (2,))),
        ("a in f()", None),
        ("a in []", None),
        ("a, b in [(1, 2, 3)]", None),
        ("(a, b), c in [((1, 2), 3)]", None),
        ("a in 5", None),
        (f"a in range({MAX_TURNS + 1})", None),
    ],
)
def test_a_loop_has_rows(head: str, rows: tuple[tuple[object, ...], ...] | None) -> None:
    """One for each turn; what is not known, empty, too long or of another shape has none."""
    assert turns(f"for {head}:\n    assert g(a)\n") == rows


@pytest.mark.parametrize("body", ["break", "continue", "return", "if a:\n        break"])
def test_a_loop_that_may_be_left_has_none(body: str) -> None:
    """Not all of it runs in each turn."""
    assert turns(f"for a in [1]:\n    {body}\n") is None
    assert turns("for a in [1]:\n    pass\nelse:\n    pass\n") is None
