"""Which statements check something."""

import ast
from typing import cast

import pytest

from services.stages.execution.python.checks import form_of, is_checking, raising_of


def statement(text: str) -> ast.stmt:
    """Return a statement."""
    return ast.parse(text).body[0]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("assert a, b", "a"),
        ("self.assertEqual(a, b, 'no')", "a == b"),
        ("self.assertFalse(a, msg='no')", "not a"),
        ("self.assertIsNotNone(a)", "a is not None"),
        ("self.assertNotIn(a, b)", "a not in b"),
        ("self.assertLessEqual(a, b)", "a <= b"),
        ("self.assertAlmostEqual(a, b, 3)", "_assay_almost_equal(a, b, 3, None)"),
        ("self.assertAlmostEqual(a, b, delta=0.5)", "_assay_almost_equal(a, b, None, 0.5)"),
        ("self.assertCountEqual(a, b)", "_assay_count_equal(a, b)"),
        ("self.assertRegex(a, b)", "_assay_search(b, a)"),
    ],
)
def test_an_assertion_is_an_expression(text: str, tree: str) -> None:
    """Messages are left out; each method means what unittest says."""
    form = form_of(statement(text))
    assert form is not None
    assert ast.unparse(form.tree) == tree


@pytest.mark.parametrize(
    "text",
    [
        "other.assertEqual(a, b)",
        "self.assertEqual(a)",
        "self.assertEqual(*a)",
        "self.assertEqual(a, b, c, d)",
        "self.assertEqual(first=a, second=b)",
        "self.assertSame(a, b)",
        "f(a)",
        "x = 1",
    ],
)
def test_other_statements_are_none(text: str) -> None:
    """Nor are assertions that are not called as unittest says."""
    assert form_of(statement(text)) is None


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("with pytest.raises(ValueError): f()", ("ValueError",)),
        ("with raises(ValueError): f()", ("ValueError",)),
        ("with pytest.raises((OSError, KeyError), match='x'): f()", ("OSError", "KeyError")),
        ("with self.assertRaises(ValueError): f()", ("ValueError",)),
        ("with self.assertRaisesRegex(ValueError, 'x'): f()", ("ValueError",)),
        ("self.assertRaises(ValueError, f, 1)", ("ValueError",)),
        ("with pytest.raises(Odd): f()", None),
        ("with pytest.raises(ValueError) as caught: f()", None),
        ("with pytest.raises(ValueError), g(): f()", None),
        ("with pytest.raises(ValueError, check=g): f()", None),
        ("with open('x'): f()", None),
        ("self.assertRaises(Odd, f)", None),
        ("f()", None),
    ],
)
def test_a_block_that_is_to_raise_names_builtin_exceptions(text: str, types: tuple[str, ...] | None) -> None:
    """One that is looked at later, or expects an exception of the candidate, is none."""
    raising = raising_of(statement(text))
    assert (None if raising is None else raising.types) == types


def test_what_decides_inside_is_told() -> None:
    """Assertions of every framework, and what fails or raises."""
    for text in (
        "assert a",
        "raise E",
        "self.fail()",
        "pytest.fail('x')",
        "pytest.raises(E)",
        "self.assertTrue(a)",
        "exit(1)",
    ):
        assert any(map(is_checking, ast.walk(statement(text)))), text
    assert not any(map(is_checking, ast.walk(statement("f(a).b(c)"))))
    assert cast(ast.Expr, statement("f()")).value is not None
