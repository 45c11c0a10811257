"""
Whether a round of repair is kept: one pure function over what was said before and afterwards.

    row  holds first                                                                     kept
    1    a stage that completed before did not complete afterwards                       no
    2    the verdict is worse                                                            no
    3    the verdict is better: INAUTHENTIC, then INCONCLUSIVE, then AUTHENTIC            yes
    4    what made the code unusable is gone                                             yes
    5    a finding is new that is HIGH or worse                                          no
    6    the score rose, or did not fall while fewer findings are HIGH or worse          yes
    7    otherwise                                                                       no

Row 1 stands first: where less was heard, a better verdict says nothing. A CRITICAL finding that rejects means that the
code cannot be used at all, and that most of it was not looked at. Row 4 is for when none is left: what is found then
was there before, so it is neither new nor comparable by the score. A score may count ten findings of one rule as one:
row 6 does not have all of them mended at one time.
"""

from collections.abc import Iterator

from assay.stage import Finding, Severity, StageStatus

from services.validation.judgement import Judgement
from services.validation.score import voting
from services.validation.verdict import REJECTS_FROM, Verdict, rejecting

_RANK = {Verdict.INAUTHENTIC: 0, Verdict.INCONCLUSIVE: 1, Verdict.AUTHENTIC: 2}


def gain(before: Judgement, after: Judgement) -> tuple[bool, str]:
    """Return whether a change is kept, and why, for a person; see the table above."""
    was, now = before.decision, after.decision
    if lost := _lost(before, after):
        return False, f"the stage {lost!r} completed before and does not now"
    if _RANK[now.verdict] != _RANK[was.verdict]:
        better = _RANK[now.verdict] > _RANK[was.verdict]
        return better, f"the verdict {'rose' if better else 'fell'} from {was.verdict.name} to {now.verdict.name}"
    if _is_unusable(before) and not _is_unusable(after):
        return True, "what made the code unusable is gone"
    return _within_a_verdict(before, after)


def _within_a_verdict(before: Judgement, after: Judgement) -> tuple[bool, str]:
    """Go down the rows of the table from the fifth."""
    was, now = before.decision.score, after.decision.score
    if before.decision.scorer != after.decision.scorer:
        now = was  # of another scale
    if new := next(_new(before, after), None):
        return False, f"there is a new finding of {new.rule_id}"
    if now > was:
        return True, f"the score rose from {was:.2f} to {now:.2f}"
    if now == was and (fewer := len(_grave(before)) - len(_grave(after))) > 0:
        return True, f"{fewer} of the gravest findings are gone, and the score is as it was"
    return False, f"neither the verdict nor the score is better: from {was:.2f} to {now:.2f}"


def counting(judgement: Judgement) -> tuple[Finding, ...]:
    """Return the findings that vote, in the order of the stages."""
    findings = (finding for result in judgement.results for finding in result.findings)
    return voting(findings, security_votes=judgement.policy.security_votes)


def _lost(before: Judgement, after: Judgement) -> str:
    done = {result.stage for result in after.results if result.status is StageStatus.COMPLETED}
    had = (result.stage for result in before.results if result.status is StageStatus.COMPLETED)
    return next((stage for stage in had if stage not in done), "")


def _is_unusable(judgement: Judgement) -> bool:
    return any(finding.severity is Severity.CRITICAL for finding in rejecting(counting(judgement)))


def _new(before: Judgement, after: Judgement) -> Iterator[Finding]:
    """
    Yield the grave findings that were not there before.

    One is the same by its fingerprint, which its line's text is part of, or, since that line may have been mended
    for another one, by its rule, file and message.
    """
    known = {finding.fingerprint for finding in _grave(before)} | {_told(finding) for finding in _grave(before)}
    for finding in _grave(after):
        if known.isdisjoint({finding.fingerprint, _told(finding)}):
            yield finding


def _grave(judgement: Judgement) -> list[Finding]:
    return [finding for finding in counting(judgement) if finding.severity >= REJECTS_FROM]


def _told(finding: Finding) -> tuple[str, str, str]:
    return finding.rule_id, "" if finding.location is None else finding.location.path, finding.message
