"""Comparisons with a tolerance, beside what they stand for."""

import unittest
from typing import Any

import pytest

from services.stages.execution.python.tolerance import almost_equal, approx, count_equal

VALUES = [0.0, 1.0, 1.0 + 1e-7, 1.0 + 1e-5, -1.0, 1e9, 1e9 + 1, float("inf"), float("nan"), True, 1, 2j]


@pytest.mark.parametrize("options", [{}, {"abs": 0.5}, {"rel": 0.1}, {"rel": 1e-9, "abs": 1e-6}, {"nan_ok": True}])
def test_approx_is_what_pytest_makes_of_it(options: dict[str, Any]) -> None:
    """Numbers, sequences and dictionaries compare as with the real one."""
    for expected in VALUES:
        for actual in VALUES:
            for wrap in (lambda value: value, lambda value: [value, 1.0], lambda value: {"a": value}):
                ours = wrap(actual) == approx(wrap(expected), **options)
                theirs = wrap(actual) == pytest.approx(wrap(expected), **options)
                assert ours == theirs, (actual, expected, options)


@pytest.mark.parametrize("actual", [[1.0], [1.0, 2.0, 3.0], (1.0, 2.0), "ab", 1.0, None, {"a": 1.0}])
def test_approx_wants_the_same_shape(actual: object) -> None:
    """A sequence of another length, a text and a number equal none."""
    assert (actual == approx([1.0, 2.0])) == (actual == pytest.approx([1.0, 2.0]))


@pytest.mark.parametrize("options", [{}, {"places": 2}, {"delta": 0.5}])
def test_almost_equal_is_what_unittest_makes_of_it(options: dict[str, Any]) -> None:
    """Places and differences mean the same."""
    case = unittest.TestCase()
    for first in (0.0, 1.0, 1.001, 1.4, 1.0 + 1e-9):
        try:
            case.assertAlmostEqual(first, 1.0, **options)  # noqa: PT009
            theirs = True
        except AssertionError:
            theirs = False
        assert almost_equal(first, 1.0, **options) is theirs


def test_count_equal_takes_what_cannot_be_hashed() -> None:
    """The same values equally often, in any order."""
    assert count_equal([[1], [2], [1]], [[1], [1], [2]])
    assert not count_equal([1, 1, 2], [1, 2, 2])
    assert not count_equal([1], [1, 1])
