import datetime

from assay.v1 import candidate_pb2 as _candidate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_OK: _ClassVar[Outcome]
    OUTCOME_NONZERO_EXIT: _ClassVar[Outcome]
    OUTCOME_SIGNALED: _ClassVar[Outcome]
    OUTCOME_CPU_TIME_LIMIT: _ClassVar[Outcome]
    OUTCOME_WALL_TIME_LIMIT: _ClassVar[Outcome]
    OUTCOME_MEMORY_LIMIT: _ClassVar[Outcome]
    OUTCOME_PROCESS_LIMIT: _ClassVar[Outcome]
    OUTCOME_OUTPUT_LIMIT: _ClassVar[Outcome]
    OUTCOME_DISK_LIMIT: _ClassVar[Outcome]
    OUTCOME_COMPILE_ERROR: _ClassVar[Outcome]
    OUTCOME_CANCELLED: _ClassVar[Outcome]
    OUTCOME_SANDBOX_LOST: _ClassVar[Outcome]
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_OK: Outcome
OUTCOME_NONZERO_EXIT: Outcome
OUTCOME_SIGNALED: Outcome
OUTCOME_CPU_TIME_LIMIT: Outcome
OUTCOME_WALL_TIME_LIMIT: Outcome
OUTCOME_MEMORY_LIMIT: Outcome
OUTCOME_PROCESS_LIMIT: Outcome
OUTCOME_OUTPUT_LIMIT: Outcome
OUTCOME_DISK_LIMIT: Outcome
OUTCOME_COMPILE_ERROR: Outcome
OUTCOME_CANCELLED: Outcome
OUTCOME_SANDBOX_LOST: Outcome

class ExecuteRequest(_message.Message):
    __slots__ = ("language", "files", "entry_point", "arguments", "environment", "stdin", "limits", "artifact_globs")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_POINT_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_GLOBS_FIELD_NUMBER: _ClassVar[int]
    language: str
    files: _containers.RepeatedCompositeFieldContainer[_candidate_pb2.SourceFile]
    entry_point: str
    arguments: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.ScalarMap[str, str]
    stdin: bytes
    limits: ExecutionLimits
    artifact_globs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, language: _Optional[str] = ..., files: _Optional[_Iterable[_Union[_candidate_pb2.SourceFile, _Mapping]]] = ..., entry_point: _Optional[str] = ..., arguments: _Optional[_Iterable[str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., stdin: _Optional[bytes] = ..., limits: _Optional[_Union[ExecutionLimits, _Mapping]] = ..., artifact_globs: _Optional[_Iterable[str]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: ExecutionResult
    def __init__(self, result: _Optional[_Union[ExecutionResult, _Mapping]] = ...) -> None: ...

class ExecutionLimits(_message.Message):
    __slots__ = ("wall_time", "cpu_time", "memory_bytes", "processes", "open_files", "output_bytes", "output_hard_bytes", "disk_bytes", "artifact_bytes", "artifact_count")
    WALL_TIME_FIELD_NUMBER: _ClassVar[int]
    CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    OPEN_FILES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_HARD_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISK_BYTES_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_BYTES_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_COUNT_FIELD_NUMBER: _ClassVar[int]
    wall_time: _duration_pb2.Duration
    cpu_time: _duration_pb2.Duration
    memory_bytes: int
    processes: int
    open_files: int
    output_bytes: int
    output_hard_bytes: int
    disk_bytes: int
    artifact_bytes: int
    artifact_count: int
    def __init__(self, wall_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., cpu_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., memory_bytes: _Optional[int] = ..., processes: _Optional[int] = ..., open_files: _Optional[int] = ..., output_bytes: _Optional[int] = ..., output_hard_bytes: _Optional[int] = ..., disk_bytes: _Optional[int] = ..., artifact_bytes: _Optional[int] = ..., artifact_count: _Optional[int] = ...) -> None: ...

class ExecutionResult(_message.Message):
    __slots__ = ("execution_id", "outcome", "evidence", "exit_code", "signal", "stdout", "stderr", "usage", "phases", "requested_limits", "applied_limits", "artifacts", "artifacts_omitted", "language_version")
    class EvidenceEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ArtifactsOmittedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    STDOUT_FIELD_NUMBER: _ClassVar[int]
    STDERR_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PHASES_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_LIMITS_FIELD_NUMBER: _ClassVar[int]
    APPLIED_LIMITS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_OMITTED_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    outcome: Outcome
    evidence: _containers.ScalarMap[str, str]
    exit_code: int
    signal: int
    stdout: OutputStream
    stderr: OutputStream
    usage: ResourceUsage
    phases: ExecutionPhases
    requested_limits: ExecutionLimits
    applied_limits: ExecutionLimits
    artifacts: _containers.RepeatedCompositeFieldContainer[Artifact]
    artifacts_omitted: _containers.ScalarMap[str, str]
    language_version: str
    def __init__(self, execution_id: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., evidence: _Optional[_Mapping[str, str]] = ..., exit_code: _Optional[int] = ..., signal: _Optional[int] = ..., stdout: _Optional[_Union[OutputStream, _Mapping]] = ..., stderr: _Optional[_Union[OutputStream, _Mapping]] = ..., usage: _Optional[_Union[ResourceUsage, _Mapping]] = ..., phases: _Optional[_Union[ExecutionPhases, _Mapping]] = ..., requested_limits: _Optional[_Union[ExecutionLimits, _Mapping]] = ..., applied_limits: _Optional[_Union[ExecutionLimits, _Mapping]] = ..., artifacts: _Optional[_Iterable[_Union[Artifact, _Mapping]]] = ..., artifacts_omitted: _Optional[_Mapping[str, str]] = ..., language_version: _Optional[str] = ...) -> None: ...

class OutputStream(_message.Message):
    __slots__ = ("content", "total_bytes", "truncated", "head_bytes")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    HEAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    total_bytes: int
    truncated: bool
    head_bytes: int
    def __init__(self, content: _Optional[bytes] = ..., total_bytes: _Optional[int] = ..., truncated: _Optional[bool] = ..., head_bytes: _Optional[int] = ...) -> None: ...

class ResourceUsage(_message.Message):
    __slots__ = ("cpu_time", "wall_time", "peak_memory_bytes")
    CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    WALL_TIME_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    cpu_time: _duration_pb2.Duration
    wall_time: _duration_pb2.Duration
    peak_memory_bytes: int
    def __init__(self, cpu_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wall_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., peak_memory_bytes: _Optional[int] = ...) -> None: ...

class ExecutionPhases(_message.Message):
    __slots__ = ("queued", "claim", "compile", "run", "collect")
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    COMPILE_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    COLLECT_FIELD_NUMBER: _ClassVar[int]
    queued: _duration_pb2.Duration
    claim: _duration_pb2.Duration
    compile: _duration_pb2.Duration
    run: _duration_pb2.Duration
    collect: _duration_pb2.Duration
    def __init__(self, queued: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., claim: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., compile: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., run: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., collect: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Artifact(_message.Message):
    __slots__ = ("path", "content", "executable")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    path: str
    content: bytes
    executable: bool
    def __init__(self, path: _Optional[str] = ..., content: _Optional[bytes] = ..., executable: _Optional[bool] = ...) -> None: ...
