"""Comparisons of the test frameworks that are no operators, over plain data."""

from cmath import isinf, isnan
from collections.abc import Mapping, Sequence
from itertools import starmap
from typing import Any

RELATIVE = 1e-6
ABSOLUTE = 1e-12
"""The tolerances of pytest.approx, from its documentation."""

PLACES = 7
"""The decimal places of unittest's assertAlmostEqual, from its documentation."""


class approx:  # noqa: N801  # the name it stands for
    """
    A value that equals what is near it, as ``pytest.approx`` does for numbers, sequences and dictionaries of them.

    :param rel: The tolerance as a share of what is expected; by default 1e-6, and none where only ``abs`` is given.
    :param abs: The absolute tolerance; by default 1e-12.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:  # noqa: A002  # pytest's signature
        self.expected = expected
        self._rel = rel
        self._abs = abs
        self._nan_ok = nan_ok

    def __eq__(self, actual: object) -> bool:
        return self._is_near(actual, self.expected)

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def _is_near(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, Mapping):
            return (
                isinstance(actual, Mapping)
                and set(actual) == set(expected)
                and all(self._is_near(actual[key], expected[key]) for key in expected)
            )
        if isinstance(expected, Sequence) and not isinstance(expected, (str, bytes)):
            return (
                isinstance(actual, Sequence)
                and not isinstance(actual, (str, bytes))
                and len(actual) == len(expected)
                and all(starmap(self._is_near, zip(actual, expected, strict=True)))
            )
        return self._is_near_number(actual, expected)

    def _is_near_number(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, bool) and not isinstance(actual, bool):
            return False
        if actual == expected:
            return True
        numbers = (int, float, complex)
        if not isinstance(actual, numbers) or not isinstance(expected, numbers):
            return False
        if isnan(expected):
            return self._nan_ok and isnan(actual)
        if isinf(expected):
            return False
        return abs(actual - expected) <= self._tolerance(expected)

    def _tolerance(self, expected: complex) -> float:
        absolute = ABSOLUTE if self._abs is None else self._abs
        if self._rel is None and self._abs is not None:
            return absolute
        return max((RELATIVE if self._rel is None else self._rel) * abs(expected), absolute)


def almost_equal(first: Any, second: Any, places: int | None = None, delta: Any = None) -> bool:
    """Return whether two numbers are as near as ``unittest``'s assertAlmostEqual wants them."""
    if first == second:
        return True
    difference = abs(first - second)
    if delta is not None:
        return bool(difference <= delta)
    return bool(round(difference, PLACES if places is None else places) == 0)


def count_equal(first: Any, second: Any) -> bool:
    """Return whether two collections hold the same values equally often, hashable or not."""
    left = list(second)
    for value in first:
        if value not in left:
            return False
        left.remove(value)
    return not left
