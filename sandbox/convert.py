"""Messages of ``sandbox.proto`` to the domain and back."""

from collections.abc import Callable
from typing import TypeVar

from assay.candidates import files_from_proto
from assay.convert import duration_to_proto, seconds_from_proto
from assay.errors import InvalidArgument
from assay.v1 import checker_pb2, limits_pb2, sandbox_pb2

from sandbox import batch
from sandbox.batch import CaseRequest, CaseResult, Summary, Verdict
from sandbox.checkers import Exact, Floats, Tokens, TrailingSpace
from sandbox.language import Language
from sandbox.limits import Limits
from sandbox.program import Compilation, Output, Program, Result, Usage
from sandbox.streaming import Started

COUNTS = (
    "memory_bytes",
    "processes",
    "open_files",
    "output_bytes",
    "output_hard_bytes",
    "disk_bytes",
    "artifact_bytes",
    "artifact_count",
)
TIMES = {"wall_time": "wall_seconds", "cpu_time": "cpu_seconds", "compile_time": "compile_seconds"}

Asked = dict[str, float]
T = TypeVar("T")


def program_from_proto(message: sandbox_pb2.ExecuteRequest) -> Program:
    """Return the program of a request, its files checked."""
    files = files_from_proto(message.files, "files")
    return Program(
        language=message.language,
        files=files,
        entry_point=message.entry_point or files[0].path,
        arguments=tuple(message.arguments),
        environment=dict(message.environment),
        stdin=message.stdin,
        artifact_globs=tuple(message.artifact_globs),
    )


def limits_from_proto(message: limits_pb2.ExecutionLimits) -> Asked:
    """Return the limits that are set, by their names in the domain."""
    asked: Asked = {name: getattr(message, name) for name in COUNTS if message.HasField(name)}
    for field, name in TIMES.items():
        if message.HasField(field):
            asked[name] = seconds_from_proto(getattr(message, field))
    return asked


def limits_to_proto(limits: Limits, without: frozenset[str] = frozenset()) -> limits_pb2.ExecutionLimits:
    """Return the message of limits, some left unset."""
    message = limits_pb2.ExecutionLimits(**{name: getattr(limits, name) for name in COUNTS if name not in without})
    for field, name in TIMES.items():
        if name not in without:
            getattr(message, field).CopyFrom(duration_to_proto(getattr(limits, name)))
    return message


def result_to_proto(result: Result) -> sandbox_pb2.ExecutionResult:
    """Return the message of a result."""
    phases = result.phases
    return sandbox_pb2.ExecutionResult(
        execution_id=result.execution_id,
        outcome=f"OUTCOME_{result.outcome.name}",
        evidence=dict(result.evidence),
        exit_code=result.exit_code,
        signal=result.signal,
        stdout=_output_to_proto(result.stdout),
        stderr=_output_to_proto(result.stderr),
        usage=_usage_to_proto(result.usage),
        phases=sandbox_pb2.ExecutionPhases(
            queued=duration_to_proto(phases.queued),
            claim=duration_to_proto(phases.claim),
            compile=duration_to_proto(phases.compile),
            run=duration_to_proto(phases.run),
            collect=duration_to_proto(phases.collect),
        ),
        requested_limits=limits_to_proto(result.requested),
        applied_limits=limits_to_proto(result.applied, result.not_enforced),
        artifacts=[
            sandbox_pb2.Artifact(path=artifact.path, content=artifact.content, executable=artifact.executable)
            for artifact in result.artifacts
        ],
        artifacts_omitted=dict(result.artifacts_omitted),
        language_version=result.language_version,
        compilation=None if result.compilation is None else compilation_to_proto(result.compilation),
    )


def compilation_to_proto(compilation: Compilation) -> sandbox_pb2.Compilation:
    """Return the message of what compiling did."""
    return sandbox_pb2.Compilation(
        outcome=f"OUTCOME_{compilation.outcome.name}",
        evidence=dict(compilation.evidence),
        exit_code=compilation.exit_code,
        stdout=_output_to_proto(compilation.stdout),
        stderr=_output_to_proto(compilation.stderr),
        usage=_usage_to_proto(compilation.usage),
    )


def started_to_proto(started: Started) -> sandbox_pb2.ExecutionStarted:
    """Return the message that a run has a sandbox."""
    return sandbox_pb2.ExecutionStarted(execution_id=started.execution_id, language_version=started.language_version)


MakeChecker = Callable[[Program, Asked], batch.ProgramChecker]


