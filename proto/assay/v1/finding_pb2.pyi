from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_INFO: _ClassVar[Severity]
    SEVERITY_LOW: _ClassVar[Severity]
    SEVERITY_MEDIUM: _ClassVar[Severity]
    SEVERITY_HIGH: _ClassVar[Severity]
    SEVERITY_CRITICAL: _ClassVar[Severity]

class FindingCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINDING_CATEGORY_UNSPECIFIED: _ClassVar[FindingCategory]
    FINDING_CATEGORY_SYNTAX: _ClassVar[FindingCategory]
    FINDING_CATEGORY_TRUNCATION: _ClassVar[FindingCategory]
    FINDING_CATEGORY_ARTIFACT: _ClassVar[FindingCategory]
    FINDING_CATEGORY_PLACEHOLDER: _ClassVar[FindingCategory]
    FINDING_CATEGORY_HALLUCINATION: _ClassVar[FindingCategory]
    FINDING_CATEGORY_BEHAVIOR: _ClassVar[FindingCategory]
    FINDING_CATEGORY_RUNTIME: _ClassVar[FindingCategory]
    FINDING_CATEGORY_SPECIFICATION: _ClassVar[FindingCategory]
    FINDING_CATEGORY_SECURITY: _ClassVar[FindingCategory]
    FINDING_CATEGORY_ENVIRONMENT: _ClassVar[FindingCategory]
SEVERITY_UNSPECIFIED: Severity
SEVERITY_INFO: Severity
SEVERITY_LOW: Severity
SEVERITY_MEDIUM: Severity
SEVERITY_HIGH: Severity
SEVERITY_CRITICAL: Severity
FINDING_CATEGORY_UNSPECIFIED: FindingCategory
FINDING_CATEGORY_SYNTAX: FindingCategory
FINDING_CATEGORY_TRUNCATION: FindingCategory
FINDING_CATEGORY_ARTIFACT: FindingCategory
FINDING_CATEGORY_PLACEHOLDER: FindingCategory
FINDING_CATEGORY_HALLUCINATION: FindingCategory
FINDING_CATEGORY_BEHAVIOR: FindingCategory
FINDING_CATEGORY_RUNTIME: FindingCategory
FINDING_CATEGORY_SPECIFICATION: FindingCategory
FINDING_CATEGORY_SECURITY: FindingCategory
FINDING_CATEGORY_ENVIRONMENT: FindingCategory

class Finding(_message.Message):
    __slots__ = ("rule_id", "category", "severity", "confidence", "location", "message", "suggestion", "fixes", "evidence", "stage", "fingerprint", "suppressed")
    class EvidenceEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    FIXES_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSED_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    category: FindingCategory
    severity: Severity
    confidence: float
    location: Location
    message: str
    suggestion: str
    fixes: _containers.RepeatedCompositeFieldContainer[Fix]
    evidence: _containers.ScalarMap[str, str]
    stage: str
    fingerprint: str
    suppressed: str
    def __init__(self, rule_id: _Optional[str] = ..., category: _Optional[_Union[FindingCategory, str]] = ..., severity: _Optional[_Union[Severity, str]] = ..., confidence: _Optional[float] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., message: _Optional[str] = ..., suggestion: _Optional[str] = ..., fixes: _Optional[_Iterable[_Union[Fix, _Mapping]]] = ..., evidence: _Optional[_Mapping[str, str]] = ..., stage: _Optional[str] = ..., fingerprint: _Optional[str] = ..., suppressed: _Optional[str] = ...) -> None: ...

class Location(_message.Message):
    __slots__ = ("path", "start_line", "start_column", "end_line", "end_column")
    PATH_FIELD_NUMBER: _ClassVar[int]
    START_LINE_FIELD_NUMBER: _ClassVar[int]
    START_COLUMN_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    END_COLUMN_FIELD_NUMBER: _ClassVar[int]
    path: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    def __init__(self, path: _Optional[str] = ..., start_line: _Optional[int] = ..., start_column: _Optional[int] = ..., end_line: _Optional[int] = ..., end_column: _Optional[int] = ...) -> None: ...

class Fix(_message.Message):
    __slots__ = ("description", "edits", "safe")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    SAFE_FIELD_NUMBER: _ClassVar[int]
    description: str
    edits: _containers.RepeatedCompositeFieldContainer[TextEdit]
    safe: bool
    def __init__(self, description: _Optional[str] = ..., edits: _Optional[_Iterable[_Union[TextEdit, _Mapping]]] = ..., safe: _Optional[bool] = ...) -> None: ...

class TextEdit(_message.Message):
    __slots__ = ("range", "new_text")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    NEW_TEXT_FIELD_NUMBER: _ClassVar[int]
    range: Location
    new_text: str
    def __init__(self, range: _Optional[_Union[Location, _Mapping]] = ..., new_text: _Optional[str] = ...) -> None: ...
