"""The features that come from what the other stages said."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from assay.stage import Category, Finding, Severity, StageResult, StageStatus

STAGES = ("static", "placeholder", "semantic", "execution")
"""The stages whose word is weighed, in their order."""

SURE_FROM = 0.5
"""The confidence from which a grave finding is one; as where a verdict is given."""

_SILENT = frozenset({Category.SECURITY, Category.ENVIRONMENT})
"""What says nothing of whether code is the real thing."""

_TOPICS: Mapping[str, tuple[str, frozenset[Category]]] = {
    "broken_rules": ("static", frozenset({Category.SYNTAX, Category.TRUNCATION, Category.ARTIFACT})),
    "made_up_rules": ("semantic", frozenset({Category.HALLUCINATION})),
    "specification_rules": ("semantic", frozenset({Category.SPECIFICATION})),
}
"""Features that count rules of some categories over all stages; each is known where the stage named first spoke."""

_OUTSIDE = {"proof": 1.0, "mixed": 0.5, "resistant": 0.0}


def evidence(results: Mapping[str, StageResult], *, tested: bool) -> dict[str, float]:
    """
    Return the features of results, by name, NaN where a stage did not tell.

    A rule counts once. Where the policy silences a finding, only the findings that are left count: figures beside them
    would tell what it silences.

    :param tested: Whether tests came with the candidate; without them, what ran as tests were its own examples.
    """
    features: dict[str, float] = {}
    for stage in STAGES:
        features |= _weights(stage, results.get(stage))
    found = [finding for stage in STAGES for finding in _voting(results.get(stage))]
    for name, (stage, categories) in _TOPICS.items():
        weighty = [one for one in found if one.category in categories and one.severity > Severity.INFO]
        features[name] = _count({one.rule_id for one in weighty}, results.get(stage))
    notes = _rules(found, lambda one: one.severity is Severity.INFO)
    features["notes"] = _count(notes, results.get("placeholder"))
    if is_silenced(results.values()):
        return features
    return features | _runs(results.get("execution"), fails=features["execution_grave"] > 0, tested=tested)


def is_silenced(results: Iterable[StageResult]) -> bool:
    """Return whether the policy silences a finding."""
    return any(finding.suppressed for result in results for finding in result.findings)


def _weights(stage: str, result: StageResult | None) -> dict[str, float]:
    found = _voting(result)
    grave = _rules(found, _is_grave)
    medium = _rules(found, lambda one: one.severity >= Severity.MEDIUM and not _is_grave(one))
    low = _rules(found, lambda one: one.severity is Severity.LOW)
    return {
        f"{stage}_grave": _count(grave, result),
        f"{stage}_medium": _count(medium, result),
        f"{stage}_low": _count(low, result),
    }


def _is_grave(finding: Finding) -> bool:
    return finding.severity >= Severity.HIGH and finding.confidence >= SURE_FROM


def _voting(result: StageResult | None) -> Sequence[Finding]:
    if result is None:
        return ()
    return [finding for finding in result.findings if finding.category not in _SILENT and not finding.suppressed]


def _rules(findings: Iterable[Finding], holds: Callable[[Finding], bool]) -> set[str]:
    return {finding.rule_id for finding in findings if holds(finding)}


def _count(rules: set[str], result: StageResult | None) -> float:
    """Return how many rules fired; NaN where none did and the stage did not come to its end."""
    completed = result is not None and result.status is StageStatus.COMPLETED
    return float(len(rules)) if rules or completed else math.nan


def _runs(result: StageResult | None, *, fails: bool, tested: bool) -> dict[str, float]:
    """
    Return what runs came to.

    :param fails: Whether a run rejects the candidate: examples that drifted from their code do not, and are no failed
        tests.
    """
    details = result.details if result is not None and result.status is StageStatus.COMPLETED else {}
    passed, failed = _number(details, "tests_passed"), _number(details, "tests_failed")
    total, skipped = _number(details, "tests_total"), _number(details, "tests_skipped")
    outcome = details.get("outcome", "")
    outside = _OUTSIDE.get(details.get("isolation", ""), math.nan)
    ended = {"ran_to_its_end": float(outcome == "OK") if outcome else math.nan}
    share = _share(failed, passed + failed)
    if not tested:
        return ended | {"examples_failed_share": share}
    return ended | {
        "tests_failed_share": share if fails else share * 0.0,
        "tests_skipped_share": _share(skipped, total),
        "tests_outside": outside if passed + failed > 0 else math.nan,
    }


def _number(details: Mapping[str, str], name: str) -> float:
    try:
        return float(details[name])
    except (KeyError, ValueError):
        return math.nan


def _share(part: float, whole: float) -> float:
    """Return a share; NaN where either is, or there is nothing to take a share of."""
    return min(part / whole, 1.0) if whole > 0 else math.nan