def cases_from_proto(message: sandbox_pb2.ExecuteBatchRequest, make: MakeChecker) -> list[CaseRequest]:
    """
    Return the cases of a batch; those that share a checker share one object of it.

    :param make: Returns a checker that is a program.
    """
    checkers: dict[bytes, batch.Checker] = {}

    def checker(told: checker_pb2.Checker, where: str) -> batch.Checker:
        key = told.SerializeToString(deterministic=True)
        if key not in checkers:
            checkers[key] = _within(where, lambda: _checker_from_proto(told, make))
        return checkers[key]

    common = checker(message.checker, "checker")
    return [
        _case_from_proto(
            case,
            checker(case.checker, f"cases[{index}].checker") if case.HasField("checker") else common,
            f"cases[{index}]",
        )
        for index, case in enumerate(message.cases)
    ]


def _case_from_proto(message: sandbox_pb2.BatchCase, checker: batch.Checker, where: str) -> CaseRequest:
    return CaseRequest(
        name=message.name,
        stdin=message.stdin if message.HasField("stdin") else None,
        arguments=tuple(message.arguments),
        environment=dict(message.environment),
        files=files_from_proto(message.files, f"{where}.files") if message.files else (),
        asked=_within(where, lambda: limits_from_proto(message.limits)),
        expected=message.expected_stdout if message.HasField("expected_stdout") else None,
        expected_exit_code=message.expected_exit_code,
        checker=checker,
    )


def _checker_from_proto(message: checker_pb2.Checker, make: MakeChecker) -> batch.Checker:
    match message.WhichOneof("kind"):
        case "ignore_trailing_space":
            return TrailingSpace()
        case "tokens":
            return Tokens()
        case "floats":
            return Floats(message.floats.absolute, message.floats.relative)
        case "program":
            return _within("program", lambda: _program_checker(message.program, make))
        case _:
            return Exact()


def _program_checker(message: checker_pb2.ProgramChecker, make: MakeChecker) -> batch.ProgramChecker:
    files = files_from_proto(message.files, "files")
    program = Program(
        language=message.language,
        files=files,
        entry_point=message.entry_point or files[0].path,
        arguments=tuple(message.arguments),
    )
    return make(program, limits_from_proto(message.limits))


def _within(where: str, made: Callable[[], T]) -> T:
    try:
        return made()
    except InvalidArgument as error:
        raise error.within(where) from None


def case_to_proto(done: CaseResult) -> sandbox_pb2.CaseResult:
    """Return the message of a case's result."""
    return sandbox_pb2.CaseResult(
        index=done.index,
        name=done.name,
        result=result_to_proto(done.result),
        verdict=f"CASE_VERDICT_{done.verdict.name}",
        message=done.message,
    )


def summary_to_proto(summary: Summary) -> sandbox_pb2.BatchSummary:
    """Return the message of a batch's summary."""
    return sandbox_pb2.BatchSummary(
        passed=summary.counts[Verdict.PASSED],
        failed=summary.counts[Verdict.FAILED],
        unchecked=summary.counts[Verdict.UNCHECKED],
        undecided=summary.counts[Verdict.UNDECIDED],
        skipped=summary.skipped,
        usage=_usage_to_proto(summary.usage),
    )


def language_to_proto(
    language: Language, version: str, unavailable: str, limits: tuple[Limits, Limits]
) -> sandbox_pb2.Language:
    """
    Return the message of a language.

    :param version: The exact one, where it is known.
    :param unavailable: Why it cannot be run now, or nothing.
    :param limits: Those of a run that asks for none, and the highest.
    """
    return sandbox_pb2.Language(
        name=language.name,
        version=language.version,
        exact_version=version,
        suffixes=language.suffixes,
        default_file=language.file,
        compiled=language.compile is not None,
        default_limits=limits_to_proto(limits[0]),
        max_limits=limits_to_proto(limits[1]),
        available=not unavailable,
        unavailable_reason=unavailable,
        image=language.image,
    )


def _usage_to_proto(usage: Usage) -> sandbox_pb2.ResourceUsage:
    return sandbox_pb2.ResourceUsage(
        cpu_time=duration_to_proto(usage.cpu_seconds),
        wall_time=duration_to_proto(usage.wall_seconds),
        peak_memory_bytes=usage.peak_memory_bytes,
    )


def _output_to_proto(output: Output) -> sandbox_pb2.OutputStream:
    return sandbox_pb2.OutputStream(
        content=output.content,
        total_bytes=output.total_bytes,
        truncated=output.truncated,
        head_bytes=output.head_bytes,
    )
