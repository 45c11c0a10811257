import datetime

from assay.v1 import access_pb2 as _access_pb2
from assay.v1 import checker_pb2 as _checker_pb2
from assay.v1 import limits_pb2 as _limits_pb2
from assay.v1 import source_pb2 as _source_pb2
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

class CaseVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_VERDICT_UNSPECIFIED: _ClassVar[CaseVerdict]
    CASE_VERDICT_PASSED: _ClassVar[CaseVerdict]
    CASE_VERDICT_FAILED: _ClassVar[CaseVerdict]
    CASE_VERDICT_UNCHECKED: _ClassVar[CaseVerdict]
    CASE_VERDICT_UNDECIDED: _ClassVar[CaseVerdict]
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
CASE_VERDICT_UNSPECIFIED: CaseVerdict
CASE_VERDICT_PASSED: CaseVerdict
CASE_VERDICT_FAILED: CaseVerdict
CASE_VERDICT_UNCHECKED: CaseVerdict
CASE_VERDICT_UNDECIDED: CaseVerdict

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
    files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    entry_point: str
    arguments: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.ScalarMap[str, str]
    stdin: bytes
    limits: _limits_pb2.ExecutionLimits
    artifact_globs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, language: _Optional[str] = ..., files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ..., entry_point: _Optional[str] = ..., arguments: _Optional[_Iterable[str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., stdin: _Optional[bytes] = ..., limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ..., artifact_globs: _Optional[_Iterable[str]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: ExecutionResult
    def __init__(self, result: _Optional[_Union[ExecutionResult, _Mapping]] = ...) -> None: ...

class ExecutionResult(_message.Message):
    __slots__ = ("execution_id", "outcome", "evidence", "exit_code", "signal", "stdout", "stderr", "usage", "phases", "requested_limits", "applied_limits", "artifacts", "artifacts_omitted", "language_version", "compilation")
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
    COMPILATION_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    outcome: Outcome
    evidence: _containers.ScalarMap[str, str]
    exit_code: int
    signal: int
    stdout: OutputStream
    stderr: OutputStream
    usage: ResourceUsage
    phases: ExecutionPhases
    requested_limits: _limits_pb2.ExecutionLimits
    applied_limits: _limits_pb2.ExecutionLimits
    artifacts: _containers.RepeatedCompositeFieldContainer[Artifact]
    artifacts_omitted: _containers.ScalarMap[str, str]
    language_version: str
    compilation: Compilation
    def __init__(self, execution_id: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., evidence: _Optional[_Mapping[str, str]] = ..., exit_code: _Optional[int] = ..., signal: _Optional[int] = ..., stdout: _Optional[_Union[OutputStream, _Mapping]] = ..., stderr: _Optional[_Union[OutputStream, _Mapping]] = ..., usage: _Optional[_Union[ResourceUsage, _Mapping]] = ..., phases: _Optional[_Union[ExecutionPhases, _Mapping]] = ..., requested_limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ..., applied_limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ..., artifacts: _Optional[_Iterable[_Union[Artifact, _Mapping]]] = ..., artifacts_omitted: _Optional[_Mapping[str, str]] = ..., language_version: _Optional[str] = ..., compilation: _Optional[_Union[Compilation, _Mapping]] = ...) -> None: ...

class Compilation(_message.Message):
    __slots__ = ("outcome", "evidence", "exit_code", "stdout", "stderr", "usage")
    class EvidenceEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    STDOUT_FIELD_NUMBER: _ClassVar[int]
    STDERR_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    outcome: Outcome
    evidence: _containers.ScalarMap[str, str]
    exit_code: int
    stdout: OutputStream
    stderr: OutputStream
    usage: ResourceUsage
    def __init__(self, outcome: _Optional[_Union[Outcome, str]] = ..., evidence: _Optional[_Mapping[str, str]] = ..., exit_code: _Optional[int] = ..., stdout: _Optional[_Union[OutputStream, _Mapping]] = ..., stderr: _Optional[_Union[OutputStream, _Mapping]] = ..., usage: _Optional[_Union[ResourceUsage, _Mapping]] = ...) -> None: ...

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

class ExecuteStreamRequest(_message.Message):
    __slots__ = ("start", "stdin", "end_of_input", "cancel")
    START_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    END_OF_INPUT_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    start: ExecuteRequest
    stdin: bytes
    end_of_input: EndOfInput
    cancel: CancelExecution
    def __init__(self, start: _Optional[_Union[ExecuteRequest, _Mapping]] = ..., stdin: _Optional[bytes] = ..., end_of_input: _Optional[_Union[EndOfInput, _Mapping]] = ..., cancel: _Optional[_Union[CancelExecution, _Mapping]] = ...) -> None: ...

class EndOfInput(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelExecution(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExecuteStreamResponse(_message.Message):
    __slots__ = ("started", "compiled", "stdout", "stderr", "result")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    COMPILED_FIELD_NUMBER: _ClassVar[int]
    STDOUT_FIELD_NUMBER: _ClassVar[int]
    STDERR_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    started: ExecutionStarted
    compiled: Compilation
    stdout: bytes
    stderr: bytes
    result: ExecutionResult
    def __init__(self, started: _Optional[_Union[ExecutionStarted, _Mapping]] = ..., compiled: _Optional[_Union[Compilation, _Mapping]] = ..., stdout: _Optional[bytes] = ..., stderr: _Optional[bytes] = ..., result: _Optional[_Union[ExecutionResult, _Mapping]] = ...) -> None: ...

class ExecutionStarted(_message.Message):
    __slots__ = ("execution_id", "language_version")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    language_version: str
    def __init__(self, execution_id: _Optional[str] = ..., language_version: _Optional[str] = ...) -> None: ...

class ExecuteBatchRequest(_message.Message):
    __slots__ = ("program", "cases", "checker", "stop_at_first_failure")
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    CHECKER_FIELD_NUMBER: _ClassVar[int]
    STOP_AT_FIRST_FAILURE_FIELD_NUMBER: _ClassVar[int]
    program: ExecuteRequest
    cases: _containers.RepeatedCompositeFieldContainer[BatchCase]
    checker: _checker_pb2.Checker
    stop_at_first_failure: bool
    def __init__(self, program: _Optional[_Union[ExecuteRequest, _Mapping]] = ..., cases: _Optional[_Iterable[_Union[BatchCase, _Mapping]]] = ..., checker: _Optional[_Union[_checker_pb2.Checker, _Mapping]] = ..., stop_at_first_failure: _Optional[bool] = ...) -> None: ...

class BatchCase(_message.Message):
    __slots__ = ("name", "stdin", "arguments", "environment", "files", "limits", "expected_stdout", "checker", "expected_exit_code")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_STDOUT_FIELD_NUMBER: _ClassVar[int]
    CHECKER_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    name: str
    stdin: bytes
    arguments: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.ScalarMap[str, str]
    files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    limits: _limits_pb2.ExecutionLimits
    expected_stdout: bytes
    checker: _checker_pb2.Checker
    expected_exit_code: int
    def __init__(self, name: _Optional[str] = ..., stdin: _Optional[bytes] = ..., arguments: _Optional[_Iterable[str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ..., limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ..., expected_stdout: _Optional[bytes] = ..., checker: _Optional[_Union[_checker_pb2.Checker, _Mapping]] = ..., expected_exit_code: _Optional[int] = ...) -> None: ...

class ExecuteBatchResponse(_message.Message):
    __slots__ = ("started", "compiled", "case_result", "summary")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    COMPILED_FIELD_NUMBER: _ClassVar[int]
    CASE_RESULT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    started: ExecutionStarted
    compiled: Compilation
    case_result: CaseResult
    summary: BatchSummary
    def __init__(self, started: _Optional[_Union[ExecutionStarted, _Mapping]] = ..., compiled: _Optional[_Union[Compilation, _Mapping]] = ..., case_result: _Optional[_Union[CaseResult, _Mapping]] = ..., summary: _Optional[_Union[BatchSummary, _Mapping]] = ...) -> None: ...

class CaseResult(_message.Message):
    __slots__ = ("index", "name", "result", "verdict", "message")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    index: int
    name: str
    result: ExecutionResult
    verdict: CaseVerdict
    message: str
    def __init__(self, index: _Optional[int] = ..., name: _Optional[str] = ..., result: _Optional[_Union[ExecutionResult, _Mapping]] = ..., verdict: _Optional[_Union[CaseVerdict, str]] = ..., message: _Optional[str] = ...) -> None: ...

class BatchSummary(_message.Message):
    __slots__ = ("passed", "failed", "unchecked", "undecided", "skipped", "usage")
    PASSED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    UNCHECKED_FIELD_NUMBER: _ClassVar[int]
    UNDECIDED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    passed: int
    failed: int
    unchecked: int
    undecided: int
    skipped: int
    usage: ResourceUsage
    def __init__(self, passed: _Optional[int] = ..., failed: _Optional[int] = ..., unchecked: _Optional[int] = ..., undecided: _Optional[int] = ..., skipped: _Optional[int] = ..., usage: _Optional[_Union[ResourceUsage, _Mapping]] = ...) -> None: ...

class ListLanguagesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLanguagesResponse(_message.Message):
    __slots__ = ("languages", "next_page_token")
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    languages: _containers.RepeatedCompositeFieldContainer[Language]
    next_page_token: str
    def __init__(self, languages: _Optional[_Iterable[_Union[Language, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Language(_message.Message):
    __slots__ = ("name", "version", "exact_version", "suffixes", "default_file", "compiled", "default_limits", "max_limits", "available", "unavailable_reason", "image")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EXACT_VERSION_FIELD_NUMBER: _ClassVar[int]
    SUFFIXES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FILE_FIELD_NUMBER: _ClassVar[int]
    COMPILED_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_LIMITS_FIELD_NUMBER: _ClassVar[int]
    MAX_LIMITS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_REASON_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    exact_version: str
    suffixes: _containers.RepeatedScalarFieldContainer[str]
    default_file: str
    compiled: bool
    default_limits: _limits_pb2.ExecutionLimits
    max_limits: _limits_pb2.ExecutionLimits
    available: bool
    unavailable_reason: str
    image: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., exact_version: _Optional[str] = ..., suffixes: _Optional[_Iterable[str]] = ..., default_file: _Optional[str] = ..., compiled: _Optional[bool] = ..., default_limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ..., max_limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ..., available: _Optional[bool] = ..., unavailable_reason: _Optional[str] = ..., image: _Optional[str] = ...) -> None: ...
