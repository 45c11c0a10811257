"""The verdict: a test for each row of its table, and what it says."""

from dataclasses import replace

import pytest
from assay.stage import Category, Contribution, Finding, Severity, StageResult, StageStatus

from services.validation.policy import Policy
from services.validation.verdict import Decision, Verdict, decide
from tests.toys import finding

REQUIRED = Policy(("a", "b"), frozenset({"a"}), 0.5, False, {}, security_votes=False)
OPEN = replace(REQUIRED, reject_below=None)
DEMANDED = replace(REQUIRED, demanded=frozenset({"a"}))

HIGH = finding(Severity.HIGH)
UNSURE = finding(Severity.HIGH, 0.49)
MEDIUM = finding(Severity.MEDIUM)
OTHER = replace(MEDIUM, rule_id="toy/other")
UNSURE_OTHER = replace(UNSURE, rule_id="toy/other")


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
        pytest.param([result(DONE, MEDIUM, OTHER)], "INAUTHENTIC", 0.49, id="2: the score alone"),
        pytest.param([result(DONE, UNSURE, UNSURE_OTHER)], "INAUTHENTIC", 0.340, id="2: many unsure ones"),
        pytest.param([result(SKIPPED, MEDIUM, OTHER)], "INAUTHENTIC", 0.49, id="2 before 3"),
        pytest.param([result(FAILED), result(DONE, stage="b")], "INCONCLUSIVE", 1.0, id="4: required failed"),
        pytest.param([result(NOT_FOR_IT), result(SKIPPED, stage="b")], "INCONCLUSIVE", 1.0, id="5: none completed"),
        pytest.param([], "INCONCLUSIVE", 1.0, id="5: none ran"),
        pytest.param([result(DONE), result(FAILED, stage="b")], "AUTHENTIC", 1.0, id="6: not required, not heard"),
        pytest.param([result(NOT_FOR_IT), result(DONE, stage="b")], "AUTHENTIC", 1.0, id="6: required, not for it"),
        pytest.param([result(SKIPPED), result(DONE, stage="b")], "AUTHENTIC", 1.0, id="6: required, not configured"),
        pytest.param([result(DONE, UNSURE)], "AUTHENTIC", 0.5835, id="6: not sure enough"),
        pytest.param([result(DONE, MEDIUM)], "AUTHENTIC", 0.7, id="6: blemishes"),
        pytest.param([result(DONE, MEDIUM, MEDIUM, MEDIUM)], "AUTHENTIC", 0.7, id="6: one blemish in many places"),
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
    decision = decide([result(DONE, finding(Severity.INFO), OTHER, UNSURE)], REQUIRED)
    assert decision.deciding == (UNSURE, OTHER)
    assert decision.explanation == "The score of 0.41 by rules-1 is below 0.5."


STUBS = Contribution("stub_bodies", "bodies that do nothing", 2.0, -1.5)
RUN = Contribution("passed_share", "share of the tests that passed", None, -0.2)
LOOPS = Contribution("loops", "loops", 1.0, 0.4)


def scoring(score: float | None, status: StageStatus = DONE, **details: str) -> StageResult:
    """Return what the stage that scores said."""
    said = {"scorer": "model-1", "reject_below": "0.25"} | details
    return StageResult(
        status, details=said, stage="scoring", version="1", score=score, contributions=(STUBS, LOOPS, RUN)
    )


def test_the_scorer_speaks_where_it_completed() -> None:
    """The score, its threshold and what moved it are those of the stage that scores."""
    decision = decide([result(DONE, MEDIUM), scoring(0.9)], OPEN)
    assert (decision.verdict, decision.score, decision.scorer) == (Verdict.AUTHENTIC, 0.9, "model-1")
    assert (decision.reject_below, decision.contributions) == (0.25, (STUBS, LOOPS, RUN))
    assert decision.explanation == "No finding of a rejects it."


def test_the_table_stands_in_where_the_scorer_did_not_complete() -> None:
    """A scorer that failed has no say: the table of weights scores, by its own threshold, and is named."""
    decision = decide([result(DONE, MEDIUM), scoring(0.1, FAILED)], OPEN)
    assert (decision.verdict, decision.score, decision.scorer) == (Verdict.AUTHENTIC, 0.7, "rules-1")
    assert (decision.reject_below, decision.contributions) == (0.5, ())


def test_what_the_scorer_did_not_weigh() -> None:
    """Findings of stages that the scorer does not know take their share by the table; those that it weighed do not."""
    weighed = result(DONE, replace(MEDIUM, stage="a"))
    other = result(DONE, replace(OTHER, stage="b"), stage="b")
    assert decide([weighed, scoring(0.9, weighed="a")], OPEN).score == 0.9
    assert decide([weighed, other, scoring(0.9, weighed="a, c")], OPEN).score == pytest.approx(0.63)
    assert decide([weighed, other, scoring(0.9)], OPEN).score == 0.9


def test_security_that_votes_is_not_weighed() -> None:
    """No scorer weighs findings on security: where the policy lets them vote, they take their share by the table."""
    found = result(DONE, replace(MEDIUM, stage="a", category=Category.SECURITY))
    for votes, score in ((False, 0.9), (True, 0.63)):
        decision = decide([found, scoring(0.9, weighed="a")], replace(OPEN, security_votes=votes))
        assert decision.score == pytest.approx(score)


def test_a_score_alone_names_what_lowered_it() -> None:
    """Where a scorer's score rejects, the explanation names the features that lowered it, and what is not known."""
    decision = decide([result(DONE, MEDIUM), scoring(0.2)], OPEN)
    assert (decision.verdict, decision.deciding) == (Verdict.INAUTHENTIC, (MEDIUM,))
    assert decision.explanation == (
        "The score of 0.20 by model-1 is below 0.25, mostly for: bodies that do nothing (2); "
        "share of the tests that passed (not known)."
    )


def test_a_finding_rejects_whatever_the_score() -> None:
    """A finding that rejects by itself is not outvoted by a high score."""
    decision = decide([result(DONE, HIGH), scoring(0.99)], OPEN)
    assert (decision.verdict, decision.deciding, decision.score) == (Verdict.INAUTHENTIC, (HIGH,), 0.99)


def test_a_score_alone_is_no_judgement() -> None:
    """Where no stage looked at a candidate, a score of nothing makes it neither authentic nor inauthentic."""
    assert decide([result(FAILED, stage="b"), scoring(0.9)], OPEN).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("policy", "verdict"), [(0.1, "AUTHENTIC"), (0.3, "INAUTHENTIC")])
def test_the_policy_threshold_comes_first(policy: float, verdict: str) -> None:
    """The policy's threshold stands before the scorer's."""
    decision = decide([result(DONE), scoring(0.2)], replace(OPEN, reject_below=policy))
    assert (decision.verdict.name, decision.reject_below) == (verdict, policy)


@pytest.mark.parametrize("said", ["", "none", "nan", "2", "-1"])
def test_a_threshold_that_is_none(said: str) -> None:
    """What a scorer calls its threshold and is no number from 0 to 1 is not used."""
    assert decide([result(DONE), scoring(0.9, reject_below=said)], OPEN).reject_below == 0.5


def test_reasons() -> None:
    """An inconclusive verdict gives the reasons of the required stages, and an authentic one who was not heard."""
    assert decide([result(FAILED)], REQUIRED) == Decision(
        Verdict.INCONCLUSIVE, 1.0, "The stage 'a' is required and failed: no socket."
    )
    said = decide([result(SKIPPED), result(DONE, stage="b")], REQUIRED).explanation
    assert said == "No finding of b rejects it. Not heard: a."
