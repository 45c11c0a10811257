"""
The rule-based score: a documented table of weights, for where no trained scorer speaks.

Each rule that fires takes away its severity's share of what is left, in proportion to the stage's confidence: the
score is the product of ``1 - weight * confidence`` over the rules that vote. A rule counts once for a candidate, by its
costliest finding: the same blemish in ten places is one habit, not ten grounds. It is monotone: more findings
never raise it. It is not calibrated, which is why it is named in every answer.
"""

from collections.abc import Iterable, Mapping
from math import prod
from types import MappingProxyType

from assay.stage import Category, Finding, Severity

SCORER = "rules-1"

REJECT_BELOW = 0.5
"""The score of this table below which a candidate is rejected without a finding that rejects by itself."""

WEIGHTS: Mapping[Severity, float] = MappingProxyType(
    {
        Severity.CRITICAL: 0.99,
        Severity.HIGH: 0.85,
        Severity.MEDIUM: 0.30,
        Severity.LOW: 0.05,
        Severity.INFO: 0.0,
    }
)


def voting(findings: Iterable[Finding], *, security_votes: bool) -> tuple[Finding, ...]:
    """
    Return the findings that count: all but those that the policy suppresses, and those on the environment, and those on
    security unless the policy lets them vote.
    """
    silent = {Category.ENVIRONMENT} if security_votes else {Category.ENVIRONMENT, Category.SECURITY}
    return tuple(finding for finding in findings if finding.category not in silent and not finding.suppressed)


def cost(finding: Finding) -> float:
    """Return the share that a finding takes away from what is left of the score, from 0 to 1."""
    return WEIGHTS[finding.severity] * min(max(0.0, finding.confidence), 1.0)


def score(findings: Iterable[Finding]) -> float:
    """Return the score of the findings that vote, from 0 to 1; 1 where there are none."""
    costs: dict[str, float] = {}
    for finding in findings:
        costs[finding.rule_id] = max(costs.get(finding.rule_id, 0.0), cost(finding))
    return prod(1.0 - one for _, one in sorted(costs.items()))
