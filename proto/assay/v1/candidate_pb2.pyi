from assay.v1 import checker_pb2 as _checker_pb2
from assay.v1 import source_pb2 as _source_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TestFramework(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEST_FRAMEWORK_UNSPECIFIED: _ClassVar[TestFramework]
    TEST_FRAMEWORK_ASSERTS: _ClassVar[TestFramework]
    TEST_FRAMEWORK_UNITTEST: _ClassVar[TestFramework]
    TEST_FRAMEWORK_PYTEST: _ClassVar[TestFramework]
TEST_FRAMEWORK_UNSPECIFIED: TestFramework
TEST_FRAMEWORK_ASSERTS: TestFramework
TEST_FRAMEWORK_UNITTEST: TestFramework
TEST_FRAMEWORK_PYTEST: TestFramework

class Candidate(_message.Message):
    __slots__ = ("files", "language", "language_version", "entry_point", "specification", "tests", "allowed_dependencies", "project_type", "author", "labels", "context_files")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FILES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_POINT_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    PROJECT_TYPE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    language: str
    language_version: str
    entry_point: str
    specification: Specification
    tests: _containers.RepeatedCompositeFieldContainer[TestSuite]
    allowed_dependencies: AllowedDependencies
    project_type: str
    author: str
    labels: _containers.ScalarMap[str, str]
    context_files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    def __init__(self, files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ..., language: _Optional[str] = ..., language_version: _Optional[str] = ..., entry_point: _Optional[str] = ..., specification: _Optional[_Union[Specification, _Mapping]] = ..., tests: _Optional[_Iterable[_Union[TestSuite, _Mapping]]] = ..., allowed_dependencies: _Optional[_Union[AllowedDependencies, _Mapping]] = ..., project_type: _Optional[str] = ..., author: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., context_files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ...) -> None: ...

class Specification(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class TestSuite(_message.Message):
    __slots__ = ("framework", "files", "cases", "checker")
    FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    CHECKER_FIELD_NUMBER: _ClassVar[int]
    framework: TestFramework
    files: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceFile]
    cases: _containers.RepeatedCompositeFieldContainer[ProgramCase]
    checker: _checker_pb2.Checker
    def __init__(self, framework: _Optional[_Union[TestFramework, str]] = ..., files: _Optional[_Iterable[_Union[_source_pb2.SourceFile, _Mapping]]] = ..., cases: _Optional[_Iterable[_Union[ProgramCase, _Mapping]]] = ..., checker: _Optional[_Union[_checker_pb2.Checker, _Mapping]] = ...) -> None: ...

class ProgramCase(_message.Message):
    __slots__ = ("name", "stdin", "arguments", "expected_stdout", "checker", "expected_exit_code")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_STDOUT_FIELD_NUMBER: _ClassVar[int]
    CHECKER_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    name: str
    stdin: bytes
    arguments: _containers.RepeatedScalarFieldContainer[str]
    expected_stdout: bytes
    checker: _checker_pb2.Checker
    expected_exit_code: int
    def __init__(self, name: _Optional[str] = ..., stdin: _Optional[bytes] = ..., arguments: _Optional[_Iterable[str]] = ..., expected_stdout: _Optional[bytes] = ..., checker: _Optional[_Union[_checker_pb2.Checker, _Mapping]] = ..., expected_exit_code: _Optional[int] = ...) -> None: ...

class AllowedDependencies(_message.Message):
    __slots__ = ("distributions",)
    DISTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    distributions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, distributions: _Optional[_Iterable[str]] = ...) -> None: ...
