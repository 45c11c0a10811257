"""Calls counted for a snapshot."""

import pytest

from host.call_counts import CallCounts


def test_quantiles() -> None:
    """A quantile is the boundary below which at least that share of the calls ended; the last where none is."""
    counts = CallCounts()
    assert (counts.quantile(0.5), counts.quantile(0.95)) == (0.0, 0.0)
    for seconds in (0.0005, 0.001, 0.002, 0.3, 5000.0):
        counts.add(seconds, failed=seconds > 1)
    assert (counts.calls, counts.failed) == (5, 1)
    assert [counts.quantile(share) for share in (0.2, 0.4, 0.5, 0.8, 0.95)] == [0.001, 0.001, 0.0025, 0.5, 900.0]


@pytest.mark.parametrize("share", [0.01, 0.5, 1.0])
def test_one_call(share: float) -> None:
    """Every quantile of one call is its own boundary."""
    counts = CallCounts()
    counts.add(0.02, failed=False)
    assert counts.quantile(share) == 0.025
