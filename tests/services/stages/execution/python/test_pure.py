"""Expressions that are evaluated outside."""

import math

import pytest

from services.stages.execution.python.pure import Outside

IMPORTS = {
    "math": ("math", ""),
    "near": ("math", "isclose"),
    "pytest": ("pytest", ""),
    "os": ("os", ""),
    "datetime": ("datetime", ""),
}
OUTSIDE = Outside(IMPORTS)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[x * 2 for x in range(3) if x]", [2, 4]),
        ("sorted({'b': 1, 'a': 2}.items(), key=lambda pair: pair[1])", [("b", 1), ("a", 2)]),
        ("math.pi < 4 and near(1.0, 1.0 + 1e-12)", True),
        ("2.0 == pytest.approx(2.0000001)", True),
        ("'a,b'.split(',') + ['c'.upper()]", ["a", "b", "C"]),
        ("held[0] if held else None", 7),
        ("datetime.date(2024, 1, 2) < datetime.date(2024, 1, 3)", True),
    ],
)
def test_what_only_computes_is_evaluated(expression: str, value: object) -> None:
    """Literals, operators, builtins that compute, methods of plain data, mathematics."""
    assert OUTSIDE.evaluate(expression, {"held": [7]}) == value


@pytest.mark.parametrize(
    "expression",
    [
        "open('/etc/passwd')",
        "__import__('os')",
        "().__class__",
        "os.system('true')",
        "getattr(1, 'real')",
        "math.__loader__",
        "'{0.real}'.format(1)",
        "(lambda: 1)()",
        "f'{1}'",
        "eval('1')",
        "unknown",
        "print(1)",
        "pytest.main",
        "[].append(1)",
        "(yield)",
        "datetime.sys",
        "datetime.datetime.now()",
    ],
)
def test_what_reaches_further_is_refused(expression: str) -> None:
    """Nothing opens a file, imports, reaches attributes other than plain data's methods, or calls what it computed."""
    with pytest.raises(ValueError, match="reaches further"):
        OUTSIDE.evaluate(expression, {})


def test_no_class_is_made() -> None:
    """A class of the tests' own would have a say in every comparison: `type` tells what a value is, and makes none."""
    outside = Outside({})
    assert outside.evaluate("type(1) == int", {}) is True
    with pytest.raises(TypeError):
        outside.evaluate("list(map(lambda make: make('X', (), {}), [type]))", {})


def test_a_name_that_the_tests_bind_is_not_pythons() -> None:
    """A function of the tests called ``len`` is theirs."""
    import ast

    tree = ast.parse("len([1])", mode="eval").body
    assert OUTSIDE.is_pure(tree, ())
    assert not OUTSIDE.is_pure(tree, (), {"len"})


def test_a_comparison_has_sides() -> None:
    """One comparison has two; a chain and everything else have none."""
    sides = OUTSIDE.sides("(a == math.pi)")
    assert sides is not None
    assert (sides[1], OUTSIDE.evaluate(sides[2], {})) == ("Eq", math.pi)
    assert OUTSIDE.sides("1 < a < 2") is None
    assert OUTSIDE.sides("a") is None
