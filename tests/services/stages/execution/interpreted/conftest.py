"""What the tests of the interpreted languages share."""

from assay.stage import StageResult, StageStatus


def found(result: StageResult) -> list[tuple[str, int]]:
    """Return the rules that fired in a candidate that could be judged, each with its line, or 0 where it has none."""
    assert result.status is StageStatus.COMPLETED, result.reason
    return [(each.rule_id, each.location.start_line if each.location else 0) for each in result.findings]
