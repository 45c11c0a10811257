"""
The verdict: one pure function over what the stages said.

    row  holds first                                                        verdict
    1    a voting finding is HIGH or worse, with confidence of 0.5 or more   INAUTHENTIC
    2    the score is below the policy's threshold                          INAUTHENTIC
    3    a stage that the caller required did not complete                  INCONCLUSIVE
    4    a stage that is required by default failed                         INCONCLUSIVE
    5    no stage completed                                                 INCONCLUSIVE
    6    otherwise                                                          AUTHENTIC

Rows 1 and 2 stand before 3: evidence that a candidate is inauthentic is not undone by a stage that could not run, since
more findings never raise the score. Findings that the policy suppresses do not vote. In row 3 that a stage has nothing
for the language is no excuse: tests that nobody ran prove nothing. Row 4 leaves out what is required by default and was
skipped, which says that it is not configured: the explanation names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from assay.stage import Finding, Severity, StageResult, StageStatus

from services.validation.policy import Policy
from services.validation.score import cost, score, voting

REJECTS_FROM = Severity.HIGH
SURE_FROM = 0.5

_STATES = {
    StageStatus.SKIPPED: "was skipped",
    StageStatus.NOT_APPLICABLE: "does not apply",
    StageStatus.FAILED: "failed",
}


class Verdict(IntEnum):
    """What was decided; the numbers are those of the contract."""

    AUTHENTIC = 1
    INAUTHENTIC = 2
    INCONCLUSIVE = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """
    A verdict and what it rests on.

    :param score: From 0 to 1.
    :param deciding: The findings that decided it, most severe first; empty where none did.
    """

    verdict: Verdict
    score: float
    explanation: str
    deciding: tuple[Finding, ...] = ()


def decide(results: Sequence[StageResult], policy: Policy) -> Decision:
    """Return the verdict on what the stages said; see the table above."""
    findings = voting(
        (finding for result in results for finding in result.findings), security_votes=policy.security_votes
    )
    reached = score(findings)
    if grounds := rejecting(findings):
        return Decision(Verdict.INAUTHENTIC, reached, _because(grounds), _most_severe_first(grounds))
    if reached < policy.reject_below:
        costly = [finding for finding in findings if cost(finding) > 0]
        text = f"The score of {reached:.2f} is below {policy.reject_below:g}."
        return Decision(Verdict.INAUTHENTIC, reached, text, _most_severe_first(costly))
    if unable := [result for result in results if _is_missed(result, policy)]:
        return Decision(Verdict.INCONCLUSIVE, reached, " ".join(_unable(result) for result in unable))
    completed = [result.stage for result in results if result.status is StageStatus.COMPLETED]
    if not completed:
        return Decision(Verdict.INCONCLUSIVE, reached, "No stage could judge this candidate.")
    return Decision(Verdict.AUTHENTIC, reached, _passed(results, completed))


def rejecting(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those of the voting findings that reject by themselves: row 1 of the table."""
    return tuple(f for f in findings if f.severity >= REJECTS_FROM and f.confidence >= SURE_FROM)


def _passed(results: Sequence[StageResult], completed: Sequence[str]) -> str:
    text = f"No finding of {', '.join(completed)} rejects it."
    if silent := [result.stage for result in results if result.status in {StageStatus.SKIPPED, StageStatus.FAILED}]:
        text += f" Not heard: {', '.join(silent)}."
    return text


def _is_missed(result: StageResult, policy: Policy) -> bool:
    """Return whether a stage did not say what it had to say: rows 3 and 4."""
    if result.stage in policy.demanded:
        return result.status is not StageStatus.COMPLETED
    return result.stage in policy.required and result.status is StageStatus.FAILED


def _unable(result: StageResult) -> str:
    return f"The stage {result.stage!r} is required and {_STATES[result.status]}: {result.reason.rstrip('.')}."


def _because(findings: Sequence[Finding]) -> str:
    first = _most_severe_first(findings)[0]
    rest = len(findings) - 1
    more = f" (and {rest} more)" if rest else ""
    return f"{first.rule_id}: {first.message}{more}"


def _most_severe_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (-finding.severity, -finding.confidence)))
