from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class Access(_message.Message):
    __slots__ = ("scope", "routes", "runs", "queues")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ROUTES_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    scope: str
    routes: _containers.RepeatedCompositeFieldContainer[HttpRoute]
    runs: bool
    queues: bool
    def __init__(self, scope: _Optional[str] = ..., routes: _Optional[_Iterable[_Union[HttpRoute, _Mapping]]] = ..., runs: _Optional[bool] = ..., queues: _Optional[bool] = ...) -> None: ...

class HttpRoute(_message.Message):
    __slots__ = ("method", "path", "status", "response")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    method: str
    path: str
    status: int
    response: str
    def __init__(self, method: _Optional[str] = ..., path: _Optional[str] = ..., status: _Optional[int] = ..., response: _Optional[str] = ...) -> None: ...
