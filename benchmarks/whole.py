"""What is required of the suite as a whole, with all its stages: the figures with their bounds."""

from collections.abc import Sequence
from typing import Any

from benchmarks.calibration import brier
from benchmarks.figures import false_positives, recall
from benchmarks.intervals import Proportion
from benchmarks.judged import Judged

MOST_FALSE_POSITIVES = 0.03
LEAST_RECALL = 0.93
"""Of records that came with tests. Without them, what reading finds is what there is to find."""

MOST_INCONCLUSIVE = 0.02
MOST_BRIER = 0.08
"""Of the scores of records that came with tests."""


def whole(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return each figure with its bound, and whether it is met; None where nothing was measured or nothing is asked."""
    tested = [row for row in judged if row.record.has_tests]
    rest = [row for row in judged if not row.record.has_tests]
    undecided = Proportion(sum(row.undecided for row in judged), len(judged))
    return [
        _row("false positives: with tests", false_positives(tested), MOST_FALSE_POSITIVES),
        _row("false positives: without tests", false_positives(rest), MOST_FALSE_POSITIVES),
        _row("recall: with tests", recall(tested), LEAST_RECALL, least=True),
        _row("recall: without tests", recall(rest), None),
        _row("inconclusive", undecided, MOST_INCONCLUSIVE),
        _brier(tested),
    ]


def _row(name: str, figure: Proportion, bound: float | None, *, least: bool = False) -> dict[str, Any]:
    met = None
    if bound is not None and figure.value is not None:
        met = figure.value >= bound if least else figure.value <= bound
    return {"name": name, **figure.as_json(), "required": bound, "met": met}


def _brier(tested: Sequence[Judged]) -> dict[str, Any]:
    scored = [(row.score, not row.record.positive) for row in tested if row.score is not None]
    value = brier(scored)
    met = None if value is None else value <= MOST_BRIER
    interval = {"low": None, "high": None, "n": len(scored)}
    return {"name": "Brier: with tests", "value": value, **interval, "required": MOST_BRIER, "met": met}
