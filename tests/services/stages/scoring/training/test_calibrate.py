"""From log-odds to probabilities and thresholds."""

import numpy as np
import pytest

from services.stages.scoring.training.calibrate import SURE, platt, threshold

LABELS = np.array([0.0] * 50 + [1.0] * 50)
EVEN = np.ones(100)
NOTHING = np.zeros(100)
NONE = np.zeros(100, dtype=bool)


def test_a_line() -> None:
    """Log-odds that are right stay as they are, and those that are twice too sure are halved."""
    random = np.random.default_rng(1)
    odds = random.normal(0, 2, 20_000)
    labels = (random.random(20_000) < 1 / (1 + np.exp(-odds))).astype(float)
    right = platt(odds, labels, np.ones(20_000))
    assert right.slope == pytest.approx(1, abs=0.1)
    assert right.intercept == pytest.approx(0, abs=0.1)
    assert platt(2 * odds, labels, np.ones(20_000)).slope == pytest.approx(0.5, abs=0.05)


def test_nobody_is_wholly_sure() -> None:
    """Where log-odds part the labels, scores are still neither 0 nor 1."""
    odds = np.where(LABELS == 1, 3.0, -3.0)
    scores = platt(odds, LABELS, EVEN)(odds, NOTHING)
    assert 0.9 < scores.max() < 0.995
    assert 0.005 < scores.min() < 0.1


def test_a_line_never_falls() -> None:
    """Log-odds that are wrong are not turned round: more findings never raise a score."""
    assert platt(np.where(LABELS == 1, -1.0, 1.0), LABELS, EVEN).slope > 0


def test_threshold() -> None:
    """Below the threshold fall at most as many authentic records as may, those that a finding rejects left out."""
    scores = np.concatenate([np.zeros(50), np.linspace(0.001, 0.1, 50)])
    below = threshold(scores, LABELS, NONE, 0.1)
    assert ((scores < below) & (LABELS == 1)).sum() == 5
    first = np.zeros(100, dtype=bool)
    first[50:60] = True
    assert ((scores < threshold(scores, LABELS, first, 0.1)) & (LABELS == 1) & ~first).sum() == 5


def test_a_threshold_is_sure() -> None:
    """However few authentic records fall below it, a threshold is never above what is sure."""
    scores = np.where(LABELS == 1, 0.99, 0.9)
    assert threshold(scores, LABELS, NONE, 0.01) == SURE
    assert threshold(scores, LABELS, LABELS == 1, 0.5) == SURE
