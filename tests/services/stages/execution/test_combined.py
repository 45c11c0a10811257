"""Two parts of the stage as one result."""

from assay.stage import Category, Finding, Severity, StageResult, StageStatus

from services.stages.execution.combined import combined

FAILED_TEST = Finding("execution/test-failed", Category.BEHAVIOR, Severity.HIGH, "It fails.")
LACKING = Finding("execution/missing-module", Category.ENVIRONMENT, Severity.INFO, "It is not there.")


def _part(status: StageStatus, *findings: Finding, reason: str = "", **details: str) -> StageResult:
    return StageResult(status, findings, reason=reason, details=details)


def test_sums() -> None:
    """Findings are not repeated, counts and times are added, and what differs in isolation is mixed."""
    first = _part(StageStatus.COMPLETED, LACKING, tests_total="2", wall_seconds="0.5", isolation="proof", outcome="OK")
    second = _part(
        StageStatus.COMPLETED, LACKING, tests_total="3", wall_seconds="1", isolation="resistant", outcome="SIGNALED"
    )
    result = combined(first, second)
    assert (result.status, result.findings) == (StageStatus.COMPLETED, (LACKING,))
    assert (result.details["tests_total"], result.details["wall_seconds"]) == ("5", "1.500")
    assert (result.details["isolation"], result.details["outcome"]) == ("mixed", "SIGNALED")


def test_the_worse_status_stands_unless_something_decides() -> None:
    """A part that could not be done makes the whole no pass; a finding that rejects does without it."""
    done, failed = _part(StageStatus.COMPLETED), _part(StageStatus.FAILED, reason="no sandbox", not_run="no sandbox")
    skipped = _part(StageStatus.SKIPPED, reason="no package", not_run="no package")
    result = combined(skipped, failed)
    assert (result.status, result.reason) == (StageStatus.FAILED, "no sandbox")
    assert result.details["not_run"] == "no package; no sandbox"
    assert combined(done, skipped).status is StageStatus.SKIPPED
    assert combined(_part(StageStatus.COMPLETED, FAILED_TEST), failed).status is StageStatus.COMPLETED
