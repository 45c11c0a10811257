"""Whether a round is kept: a test for each row of its table."""

from dataclasses import replace

import pytest
from assay.stage import Candidate, Category, Finding, Location, Severity, SourceFile, StageResult, StageStatus

from services.validation.judgement import Judgement
from services.validation.policy import Policy
from services.validation.repair_gain import gain
from services.validation.verdict import decide
from tests.toys import finding

POLICY = Policy(("a", "b"), frozenset({"a"}), 0.5, False, {}, security_votes=False)
CANDIDATE = Candidate((SourceFile("a.py", b""),), "python")
DONE, SKIPPED, _, FAILED = StageStatus


def grave(name: str, line: int = 1, mark: str = "", severity: Severity = Severity.HIGH) -> Finding:
    """Return a finding that rejects, of a rule of its own."""
    place = Location("a.py", line, 1, line, 2)
    return finding(severity, rule_id=f"toy/{name}", message=f"It is {name}.", location=place, fingerprint=mark or name)


CRITICAL = grave("unusable", severity=Severity.CRITICAL)
MEDIUM = finding(Severity.MEDIUM, rule_id="toy/medium")
LOW = finding(Severity.LOW, rule_id="toy/low")


def judged(*findings: Finding, status: StageStatus = DONE, other: StageStatus = DONE) -> Judgement:
    """Return a judgement by two stages, of which the first is required and found something."""
    results = (StageResult(status, findings, stage="a"), StageResult(other, stage="b"))
    return Judgement(CANDIDATE, POLICY, results, decide(results, POLICY))


@pytest.mark.parametrize(
    ("before", "after", "kept", "reason"),
    [
        pytest.param(judged(grave("x")), judged(status=FAILED), False, "'a' completed before", id="1: less was heard"),
        pytest.param(judged(grave("x")), judged(other=SKIPPED), False, "'b' completed before", id="1 before 3"),
        pytest.param(judged(status=FAILED), judged(grave("x")), False, "fell from INCONCLUSIVE", id="2: worse"),
        pytest.param(judged(MEDIUM), judged(grave("x")), False, "fell from AUTHENTIC", id="2: worst"),
        pytest.param(judged(grave("x")), judged(), True, "rose from INAUTHENTIC to AUTHENTIC", id="3: better"),
        pytest.param(judged(status=FAILED), judged(), True, "rose from INCONCLUSIVE", id="3: now it is heard"),
        pytest.param(judged(CRITICAL), judged(grave("x"), grave("y")), True, "unusable is gone", id="4: usable at all"),
        pytest.param(judged(CRITICAL), judged(CRITICAL, grave("x")), False, "of toy/x", id="4: one is left"),
        pytest.param(judged(grave("x"), grave("y")), judged(grave("z")), False, "finding of toy/z", id="5: another"),
        pytest.param(judged(grave("x")), judged(CRITICAL), False, "finding of toy/unusable", id="5: worse than before"),
        pytest.param(judged(grave("x"), grave("y")), judged(grave("y", 7)), True, "score rose", id="6: one of two"),
        pytest.param(judged(MEDIUM), judged(LOW), True, "score rose from 0.70 to 0.95", id="6: a blemish"),
        pytest.param(
            judged(grave("x", mark="1"), grave("x", 2, "2")), judged(grave("x", 2, "2")), True, "1 of the gravest",
            id="6: one of two that count as one",
        ),
        pytest.param(judged(MEDIUM), judged(MEDIUM), False, "neither", id="7: nothing"),
        pytest.param(judged(LOW), judged(MEDIUM), False, "from 0.95 to 0.70", id="7: a lower score"),
    ],
)  # fmt: skip
def test_table(before: Judgement, after: Judgement, kept: bool, reason: str) -> None:
    """Each row decides as the table says, and gives its reason."""
    assert gain(before, after)[0] is kept
    assert reason in gain(before, after)[1]


def test_a_finding_on_a_mended_line_is_not_new() -> None:
    """A finding whose line was mended for another one has another fingerprint and is the same by what it says."""
    rest = replace(grave("y", mark="before"), fingerprint="after")
    assert gain(judged(grave("x"), grave("y", mark="before")), judged(rest)) == (
        True,
        "the score rose from 0.02 to 0.15",
    )


def test_scores_of_two_scorers_are_not_compared() -> None:
    """A score of another scorer is on another scale, and so neither a gain nor a loss."""
    before, after = judged(MEDIUM), judged(LOW)
    after = replace(after, decision=replace(after.decision, scorer="another"))
    assert gain(before, after)[0] is False
    fewer = judged(grave("y"))
    fewer = replace(fewer, decision=replace(fewer.decision, scorer="another", score=0.001))
    assert gain(judged(grave("x"), grave("y")), fewer)[0] is True


@pytest.mark.parametrize("votes", [True, False])
def test_security_counts_where_it_votes(votes: bool) -> None:
    """A new finding on security is in the way only where the policy lets them vote."""
    leak = replace(grave("leak"), category=Category.SECURITY)
    before, after = judged(grave("x"), grave("y"), MEDIUM), judged(grave("y"), leak)
    policy = replace(POLICY, security_votes=votes)
    before, after = (replace(one, policy=policy, decision=decide(one.results, policy)) for one in (before, after))
    assert gain(before, after)[0] is not votes


def test_what_is_suppressed_does_not_count() -> None:
    """A grave finding that the policy suppresses is in nobody's way."""
    silent = replace(grave("z"), suppressed="the caller knows")
    assert gain(judged(grave("x"), grave("y")), judged(grave("y"), silent))[0]
