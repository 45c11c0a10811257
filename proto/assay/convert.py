"""
Messages to domain types and back, for the terms that every service shares: candidates, findings, stage results.

What comes from a client is checked here, so that a domain module never sees a path that leaves its folder.
"""

from collections.abc import Iterator, Mapping, Sequence
from unicodedata import category

from google.protobuf.duration_pb2 import Duration

from assay.errors import InvalidArgument
from assay.stage import (
    MAX_FILES,
    Candidate,
    Category,
    Finding,
    Fix,
    Location,
    RuleInfo,
    Severity,
    SourceFile,
    StageResult,
    StageStatus,
    TestFramework,
    TestSuite,
    TextEdit,
)
from assay.v1 import candidate_pb2, finding_pb2, stage_pb2

MAX_TOTAL_BYTES = 16 * 1024 * 1024
"""Bytes of all files of one candidate, program or test suite."""

MAX_PATH_CHARACTERS = 512
MAX_NAME_CHARACTERS = 256
MAX_DEPENDENCIES = 10_000
MAX_SPECIFICATION_CHARACTERS = 200_000
MAX_SUITES = 64
MAX_LABELS = 64
MAX_LABEL_CHARACTERS = 256


def check_path(path: str, field: str) -> str:
    """Return the path of a file if it stays inside its folder; raise :class:`InvalidArgument` otherwise."""
    if not path:
        raise InvalidArgument(field, "a file needs a path")
    if len(path) > MAX_PATH_CHARACTERS:
        raise InvalidArgument(field, f"a path has at most {MAX_PATH_CHARACTERS} characters")
    if any(category(character) == "Cc" for character in path):
        raise InvalidArgument(field, "a path has no control characters, line ends or NUL bytes")
    if path.startswith("/") or "\\" in path:
        raise InvalidArgument(field, "a path is relative and has forward slashes")
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidArgument(field, 'a path has no empty, "." or ".." parts')
    if any(len(part.encode()) > 255 for part in parts):
        raise InvalidArgument(field, "each part of a path has at most 255 bytes")
    return path


def files_from_proto(
    messages: Sequence[candidate_pb2.SourceFile], field: str, beside: Sequence[SourceFile] = ()
) -> tuple[SourceFile, ...]:
    """
    Return the files of a request, checked: bounded, with unique paths, none of which is another's folder.

    :param beside: Files that were checked before and share their folder, and the bounds, with these.
    """
    if not messages:
        raise InvalidArgument(field, "at least one file is needed")
    if (count := len(messages) + len(beside)) > MAX_FILES:
        raise InvalidArgument(field, f"{count} files are more than the {MAX_FILES} allowed")
    total = sum(len(message.content) for message in messages) + sum(len(file.content) for file in beside)
    if total > MAX_TOTAL_BYTES:
        raise InvalidArgument(field, f"{total} bytes are more than the {MAX_TOTAL_BYTES} allowed")
    seen = {file.path for file in beside}
    for index, message in enumerate(messages):
        path = check_path(message.path, f"{field}[{index}].path")
        if path in seen:
            raise InvalidArgument(f"{field}[{index}].path", "another file has the same path")
        seen.add(path)
    folders = {folder for path in seen for folder in _folders(path)}
    for index, message in enumerate(messages):
        if message.path in folders or not seen.isdisjoint(_folders(message.path)):
            raise InvalidArgument(f"{field}[{index}].path", "one file's path uses another file as a folder")
    return tuple(SourceFile(m.path, m.content, m.executable) for m in messages)


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def labels_from_proto(labels: Mapping[str, str], field: str) -> dict[str, str]:
    """Return labels, checked against their bounds."""
    if len(labels) > MAX_LABELS:
        raise InvalidArgument(field, f"at most {MAX_LABELS} labels are kept")
    if any(len(text) > MAX_LABEL_CHARACTERS for pair in labels.items() for text in pair):
        raise InvalidArgument(field, f"a label's key and value have at most {MAX_LABEL_CHARACTERS} characters")
    return dict(labels)


