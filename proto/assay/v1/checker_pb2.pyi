from assay.v1 import limits_pb2 as _limits_pb2
from assay.v1 import source_pb2 as _source_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Checker(_message.Message):
    __slots__ = ("exact", "ignore_trailing_space", "tokens", "floats", "program")
    EXACT_FIELD_NUMBER: _ClassVar[int]
    IGNORE_TRAILING_SPACE_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    FLOATS_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    exact: ExactChecker
    ignore_trailing_space: TrailingSpaceChecker
    tokens: TokenChecker
    floats: FloatChecker
    program: ProgramChecker
    def __init__(self, exact: _Optional[_Union[ExactChecker, _Mapping]] = ..., ignore_trailing_space: _Optional[_Union[TrailingSpaceChecker, _Mapping]] = ..., tokens: _Optional[_Union[TokenChecker, _Mapping]] = ..., floats: _Optional[_Union[FloatChecker, _Mapping]] = ..., program: _Optional[_Union[ProgramChecker, _Mapping]] = ...) -> None: ...

class ExactChecker(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TrailingSpaceChecker(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TokenChecker(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FloatChecker(_message.Message):
    __slots__ = ("absolute", "relative")
    ABSOLUTE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    absolute: float
    relative: float
    def __init__(self, absolute: _Optional[float] = ..., relative: _Optional[float] = ...) -> None: ...

class ProgramChecker(_message.Message):
    __slots__ = ("language", "files", "entry_point", "arguments", "limits")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_POINT_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    language: str
    files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    entry_point: str
    arguments: _containers.RepeatedScalarFieldContainer[str]
    limits: _limits_pb2.ExecutionLimits
    def __init__(self, language: _Optional[str] = ..., files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ..., entry_point: _Optional[str] = ..., arguments: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[_limits_pb2.ExecutionLimits, _Mapping]] = ...) -> None: ...
