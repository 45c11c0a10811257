"""
The verdict: one pure function over what the stages said.

    row  holds first                                                        verdict
    1    a voting finding is HIGH or worse, with confidence of 0.5 or more   INAUTHENTIC
    2    the score is below the threshold                                   INAUTHENTIC
    3    a stage that the caller required did not complete                  INCONCLUSIVE
    4    a stage that is required by default failed                         INCONCLUSIVE
    5    no stage completed                                                 INCONCLUSIVE
    6    otherwise                                                          AUTHENTIC

Rows 1 and 2 stand before 3: evidence that a candidate is inauthentic is not undone by a stage that could not run, since
more findings never raise the score. Findings that the policy suppresses do not vote. In row 3 that a stage has nothing
for the language is no excuse: tests that nobody ran prove nothing. Row 4 leaves out what is required by default and was
skipped, which says that it is not configured: the explanation names it.

The score is that of the stage that scores, where it completed, and otherwise that of the table of weights (score.py);
the threshold is the policy's, else the one that came with the score. Either never rises with more findings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from assay.stage import Category, Contribution, Finding, Severity, StageResult, StageStatus

from services.validation.policy import Policy
from services.validation.score import REJECT_BELOW, SCORER, cost, score, voting

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
class Score:
    """
    How authentic a candidate is, and who says so.

    :param value: From 0 to 1.
    :param scorer: What made it, for example "rules-1".
    :param reject_below: The score of this scorer below which a candidate is rejected, where the policy does not say.
    :param contributions: What moved it most, the strongest first; empty for a table of weights.
    """

    value: float
    scorer: str = SCORER
    reject_below: float = REJECT_BELOW
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """
    A verdict and what it rests on.

    :param score: From 0 to 1.
    :param deciding: The findings that decided it, most severe first; empty where none did.
    :param scorer: What made the score.
    :param reject_below: The score below which the candidate was to be rejected.
    :param contributions: What moved the score most, the strongest first; empty where a table of weights made it.
    """

    verdict: Verdict
    score: float
    explanation: str
    deciding: tuple[Finding, ...] = ()
    scorer: str = SCORER
    reject_below: float = REJECT_BELOW
    contributions: tuple[Contribution, ...] = ()


def decide(results: Sequence[StageResult], policy: Policy) -> Decision:
    """Return the verdict on what the stages said; see the table above."""
    findings = voting(
        (finding for result in results for finding in result.findings), security_votes=policy.security_votes
    )
    made = scored(results, findings)
    threshold = made.reject_below if policy.reject_below is None else policy.reject_below
    verdict, explanation, deciding = _ruled(results, policy, findings, replace(made, reject_below=threshold))
    return Decision(verdict, made.value, explanation, deciding, made.scorer, threshold, made.contributions)


def scored(results: Sequence[StageResult], voting_findings: Sequence[Finding]) -> Score:
    """
    Return the score: of the stage that gives one where it completed, else of the table of weights.

    A stage that scores says in its details what it scored with ("scorer"), below which score it would reject
    ("reject_below"), and which stages it weighed ("weighed"). One that says neither of the first two has its own name
    and the table's threshold; one that does not say the last weighed them all. What it did not weigh takes its share by
    the table.
    """
    for result in results:
        if result.status is StageStatus.COMPLETED and result.score is not None:
            scorer = result.details.get("scorer") or f"{result.stage} {result.version}".strip()
            value = result.score * score(_not_weighed(result.details.get("weighed", ""), voting_findings))
            return Score(value, scorer, _threshold(result.details.get("reject_below", "")), result.contributions)
    return Score(score(voting_findings))


def _not_weighed(weighed: str, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of other stages than those, and those on security, which vote by policy alone."""
    stages = {name.strip() for name in weighed.split(",")} if weighed else {finding.stage for finding in findings}
    return [one for one in findings if one.stage not in stages or one.category is Category.SECURITY]


def _threshold(text: str) -> float:
    try:
        said = float(text)
    except ValueError:
        return REJECT_BELOW
    return said if 0 <= said <= 1 else REJECT_BELOW


_Ruling = tuple[Verdict, str, tuple[Finding, ...]]


def _ruled(results: Sequence[StageResult], policy: Policy, findings: Sequence[Finding], made: Score) -> _Ruling:
    """Go down the table; return the verdict, why, and the findings that decided it."""
    if grounds := rejecting(findings):
        return Verdict.INAUTHENTIC, _because(grounds), _most_severe_first(grounds)
    if made.value < made.reject_below:
        costly = [finding for finding in findings if cost(finding) > 0]
        return Verdict.INAUTHENTIC, _too_low(made), _most_severe_first(costly)
    if unable := [result for result in results if _is_missed(result, policy)]:
        return Verdict.INCONCLUSIVE, " ".join(_unable(result) for result in unable), ()
    if not (completed := [result.stage for result in results if _has_judged(result)]):
        return Verdict.INCONCLUSIVE, "No stage could judge this candidate.", ()
    return Verdict.AUTHENTIC, _passed(results, completed), ()


def _has_judged(result: StageResult) -> bool:
    """Return whether a stage looked at the candidate; one that scores only weighs what others saw."""
    return result.status is StageStatus.COMPLETED and result.score is None


def rejecting(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those of the voting findings that reject by themselves: row 1 of the table."""
    return tuple(f for f in findings if f.severity >= REJECTS_FROM and f.confidence >= SURE_FROM)


MAX_NAMED = 3
"""Features that an explanation names."""


def _too_low(made: Score) -> str:
    """Return why the score alone rejects: the features that lowered it most, where its scorer tells them."""
    text = f"The score of {made.value:.2f} by {made.scorer} is below {made.reject_below:g}"
    lowering = [one for one in made.contributions if one.log_odds < 0][:MAX_NAMED]
    if not lowering:
        return f"{text}."
    return f"{text}, mostly for: {'; '.join(_told(one) for one in lowering)}."


def _told(contribution: Contribution) -> str:
    value = "not known" if contribution.value is None else f"{contribution.value:g}"
    return f"{contribution.description} ({value})"


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
