"""From log-odds to probabilities, and to the score below which a candidate is rejected."""

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from services.stages.scoring.training.dataset import Numbers

MAX_LOG_ODDS = 12.0

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Platt:
    """A line from log-odds to log-odds (Platt, 1999)."""

    slope: float
    intercept: float

    def __call__(self, log_odds: Numbers, offset: Numbers) -> Numbers:
        """Return probabilities, given what priors add."""
        odds = np.clip(self.slope * log_odds + self.intercept + offset, -30, 30)
        told: Numbers = 1 / (1 + np.exp(-odds))
        return told


def platt(log_odds: Numbers, authentic: Numbers, weight: Numbers) -> Platt:
    """
    Fit the line over log-odds of records that were not trained on.

    Nobody is wholly sure of a label: of n records of one kind it is taken for right in n + 1 of n + 2, as Platt has it,
    so that no score is 0 or 1 where the log-odds happen to part the labels.
    """
    count = np.where(authentic == 1, (authentic == 1).sum(), (authentic == 0).sum())
    right = (count + 1) / (count + 2)
    odds = np.clip(log_odds, -MAX_LOG_ODDS, MAX_LOG_ODDS)[:, None]
    labels = np.concatenate([authentic, 1 - authentic])
    made = LogisticRegression(C=1e3, max_iter=1_000)
    made.fit(np.vstack([odds, odds]), labels, sample_weight=np.concatenate([weight * right, weight * (1 - right)]))
    # More findings never raise a score: a line that falls would let them.
    return Platt(max(float(made.coef_[0][0]), 1e-3), float(made.intercept_[0]))


def isotonic(log_odds: Numbers, authentic: Numbers, weight: Numbers) -> IsotonicRegression:
    """Fit steps instead of a line, to be measured beside it."""
    made = IsotonicRegression(out_of_bounds="clip", y_min=0.0, y_max=1.0)
    made.fit(log_odds, authentic, sample_weight=weight)
    return made


SURE = 0.2
"""
The greatest score below which one may reject by itself: code that is as unlikely as this to be authentic is not, four
times out of five, where half of all code is.
"""


def threshold(scores: Numbers, authentic: Numbers, rejected: Mask, rate: float) -> float:
    """
    Return the greatest score, at most SURE, below which few authentic records fall that no finding rejects.

    :param rejected: Whether a finding rejects a record already: the score costs nothing there.
    :param rate: The share of all authentic records that may fall below it.
    """
    mine = np.sort(scores[(authentic == 1) & ~rejected])
    allowed = int(rate * (authentic == 1).sum())
    return min(float(mine[allowed]), SURE) if allowed < len(mine) else SURE
