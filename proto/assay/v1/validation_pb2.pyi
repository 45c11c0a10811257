import datetime

from assay.v1 import access_pb2 as _access_pb2
from assay.v1 import candidate_pb2 as _candidate_pb2
from assay.v1 import error_reason_pb2 as _error_reason_pb2
from assay.v1 import finding_pb2 as _finding_pb2
from assay.v1 import source_pb2 as _source_pb2
from assay.v1 import stage_pb2 as _stage_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_UNSPECIFIED: _ClassVar[State]
    STATE_QUEUED: _ClassVar[State]
    STATE_RUNNING: _ClassVar[State]
    STATE_SUCCEEDED: _ClassVar[State]
    STATE_FAILED: _ClassVar[State]
    STATE_CANCELLED: _ClassVar[State]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_AUTHENTIC: _ClassVar[Verdict]
    VERDICT_INAUTHENTIC: _ClassVar[Verdict]
    VERDICT_INCONCLUSIVE: _ClassVar[Verdict]
STATE_UNSPECIFIED: State
STATE_QUEUED: State
STATE_RUNNING: State
STATE_SUCCEEDED: State
STATE_FAILED: State
STATE_CANCELLED: State
VERDICT_UNSPECIFIED: Verdict
VERDICT_AUTHENTIC: Verdict
VERDICT_INAUTHENTIC: Verdict
VERDICT_INCONCLUSIVE: Verdict

class ListValidationStagesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListValidationStagesResponse(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[StageAvailability]
    def __init__(self, stages: _Optional[_Iterable[_Union[StageAvailability, _Mapping]]] = ...) -> None: ...

class StageAvailability(_message.Message):
    __slots__ = ("stage", "available", "reason")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    stage: _stage_pb2.StageInfo
    available: bool
    reason: str
    def __init__(self, stage: _Optional[_Union[_stage_pb2.StageInfo, _Mapping]] = ..., available: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class ValidateRequest(_message.Message):
    __slots__ = ("candidate", "policy", "request_id")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    candidate: _candidate_pb2.Candidate
    policy: ValidationPolicy
    request_id: str
    def __init__(self, candidate: _Optional[_Union[_candidate_pb2.Candidate, _Mapping]] = ..., policy: _Optional[_Union[ValidationPolicy, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ValidateResponse(_message.Message):
    __slots__ = ("validation",)
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    validation: Validation
    def __init__(self, validation: _Optional[_Union[Validation, _Mapping]] = ...) -> None: ...

class ValidateBatchRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ValidateRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[ValidateRequest, _Mapping]]] = ...) -> None: ...

class ValidateBatchResponse(_message.Message):
    __slots__ = ("index", "validation", "error")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    index: int
    validation: Validation
    error: ValidationError
    def __init__(self, index: _Optional[int] = ..., validation: _Optional[_Union[Validation, _Mapping]] = ..., error: _Optional[_Union[ValidationError, _Mapping]] = ...) -> None: ...

class ValidationError(_message.Message):
    __slots__ = ("reason", "message", "field")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    reason: _error_reason_pb2.ErrorReason
    message: str
    field: str
    def __init__(self, reason: _Optional[_Union[_error_reason_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ..., field: _Optional[str] = ...) -> None: ...

class CreateValidationRequest(_message.Message):
    __slots__ = ("candidate", "policy", "request_id")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    candidate: _candidate_pb2.Candidate
    policy: ValidationPolicy
    request_id: str
    def __init__(self, candidate: _Optional[_Union[_candidate_pb2.Candidate, _Mapping]] = ..., policy: _Optional[_Union[ValidationPolicy, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateValidationResponse(_message.Message):
    __slots__ = ("validation",)
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    validation: Validation
    def __init__(self, validation: _Optional[_Union[Validation, _Mapping]] = ...) -> None: ...

class CancelValidationRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelValidationResponse(_message.Message):
    __slots__ = ("validation",)
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    validation: Validation
    def __init__(self, validation: _Optional[_Union[Validation, _Mapping]] = ...) -> None: ...

class WatchValidationRequest(_message.Message):
    __slots__ = ("id", "after_sequence")
    ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    after_sequence: int
    def __init__(self, id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class WatchValidationResponse(_message.Message):
    __slots__ = ("sequence", "event_time", "snapshot", "state", "stage_started", "stage_completed", "repair_round")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_STARTED_FIELD_NUMBER: _ClassVar[int]
    STAGE_COMPLETED_FIELD_NUMBER: _ClassVar[int]
    REPAIR_ROUND_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    event_time: _timestamp_pb2.Timestamp
    snapshot: Validation
    state: State
    stage_started: str
    stage_completed: _stage_pb2.StageResult
    repair_round: RepairRound
    def __init__(self, sequence: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., snapshot: _Optional[_Union[Validation, _Mapping]] = ..., state: _Optional[_Union[State, str]] = ..., stage_started: _Optional[str] = ..., stage_completed: _Optional[_Union[_stage_pb2.StageResult, _Mapping]] = ..., repair_round: _Optional[_Union[RepairRound, _Mapping]] = ...) -> None: ...

class GetValidationRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetValidationResponse(_message.Message):
    __slots__ = ("validation",)
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    validation: Validation
    def __init__(self, validation: _Optional[_Union[Validation, _Mapping]] = ...) -> None: ...

class ListValidationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "verdict", "state")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    verdict: Verdict
    state: State
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., state: _Optional[_Union[State, str]] = ...) -> None: ...

class ListValidationsResponse(_message.Message):
    __slots__ = ("validations", "next_page_token")
    VALIDATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    validations: _containers.RepeatedCompositeFieldContainer[Validation]
    next_page_token: str
    def __init__(self, validations: _Optional[_Iterable[_Union[Validation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListRulesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "stage", "rule_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    stage: str
    rule_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., stage: _Optional[str] = ..., rule_id: _Optional[str] = ...) -> None: ...

class ListRulesResponse(_message.Message):
    __slots__ = ("rules", "next_page_token", "missing_stages")
    RULES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MISSING_STAGES_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[_stage_pb2.RuleInfo]
    next_page_token: str
    missing_stages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rules: _Optional[_Iterable[_Union[_stage_pb2.RuleInfo, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., missing_stages: _Optional[_Iterable[str]] = ...) -> None: ...

class ValidationPolicy(_message.Message):
    __slots__ = ("stages", "required_stages", "reject_below", "run_all_stages", "stage_timeouts", "security_findings_vote", "suppressions", "baseline", "inline_ignores", "changed_lines", "fresh", "check_determinism", "repair")
    class StageTimeoutsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _duration_pb2.Duration
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    STAGES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_STAGES_FIELD_NUMBER: _ClassVar[int]
    REJECT_BELOW_FIELD_NUMBER: _ClassVar[int]
    RUN_ALL_STAGES_FIELD_NUMBER: _ClassVar[int]
    STAGE_TIMEOUTS_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FINDINGS_VOTE_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    INLINE_IGNORES_FIELD_NUMBER: _ClassVar[int]
    CHANGED_LINES_FIELD_NUMBER: _ClassVar[int]
    FRESH_FIELD_NUMBER: _ClassVar[int]
    CHECK_DETERMINISM_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedScalarFieldContainer[str]
    required_stages: RequiredStages
    reject_below: float
    run_all_stages: bool
    stage_timeouts: _containers.MessageMap[str, _duration_pb2.Duration]
    security_findings_vote: bool
    suppressions: _containers.RepeatedCompositeFieldContainer[Suppression]
    baseline: _containers.RepeatedScalarFieldContainer[str]
    inline_ignores: bool
    changed_lines: _containers.RepeatedCompositeFieldContainer[ChangedLines]
    fresh: bool
    check_determinism: bool
    repair: RepairPolicy
    def __init__(self, stages: _Optional[_Iterable[str]] = ..., required_stages: _Optional[_Union[RequiredStages, _Mapping]] = ..., reject_below: _Optional[float] = ..., run_all_stages: _Optional[bool] = ..., stage_timeouts: _Optional[_Mapping[str, _duration_pb2.Duration]] = ..., security_findings_vote: _Optional[bool] = ..., suppressions: _Optional[_Iterable[_Union[Suppression, _Mapping]]] = ..., baseline: _Optional[_Iterable[str]] = ..., inline_ignores: _Optional[bool] = ..., changed_lines: _Optional[_Iterable[_Union[ChangedLines, _Mapping]]] = ..., fresh: _Optional[bool] = ..., check_determinism: _Optional[bool] = ..., repair: _Optional[_Union[RepairPolicy, _Mapping]] = ...) -> None: ...

class RepairPolicy(_message.Message):
    __slots__ = ("below", "max_rounds")
    BELOW_FIELD_NUMBER: _ClassVar[int]
    MAX_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    below: float
    max_rounds: int
    def __init__(self, below: _Optional[float] = ..., max_rounds: _Optional[int] = ...) -> None: ...

class Suppression(_message.Message):
    __slots__ = ("rule", "path", "reason")
    RULE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    rule: str
    path: str
    reason: str
    def __init__(self, rule: _Optional[str] = ..., path: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ChangedLines(_message.Message):
    __slots__ = ("path", "ranges")
    PATH_FIELD_NUMBER: _ClassVar[int]
    RANGES_FIELD_NUMBER: _ClassVar[int]
    path: str
    ranges: _containers.RepeatedCompositeFieldContainer[LineRange]
    def __init__(self, path: _Optional[str] = ..., ranges: _Optional[_Iterable[_Union[LineRange, _Mapping]]] = ...) -> None: ...

class LineRange(_message.Message):
    __slots__ = ("first", "last")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class RequiredStages(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, stages: _Optional[_Iterable[str]] = ...) -> None: ...

class Validation(_message.Message):
    __slots__ = ("id", "state", "verdict", "authenticity_score", "scorer", "explanation", "deciding_findings", "stage_results", "language", "candidate_digest", "request_id", "labels", "create_time", "end_time", "run_duration", "policy", "contributions", "repair", "reused_from", "error", "sequence")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICITY_SCORE_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    DECIDING_FINDINGS_FIELD_NUMBER: _ClassVar[int]
    STAGE_RESULTS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_DURATION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    REUSED_FROM_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: State
    verdict: Verdict
    authenticity_score: float
    scorer: str
    explanation: str
    deciding_findings: _containers.RepeatedCompositeFieldContainer[_finding_pb2.Finding]
    stage_results: _containers.RepeatedCompositeFieldContainer[_stage_pb2.StageResult]
    language: str
    candidate_digest: str
    request_id: str
    labels: _containers.ScalarMap[str, str]
    create_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    run_duration: _duration_pb2.Duration
    policy: ValidationPolicy
    contributions: _containers.RepeatedCompositeFieldContainer[_stage_pb2.Contribution]
    repair: Repair
    reused_from: str
    error: ValidationError
    sequence: int
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[State, str]] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., authenticity_score: _Optional[float] = ..., scorer: _Optional[str] = ..., explanation: _Optional[str] = ..., deciding_findings: _Optional[_Iterable[_Union[_finding_pb2.Finding, _Mapping]]] = ..., stage_results: _Optional[_Iterable[_Union[_stage_pb2.StageResult, _Mapping]]] = ..., language: _Optional[str] = ..., candidate_digest: _Optional[str] = ..., request_id: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., run_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., policy: _Optional[_Union[ValidationPolicy, _Mapping]] = ..., contributions: _Optional[_Iterable[_Union[_stage_pb2.Contribution, _Mapping]]] = ..., repair: _Optional[_Union[Repair, _Mapping]] = ..., reused_from: _Optional[str] = ..., error: _Optional[_Union[ValidationError, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class Repair(_message.Message):
    __slots__ = ("rounds", "improved", "verdict", "authenticity_score", "files", "diff")
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    IMPROVED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICITY_SCORE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    DIFF_FIELD_NUMBER: _ClassVar[int]
    rounds: _containers.RepeatedCompositeFieldContainer[RepairRound]
    improved: bool
    verdict: Verdict
    authenticity_score: float
    files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    diff: str
    def __init__(self, rounds: _Optional[_Iterable[_Union[RepairRound, _Mapping]]] = ..., improved: _Optional[bool] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., authenticity_score: _Optional[float] = ..., files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ..., diff: _Optional[str] = ...) -> None: ...

class RepairRound(_message.Message):
    __slots__ = ("number", "repairer", "mended", "diff", "verdict", "authenticity_score", "stage_results", "kept", "reason")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    REPAIRER_FIELD_NUMBER: _ClassVar[int]
    MENDED_FIELD_NUMBER: _ClassVar[int]
    DIFF_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICITY_SCORE_FIELD_NUMBER: _ClassVar[int]
    STAGE_RESULTS_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    number: int
    repairer: str
    mended: _containers.RepeatedScalarFieldContainer[str]
    diff: str
    verdict: Verdict
    authenticity_score: float
    stage_results: _containers.RepeatedCompositeFieldContainer[_stage_pb2.StageResult]
    kept: bool
    reason: str
    def __init__(self, number: _Optional[int] = ..., repairer: _Optional[str] = ..., mended: _Optional[_Iterable[str]] = ..., diff: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., authenticity_score: _Optional[float] = ..., stage_results: _Optional[_Iterable[_Union[_stage_pb2.StageResult, _Mapping]]] = ..., kept: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...
