"""Messages of ``sandbox.proto`` to the domain and back."""

from assay.convert import duration_to_proto, files_from_proto, seconds_from_proto
from assay.v1 import sandbox_pb2

from sandbox.limits import Limits
from sandbox.program import Output, Program, Result

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
TIMES = {"wall_time": "wall_seconds", "cpu_time": "cpu_seconds"}


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


def limits_from_proto(message: sandbox_pb2.ExecutionLimits) -> dict[str, float]:
    """Return the limits that are set, by their names in the domain."""
    asked: dict[str, float] = {name: getattr(message, name) for name in COUNTS if message.HasField(name)}
    for field, name in TIMES.items():
        if message.HasField(field):
            asked[name] = seconds_from_proto(getattr(message, field))
    return asked


def limits_to_proto(limits: Limits, without: frozenset[str] = frozenset()) -> sandbox_pb2.ExecutionLimits:
    """Return the message of limits, some left unset."""
    message = sandbox_pb2.ExecutionLimits(**{name: getattr(limits, name) for name in COUNTS if name not in without})
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
        usage=sandbox_pb2.ResourceUsage(
            cpu_time=duration_to_proto(result.cpu_seconds),
            wall_time=duration_to_proto(result.wall_seconds),
            peak_memory_bytes=result.peak_memory_bytes,
        ),
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
    )


def _output_to_proto(output: Output) -> sandbox_pb2.OutputStream:
    return sandbox_pb2.OutputStream(
        content=output.content,
        total_bytes=output.total_bytes,
        truncated=output.truncated,
        head_bytes=output.head_bytes,
    )
