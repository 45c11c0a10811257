import datetime

from assay.v1 import candidate_pb2 as _candidate_pb2
from assay.v1 import error_reason_pb2 as _error_reason_pb2
from assay.v1 import finding_pb2 as _finding_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StageStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_STATUS_UNSPECIFIED: _ClassVar[StageStatus]
    STAGE_STATUS_COMPLETED: _ClassVar[StageStatus]
    STAGE_STATUS_SKIPPED: _ClassVar[StageStatus]
    STAGE_STATUS_NOT_APPLICABLE: _ClassVar[StageStatus]
    STAGE_STATUS_FAILED: _ClassVar[StageStatus]
STAGE_STATUS_UNSPECIFIED: StageStatus
STAGE_STATUS_COMPLETED: StageStatus
STAGE_STATUS_SKIPPED: StageStatus
STAGE_STATUS_NOT_APPLICABLE: StageStatus
STAGE_STATUS_FAILED: StageStatus

class ListStagesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListStagesResponse(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[StageInfo]
    def __init__(self, stages: _Optional[_Iterable[_Union[StageInfo, _Mapping]]] = ...) -> None: ...

class StageInfo(_message.Message):
    __slots__ = ("name", "version", "description", "languages", "requires")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    REQUIRES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    description: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    requires: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., description: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., requires: _Optional[_Iterable[str]] = ...) -> None: ...

class ListStageRulesRequest(_message.Message):
    __slots__ = ("stage",)
    STAGE_FIELD_NUMBER: _ClassVar[int]
    stage: str
    def __init__(self, stage: _Optional[str] = ...) -> None: ...

class ListStageRulesResponse(_message.Message):
    __slots__ = ("rules",)
    RULES_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[RuleInfo]
    def __init__(self, rules: _Optional[_Iterable[_Union[RuleInfo, _Mapping]]] = ...) -> None: ...

class RuleInfo(_message.Message):
    __slots__ = ("rule_id", "stage", "category", "severity", "confidence", "explanation", "fires", "passes")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    FIRES_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    stage: str
    category: _finding_pb2.FindingCategory
    severity: _finding_pb2.Severity
    confidence: float
    explanation: str
    fires: _containers.RepeatedScalarFieldContainer[str]
    passes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule_id: _Optional[str] = ..., stage: _Optional[str] = ..., category: _Optional[_Union[_finding_pb2.FindingCategory, str]] = ..., severity: _Optional[_Union[_finding_pb2.Severity, str]] = ..., confidence: _Optional[float] = ..., explanation: _Optional[str] = ..., fires: _Optional[_Iterable[str]] = ..., passes: _Optional[_Iterable[str]] = ...) -> None: ...

class RunStageRequest(_message.Message):
    __slots__ = ("stage", "candidate", "prior_results", "result_only", "check_determinism")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    PRIOR_RESULTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_ONLY_FIELD_NUMBER: _ClassVar[int]
    CHECK_DETERMINISM_FIELD_NUMBER: _ClassVar[int]
    stage: str
    candidate: _candidate_pb2.Candidate
    prior_results: _containers.RepeatedCompositeFieldContainer[StageResult]
    result_only: bool
    check_determinism: bool
    def __init__(self, stage: _Optional[str] = ..., candidate: _Optional[_Union[_candidate_pb2.Candidate, _Mapping]] = ..., prior_results: _Optional[_Iterable[_Union[StageResult, _Mapping]]] = ..., result_only: _Optional[bool] = ..., check_determinism: _Optional[bool] = ...) -> None: ...

class RunStageResponse(_message.Message):
    __slots__ = ("finding", "progress", "result")
    FINDING_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    finding: _finding_pb2.Finding
    progress: StageProgress
    result: StageResult
    def __init__(self, finding: _Optional[_Union[_finding_pb2.Finding, _Mapping]] = ..., progress: _Optional[_Union[StageProgress, _Mapping]] = ..., result: _Optional[_Union[StageResult, _Mapping]] = ...) -> None: ...

class RunStagesRequest(_message.Message):
    __slots__ = ("candidate", "runs", "check_determinism")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    CHECK_DETERMINISM_FIELD_NUMBER: _ClassVar[int]
    candidate: _candidate_pb2.Candidate
    runs: _containers.RepeatedCompositeFieldContainer[StageRun]
    check_determinism: bool
    def __init__(self, candidate: _Optional[_Union[_candidate_pb2.Candidate, _Mapping]] = ..., runs: _Optional[_Iterable[_Union[StageRun, _Mapping]]] = ..., check_determinism: _Optional[bool] = ...) -> None: ...

class StageRun(_message.Message):
    __slots__ = ("stage", "timeout", "prior_results")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PRIOR_RESULTS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    timeout: _duration_pb2.Duration
    prior_results: _containers.RepeatedCompositeFieldContainer[StageResult]
    def __init__(self, stage: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., prior_results: _Optional[_Iterable[_Union[StageResult, _Mapping]]] = ...) -> None: ...

class RunStagesResponse(_message.Message):
    __slots__ = ("result", "failure")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    result: StageResult
    failure: StageFailure
    def __init__(self, result: _Optional[_Union[StageResult, _Mapping]] = ..., failure: _Optional[_Union[StageFailure, _Mapping]] = ...) -> None: ...

class StageFailure(_message.Message):
    __slots__ = ("stage", "reason", "message")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    stage: str
    reason: _error_reason_pb2.ErrorReason
    message: str
    def __init__(self, stage: _Optional[str] = ..., reason: _Optional[_Union[_error_reason_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ...) -> None: ...

class StageProgress(_message.Message):
    __slots__ = ("message", "fraction")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    message: str
    fraction: float
    def __init__(self, message: _Optional[str] = ..., fraction: _Optional[float] = ...) -> None: ...

class StageResult(_message.Message):
    __slots__ = ("stage", "version", "status", "reason", "findings", "details", "run_duration", "score", "contributions")
    class DetailsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STAGE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    RUN_DURATION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    version: str
    status: StageStatus
    reason: str
    findings: _containers.RepeatedCompositeFieldContainer[_finding_pb2.Finding]
    details: _containers.ScalarMap[str, str]
    run_duration: _duration_pb2.Duration
    score: float
    contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    def __init__(self, stage: _Optional[str] = ..., version: _Optional[str] = ..., status: _Optional[_Union[StageStatus, str]] = ..., reason: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[_finding_pb2.Finding, _Mapping]]] = ..., details: _Optional[_Mapping[str, str]] = ..., run_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., score: _Optional[float] = ..., contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ...) -> None: ...

class Contribution(_message.Message):
    __slots__ = ("feature", "description", "value", "log_odds")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOG_ODDS_FIELD_NUMBER: _ClassVar[int]
    feature: str
    description: str
    value: float
    log_odds: float
    def __init__(self, feature: _Optional[str] = ..., description: _Optional[str] = ..., value: _Optional[float] = ..., log_odds: _Optional[float] = ...) -> None: ...
