"""What two parts of the stage say about one candidate, as one result."""

from collections.abc import Mapping

from assay.stage import Severity, StageResult, StageStatus

from .account import MAX_DETAIL

SUMS = ("tests_total", "tests_passed", "tests_failed", "tests_skipped")
SECONDS = ("cpu_seconds", "wall_seconds")
WORST = (StageStatus.FAILED, StageStatus.SKIPPED)
"""Statuses of a part that are the whole's too, unless what was found decides already; the first goes before."""


def combined(first: StageResult, second: StageResult) -> StageResult:
    """Return one result: findings of both, sums of what was counted, and the worse status where nothing decides."""
    findings = (*first.findings, *(finding for finding in second.findings if finding not in first.findings))
    details = _details(first.details, second.details)
    if any(finding.severity >= Severity.HIGH for finding in findings):
        return StageResult(StageStatus.COMPLETED, findings, details=details)
    for status in WORST:
        for part in (first, second):
            if part.status is status:
                return StageResult(status, findings, reason=part.reason, details=details)
    return StageResult(StageStatus.COMPLETED, findings, details=details)


def _details(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    details = {**first, **second}
    for name in SUMS:
        details[name] = str(int(first.get(name, 0)) + int(second.get(name, 0)))
    for name in SECONDS:
        details[name] = f"{float(first.get(name, 0)) + float(second.get(name, 0)):.3f}"
    if first.get("isolation") != second.get("isolation"):
        details["isolation"] = "mixed"
    details["outcome"] = (
        first["outcome"] if first.get("outcome") not in {None, "", "OK"} else details.get("outcome", "")
    )
    if not_run := "; ".join(filter(None, (first.get("not_run"), second.get("not_run")))):
        details["not_run"] = not_run[:MAX_DETAIL]
    return details
