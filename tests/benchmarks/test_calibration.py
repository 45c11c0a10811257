"""Scores as probabilities: figures that can be checked by hand."""

import pytest

from benchmarks.calibration import brier, reliability


def test_brier() -> None:
    """The Brier score is the mean squared distance to the truth, 0 where every score is right and sure."""
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(0.5, True), (0.5, False)]) == 0.25
    assert brier([(0.8, True), (0.4, False)]) == pytest.approx(0.1)


def test_nothing_scored() -> None:
    """Without scores there is no figure."""
    assert brier([]) is None
    assert reliability([]) == []


def test_reliability() -> None:
    """A bin has the mean of its scores and the share of its records that are authentic; empty ones are left out."""
    bins = reliability([(0.11, False), (0.19, True), (1.0, True), (0.95, True)])
    assert bins == [{"score": 0.15, "authentic": 0.5, "n": 2}, {"score": 0.975, "authentic": 1.0, "n": 2}]
