"""The figures that every report rests on."""

import math

import pytest

from benchmarks.intervals import Proportion, quantile


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval(hits: int, n: int, low: float, high: float) -> None:
    """The interval is Wilson's, to the digits that were published."""
    assert Proportion(hits, n).interval() == pytest.approx((low, high), abs=5e-5)


def test_nothing_measured() -> None:
    """A share of nothing has no value, and does not pretend to one."""
    assert Proportion(0, 0).as_json() == {"value": None, "low": None, "high": None, "n": 0}


def test_quantile() -> None:
    """A quantile is one of the values, by the nearest rank."""
    values = [float(number) for number in range(1, 101)]
    assert [quantile(values, q) for q in (0.5, 0.95, 0.99, 1.0)] == [50.0, 95.0, 99.0, 100.0]
    assert quantile([7.0], 0.5) == 7.0
    assert math.isnan(quantile([], 0.5))
