"""Messages to domain types and back, for the terms that every service shares: findings, rules, stage results."""

from google.protobuf.duration_pb2 import Duration

from assay.stage import (
    Category,
    Contribution,
    Finding,
    Fix,
    Location,
    RuleInfo,
    Severity,
    StageResult,
    StageStatus,
    TextEdit,
)
from assay.v1 import finding_pb2, stage_pb2


def _location_to_proto(location: Location) -> finding_pb2.Location:
    return finding_pb2.Location(
        path=location.path,
        start_line=location.start_line,
        start_column=location.start_column,
        end_line=location.end_line,
        end_column=location.end_column,
    )


def _location_from_proto(message: finding_pb2.Location) -> Location:
    return Location(message.path, message.start_line, message.start_column, message.end_line, message.end_column)


MAX_MESSAGE_CHARACTERS = 500
"""Of a finding's message and of its suggestion: a name of the submitted code may be as long as the code."""


def _shortened(text: str) -> str:
    if len(text) <= MAX_MESSAGE_CHARACTERS:
        return text
    half = MAX_MESSAGE_CHARACTERS // 2
    return f"{text[: half - 2]}…{text[1 - half :]}"


def finding_to_proto(finding: Finding) -> finding_pb2.Finding:
    """Return the message of a finding."""
    return finding_pb2.Finding(
        rule_id=finding.rule_id,
        category=f"FINDING_CATEGORY_{finding.category.name}",
        severity=f"SEVERITY_{finding.severity.name}",
        confidence=finding.confidence,
        location=None if finding.location is None else _location_to_proto(finding.location),
        message=_shortened(finding.message),
        suggestion=_shortened(finding.suggestion),
        fixes=[
            finding_pb2.Fix(
                description=fix.description,
                edits=[
                    finding_pb2.TextEdit(range=_location_to_proto(edit.range), new_text=edit.new_text)
                    for edit in fix.edits
                ],
                safe=fix.safe,
            )
            for fix in finding.fixes
        ],
        evidence=dict(finding.evidence),
        stage=finding.stage,
        fingerprint=finding.fingerprint,
        suppressed=_shortened(finding.suppressed),
    )


def finding_from_proto(message: finding_pb2.Finding) -> Finding:
    """Return the finding of a message; one outside the contract, or of a later one, raises ValueError."""
    if not 0 <= message.confidence <= 1:
        raise ValueError("a confidence is from 0 to 1")
    return Finding(
        rule_id=message.rule_id,
        category=Category(message.category),
        severity=Severity(message.severity),
        confidence=message.confidence,
        location=_location_from_proto(message.location) if message.HasField("location") else None,
        message=message.message,
        suggestion=message.suggestion,
        fixes=tuple(
            Fix(
                fix.description,
                tuple(TextEdit(_location_from_proto(edit.range), edit.new_text) for edit in fix.edits),
                fix.safe,
            )
            for fix in message.fixes
        ),
        evidence=dict(message.evidence),
        stage=message.stage,
        fingerprint=message.fingerprint,
        suppressed=message.suppressed,
    )


def rule_to_proto(rule: RuleInfo, stage: str) -> stage_pb2.RuleInfo:
    """Return the message of a stage's rule."""
    return stage_pb2.RuleInfo(
        rule_id=rule.rule_id,
        stage=stage,
        category=f"FINDING_CATEGORY_{rule.category.name}",
        severity=f"SEVERITY_{rule.severity.name}",
        confidence=rule.confidence,
        explanation=rule.explanation,
        fires=rule.fires,
        passes=rule.passes,
    )


def rule_from_proto(message: stage_pb2.RuleInfo) -> RuleInfo:
    """Return the rule of a message; one outside the contract, or of a later one, raises ValueError."""
    return RuleInfo(
        rule_id=message.rule_id,
        category=Category(message.category),
        severity=Severity(message.severity),
        explanation=message.explanation,
        confidence=message.confidence,
        fires=tuple(message.fires),
        passes=tuple(message.passes),
    )


def result_to_proto(result: StageResult) -> stage_pb2.StageResult:
    """Return the message of a stage's result."""
    return stage_pb2.StageResult(
        stage=result.stage,
        version=result.version,
        status=f"STAGE_STATUS_{result.status.name}",
        reason=result.reason,
        findings=[finding_to_proto(finding) for finding in result.findings],
        details=dict(result.details),
        run_duration=duration_to_proto(result.seconds),
        score=result.score,
        contributions=[contribution_to_proto(one) for one in result.contributions],
    )


def contribution_to_proto(contribution: Contribution) -> stage_pb2.Contribution:
    """Return the message of what a feature did to a score."""
    return stage_pb2.Contribution(
        feature=contribution.feature,
        description=contribution.description,
        value=contribution.value,
        log_odds=contribution.log_odds,
    )


def result_from_proto(message: stage_pb2.StageResult) -> StageResult:
    """Return the stage result of a message; one outside the contract, or of a later one, raises ValueError."""
    if message.HasField("score") and not 0 <= message.score <= 1:
        raise ValueError("a score is from 0 to 1")
    return StageResult(
        status=StageStatus(message.status),
        findings=tuple(finding_from_proto(finding) for finding in message.findings),
        reason=message.reason,
        details=dict(message.details),
        stage=message.stage,
        version=message.version,
        seconds=seconds_from_proto(message.run_duration),
        score=message.score if message.HasField("score") else None,
        contributions=tuple(
            Contribution(one.feature, one.description, one.value if one.HasField("value") else None, one.log_odds)
            for one in message.contributions
        ),
    )


def duration_to_proto(seconds: float) -> Duration:
    """Return the Duration of a time in seconds, to the nanosecond."""
    nanos = round(seconds * 1_000_000_000)
    sign = -1 if nanos < 0 else 1
    whole, rest = divmod(abs(nanos), 1_000_000_000)
    return Duration(seconds=sign * whole, nanos=sign * rest)


def seconds_from_proto(message: Duration) -> float:
    """Return the seconds of a Duration."""
    return message.seconds + message.nanos / 1_000_000_000
