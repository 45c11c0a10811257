"""The verdict: a test for each row of its table, and what it says."""

from dataclasses import replace

import pytest
from assay.stage import Category, Finding, Severity, StageResult, StageStatus

from services.validation.policy import Policy
from services.validation.verdict import Decision, Verdict, decide
from tests.toys import finding

REQUIRED = Policy(("a", "b"), frozenset({"a"}), 0.5, False, {}, security_votes=False)
DEMANDED = replace(REQUIRED, demanded=frozenset({"a"}))

HIGH = finding(Severity.HIGH)
UNSURE = finding(Severity.HIGH, 0.49)
MEDIUM = finding(Severity.MEDIUM)


def result(status: StageStatus, *findings: Finding, stage: str = "a") -> StageResult:
    """Return what a stage said."""
    return StageResult(status, findings, stage=stage, reason="" if status is StageStatus.COMPLETED else "no socket.")


DONE, SKIPPED, NOT_FOR_IT, FAILED = StageStatus


@pytest.mark.parametrize(
    ("results", "verdict", "score"),
    [
        pytest.param([result(DONE, HIGH)], "INAUTHENTIC", 0.15, id="1: a HIGH finding"),
        pytest.param([result(DONE, finding(Severity.CRITICAL, 0.5))], "INAUTHENTIC", 0.505, id="1: just sure enough"),
        pytest.param([result(FAILED, HIGH)], "INAUTHENTIC", 0.15, id="1 before 3: found before it failed"),
        pytest.param([result(FAILED), result(DONE, HIGH, stage="b")], "INAUTHENTIC", 0.15, id="1 before 3: by another"),
        pytest.param([result(DONE, MEDIUM, MEDIUM)], "INAUTHENTIC", 0.49, id="2: the score alone"),
        pytest.param([result(DONE, UNSURE, UNSURE)], "INAUTHENTIC", 0.340, id="2: many unsure ones"),
        pytest.param([result(SKIPPED, MEDIUM, MEDIUM)], "INAUTHENTIC", 0.49, id="2 before 3"),
        pytest.param([result(FAILED), result(DONE, stage="b")], "INCONCLUSIVE", 1.0, id="4: required failed"),
        pytest.param([result(NOT_FOR_IT), result(SKIPPED, stage="b")], "INCONCLUSIVE", 1.0, id="5: none completed"),
        pytest.param([], "INCONCLUSIVE", 1.0, id="5: none ran"),
        pytest.param([result(DONE), result(FAILED, stage="b")], "AUTHENTIC", 1.0, id="6: not required, not heard"),
        pytest.param([result(NOT_FOR_IT), result(DONE, stage="b")], "AUTHENTIC", 1.0, id="6: required, not for it"),
        pytest.param([result(SKIPPED), result(DONE, stage="b")], "AUTHENTIC", 1.0, id="6: required, not configured"),
        pytest.param([result(DONE, UNSURE)], "AUTHENTIC", 0.5835, id="6: not sure enough"),
        pytest.param([result(DONE, MEDIUM)], "AUTHENTIC", 0.7, id="6: blemishes"),
        pytest.param([result(DONE, finding(Severity.INFO))], "AUTHENTIC", 1.0, id="6: worth knowing"),
        pytest.param([result(DONE, finding(suppressed="known"))], "AUTHENTIC", 1.0, id="6: suppressed"),
        pytest.param(
            [result(DONE, finding(Severity.CRITICAL, category=Category.SECURITY))], "AUTHENTIC", 1.0, id="6: security"
        ),
        pytest.param(
            [result(DONE, finding(Severity.CRITICAL, category=Category.ENVIRONMENT))], "AUTHENTIC", 1.0, id="6: ours"
        ),
    ],
)
def test_table(results: list[StageResult], verdict: str, score: float) -> None:
    """The first row of the table that holds decides, and the score is what the voting findings leave."""
    decision = decide(results, REQUIRED)
    assert decision.verdict.name == verdict
    assert decision.score == pytest.approx(score, abs=0.001)
    assert decision.explanation
    assert "\n" not in decision.explanation


@pytest.mark.parametrize(
    ("status", "verdict", "said"),
    [
        (DONE, "AUTHENTIC", "No finding of a, b rejects it."),
        (SKIPPED, "INCONCLUSIVE", "The stage 'a' is required and was skipped: no socket."),
        (NOT_FOR_IT, "INCONCLUSIVE", "The stage 'a' is required and does not apply: no socket."),
        (FAILED, "INCONCLUSIVE", "The stage 'a' is required and failed: no socket."),
    ],
)
def test_what_the_caller_requires(status: StageStatus, verdict: str, said: str) -> None:
    """Nothing excuses a stage that the caller requires: it completes, or there is no AUTHENTIC."""
    decision = decide([result(status), result(DONE, stage="b")], DEMANDED)
    assert (decision.verdict.name, decision.explanation) == (verdict, said)


def test_security_votes_by_policy() -> None:
    """Findings on security reject where the policy lets them vote."""
    policy = Policy(("a",), frozenset(), 0.5, False, {}, security_votes=True)
    decision = decide([result(DONE, finding(Severity.HIGH, category=Category.SECURITY))], policy)
    assert decision.verdict is Verdict.INAUTHENTIC


@pytest.mark.parametrize(("threshold", "verdict"), [(0.0, "AUTHENTIC"), (0.7, "AUTHENTIC"), (0.71, "INAUTHENTIC")])
def test_threshold(threshold: float, verdict: str) -> None:
    """A score rejects when it is below the policy's threshold, not when it is at it."""
    policy = Policy(("a",), frozenset(), threshold, False, {}, security_votes=False)
    assert decide([result(DONE, MEDIUM)], policy).verdict.name == verdict


def test_deciding_findings() -> None:
    """The deciding findings are those that reject, most severe and most certain first."""
    worst, sure, unsure = finding(Severity.CRITICAL, 0.6), finding(Severity.HIGH, 0.9), finding(Severity.HIGH, 0.6)
    decision = decide([result(DONE, MEDIUM, unsure), result(DONE, sure, worst, UNSURE, stage="b")], REQUIRED)
    assert decision.deciding == (worst, sure, unsure)
    assert decision.explanation == "toy/rule: It is a toy. (and 2 more)"


def test_deciding_by_score() -> None:
    """Where the score alone rejects, every finding that cost something has decided."""
    decision = decide([result(DONE, finding(Severity.INFO), MEDIUM, UNSURE)], REQUIRED)
    assert decision.deciding == (UNSURE, MEDIUM)
    assert decision.explanation == "The score of 0.41 is below 0.5."


def test_reasons() -> None:
    """An inconclusive verdict gives the reasons of the required stages, and an authentic one who was not heard."""
    assert decide([result(FAILED)], REQUIRED) == Decision(
        Verdict.INCONCLUSIVE, 1.0, "The stage 'a' is required and failed: no socket."
    )
    said = decide([result(SKIPPED), result(DONE, stage="b")], REQUIRED).explanation
    assert said == "No finding of b rejects it. Not heard: a."