def candidate_from_proto(message: candidate_pb2.Candidate, field: str = "candidate") -> Candidate:
    """
    Return the candidate of a request, checked.

    :raises InvalidArgument: A field is missing or out of bounds; the error names it.
    """
    if message.tests and not message.files:
        raise InvalidArgument(f"{field}.files", "there are tests, but no code that they could test")
    files = files_from_proto(message.files, f"{field}.files")
    context_files: tuple[SourceFile, ...] = ()
    if message.context_files:
        context_files = files_from_proto(message.context_files, f"{field}.context_files", beside=files)
    entry_point = message.entry_point or files[0].path
    if entry_point not in {file.path for file in files}:
        raise InvalidArgument(f"{field}.entry_point", "it is not the path of one of the files")
    if len(message.specification.text) > MAX_SPECIFICATION_CHARACTERS:
        raise InvalidArgument(
            f"{field}.specification.text", f"it has at most {MAX_SPECIFICATION_CHARACTERS} characters"
        )
    if len(message.tests) > MAX_SUITES:
        raise InvalidArgument(f"{field}.tests", f"at most {MAX_SUITES} suites are run")
    for name in ("language", "language_version", "project_type", "author"):
        _check_name(getattr(message, name), f"{field}.{name}")
    return Candidate(
        files=files,
        language=message.language,
        language_version=message.language_version,
        entry_point=entry_point,
        specification=message.specification.text,
        tests=tuple(_suite_from_proto(suite, f"{field}.tests[{index}]") for index, suite in enumerate(message.tests)),
        allowed_dependencies=_dependencies_from_proto(message, f"{field}.allowed_dependencies.distributions"),
        project_type=message.project_type,
        author=message.author,
        labels=labels_from_proto(message.labels, f"{field}.labels"),
        context_files=context_files,
    )


def _check_name(text: str, field: str) -> str:
    if len(text) > MAX_NAME_CHARACTERS:
        raise InvalidArgument(field, f"it has at most {MAX_NAME_CHARACTERS} characters")
    return text


def _dependencies_from_proto(message: candidate_pb2.Candidate, field: str) -> frozenset[str] | None:
    if not message.HasField("allowed_dependencies"):
        return None
    names = message.allowed_dependencies.distributions
    if len(names) > MAX_DEPENDENCIES:
        raise InvalidArgument(field, f"at most {MAX_DEPENDENCIES} distributions can be named")
    return frozenset(_check_name(name, f"{field}[{index}]") for index, name in enumerate(names))


def _suite_from_proto(message: candidate_pb2.TestSuite, field: str) -> TestSuite:
    files = files_from_proto(message.files, f"{field}.files")
    try:
        framework = TestFramework(message.framework)
    except ValueError:
        raise InvalidArgument(f"{field}.framework", "it is not a framework of this contract") from None
    return TestSuite(files, framework)


def candidate_to_proto(candidate: Candidate) -> candidate_pb2.Candidate:
    """Return the message of a candidate."""
    message = candidate_pb2.Candidate(
        files=[_file_to_proto(file) for file in candidate.files],
        language=candidate.language,
        language_version=candidate.language_version,
        entry_point=candidate.entry_point,
        tests=[
            candidate_pb2.TestSuite(
                framework=f"TEST_FRAMEWORK_{suite.framework.name}",
                files=[_file_to_proto(file) for file in suite.files],
            )
            for suite in candidate.tests
        ],
        project_type=candidate.project_type,
        author=candidate.author,
        labels=dict(candidate.labels),
        context_files=[_file_to_proto(file) for file in candidate.context_files],
    )
    if candidate.specification:
        message.specification.text = candidate.specification
    if candidate.allowed_dependencies is not None:
        message.allowed_dependencies.SetInParent()
        message.allowed_dependencies.distributions.extend(sorted(candidate.allowed_dependencies))
    return message


def _file_to_proto(file: SourceFile) -> candidate_pb2.SourceFile:
    return candidate_pb2.SourceFile(path=file.path, content=file.content, executable=file.executable)


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
    )


def result_from_proto(message: stage_pb2.StageResult) -> StageResult:
    """Return the stage result of a message; one outside the contract, or of a later one, raises ValueError."""
    return StageResult(
        status=StageStatus(message.status),
        findings=tuple(finding_from_proto(finding) for finding in message.findings),
        reason=message.reason,
        details=dict(message.details),
        stage=message.stage,
        version=message.version,
        seconds=seconds_from_proto(message.run_duration),
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
