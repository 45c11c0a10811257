import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetValidationStatisticsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetValidationStatisticsResponse(_message.Message):
    __slots__ = ("statistics",)
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    statistics: ValidationStatistics
    def __init__(self, statistics: _Optional[_Union[ValidationStatistics, _Mapping]] = ...) -> None: ...

class ValidationStatistics(_message.Message):
    __slots__ = ("validations", "queued", "running", "verdicts", "oldest_queued", "max_queued")
    class VerdictsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    VALIDATIONS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    OLDEST_QUEUED_FIELD_NUMBER: _ClassVar[int]
    MAX_QUEUED_FIELD_NUMBER: _ClassVar[int]
    validations: int
    queued: int
    running: int
    verdicts: _containers.ScalarMap[str, int]
    oldest_queued: _duration_pb2.Duration
    max_queued: int
    def __init__(self, validations: _Optional[int] = ..., queued: _Optional[int] = ..., running: _Optional[int] = ..., verdicts: _Optional[_Mapping[str, int]] = ..., oldest_queued: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_queued: _Optional[int] = ...) -> None: ...

class GetAccessStatisticsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetAccessStatisticsResponse(_message.Message):
    __slots__ = ("statistics",)
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    statistics: AccessStatistics
    def __init__(self, statistics: _Optional[_Union[AccessStatistics, _Mapping]] = ...) -> None: ...

class AccessStatistics(_message.Message):
    __slots__ = ("tenants",)
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    tenants: int
    def __init__(self, tenants: _Optional[int] = ...) -> None: ...
