"""What scores reach over records that neither the trees nor their calibration were trained on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.calibration import Scored, brier
from benchmarks.corpus import Record
from benchmarks.intervals import Proportion
from services.stages.scoring.evidence import STAGES
from services.stages.scoring.features import NAMES
from services.stages.scoring.model import known_of
from services.stages.scoring.training.calibrate import Mask, Platt, isotonic, platt, threshold
from services.stages.scoring.training.dataset import Numbers, Table, View
from services.stages.scoring.training.fit import FOLDS, Folds

KNOWN: Mapping[str, View] = {"tests": View.TESTED, "run": View.UNTESTED, "read": View.READ}
"""Each way in which a candidate can be known, and the view in which it is measured."""

ALONE = 0.01
"""The share of authentic candidates that the score may reject where no finding does."""


@dataclass(frozen=True, slots=True)
class Measured:
    """
    The rows of one way of being known, each scored by what did not see its group.

    :param scores: Calibrated.
    :param stepped: Calibrated by steps instead of a line, for comparison.
    :param rejected: Whether a finding rejects the record.
    :param below: The score below which each row is rejected, as chosen without its fold.
    """

    known: str
    records: Sequence[Record]
    authentic: Numbers
    scores: Numbers
    stepped: Numbers
    rejected: Mask
    below: Numbers

    @property
    def found(self) -> Mask:
        """Whether each record is called inauthentic."""
        return np.asarray(self.rejected | (self.scores < self.below))

    def where(self, holds: Callable[[Record], bool]) -> "Measured":
        """Return those of the rows whose record is such."""
        kept = np.array([holds(record) for record in self.records], dtype=bool)
        records = [record for record, keep in zip(self.records, kept, strict=True) if keep]
        arrays = (self.authentic, self.scores, self.stepped, self.rejected, self.below)
        return Measured(self.known, records, *(array[kept] for array in arrays))


@dataclass(frozen=True, slots=True)
class Final:
    """The calibration that is shipped: a line and a threshold, over all rows of one way of being known."""

    line: Platt
    below: float


_GRAVE = [NAMES.index(f"{stage}_grave") for stage in STAGES]


def rows_of(known: str, table: Table) -> Mask:
    """Return which rows are measured for one way of being known."""
    told = np.array([known_of(row) == known for row in table.rows])
    return np.asarray(told & (table.seen == KNOWN[known].value))


def measured(known: str, table: Table, log_odds: Numbers, offset: Numbers, folds: Folds) -> Measured:
    """
    Calibrate each fold by the others, and choose its threshold by them.

    :param offset: What priors add to each row.
    """
    rows = rows_of(known, table)
    odds, added, authentic, fold = log_odds[rows], offset[rows], table.authentic[rows], folds[rows]
    weight = evenly(authentic)
    rejected = rejected_rows(table.rows[rows])
    scores, stepped, below = (np.zeros(len(odds)) for _ in range(3))
    for number in range(FOLDS):
        seen, rest = fold != number, fold == number
        line = platt(odds[seen], authentic[seen], weight[seen])
        scores[rest] = line(odds[rest], added[rest])
        stepped[rest] = isotonic(odds[seen], authentic[seen], weight[seen]).predict(odds[rest])
        below[rest] = threshold(line(odds[seen], added[seen]), authentic[seen], rejected[seen], ALONE)
    records = [table.records[index] for index in table.record[rows]]
    return Measured(known, records, authentic, scores, stepped, rejected, below)


def unseen(known: str, table: Table, log_odds: Numbers, offset: Numbers, *, among: Mask, calibrated: Final) -> Measured:
    """Score those of the rows that a model never saw, by a calibration that is there."""
    rows = rows_of(known, table) & among
    scores = calibrated.line(log_odds[rows], offset[rows])
    records = [table.records[index] for index in table.record[rows]]
    below = np.full(len(scores), calibrated.below)
    return Measured(known, records, table.authentic[rows], scores, scores, rejected_rows(table.rows[rows]), below)


def final(known: str, table: Table, log_odds: Numbers, offset: Numbers) -> Final:
    """Calibrate by all rows, of which none was seen by the trees that scored it."""
    rows = rows_of(known, table)
    authentic = table.authentic[rows]
    line = platt(log_odds[rows], authentic, evenly(authentic))
    scores = line(log_odds[rows], offset[rows])
    below = threshold(scores, authentic, rejected_rows(table.rows[rows]), ALONE)
    return Final(line, below)


def evenly(authentic: Numbers) -> Numbers:
    """Return weights with which both labels weigh the same."""
    share = authentic.mean()
    weight: Numbers = np.where(authentic == 1, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9))
    return weight


def rejected_rows(rows: Numbers) -> Mask:
    """Return whether a finding rejects each row."""
    return np.asarray((np.nan_to_num(rows[:, _GRAVE]) > 0).any(axis=1))


def figures(told: Measured) -> dict[str, Any]:
    """Return n, precision, recall, false-positive rate with Wilson intervals, and how good the probabilities are."""
    wrong = told.authentic == 0
    hits, alarms = int((told.found & wrong).sum()), int((told.found & ~wrong).sum())
    alone = told.found & ~told.rejected
    return {
        "n": len(told.records),
        "precision": Proportion(hits, hits + alarms).as_json(),
        "recall": Proportion(hits, int(wrong.sum())).as_json(),
        "false_positive_rate": Proportion(alarms, int((~wrong).sum())).as_json(),
        "recall_of_findings": Proportion(int((told.rejected & wrong).sum()), int(wrong.sum())).as_json(),
        "false_positive_rate_of_findings": Proportion(
            int((told.rejected & ~wrong).sum()), int((~wrong).sum())
        ).as_json(),
        "rejected_by_score_alone": int(alone.sum()),
        "brier": brier(pairs(told.scores, told.authentic)),
        "brier_by_steps": brier(pairs(told.stepped, told.authentic)),
        "area_under_curve": _area(told),
    }


def pairs(scores: Numbers, authentic: Numbers) -> list[Scored]:
    """Return scores with what is true of them."""
    return [(float(score), label == 1) for score, label in zip(scores, authentic, strict=True)]


def _area(told: Measured) -> float | None:
    if len(set(told.authentic)) < 2:
        return None
    return round(float(roc_auc_score(told.authentic, told.scores)), 4)


def grouped(told: Measured, key: Callable[[Record], str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each group of records."""
    names = sorted({key(record) for record in told.records})

    def named(name: str) -> Callable[[Record], bool]:
        return lambda record: key(record) == name

    return {name: figures(told.where(named(name))) for name in names}
