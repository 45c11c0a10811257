"""
Candidates and their tests, from messages to domain types and back.

What comes from a client is checked here, so that a domain module never sees a path that leaves its folder.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from assay.errors import InvalidArgument
from assay.stage import (
    MAX_FILES,
    Candidate,
    CheckerProgram,
    Comparison,
    OutputChecker,
    ProgramCase,
    SourceFile,
    TestFramework,
    TestSuite,
)
from assay.v1 import candidate_pb2, checker_pb2, source_pb2

MAX_TOTAL_BYTES = 16 * 1024 * 1024
"""Bytes of all files of one candidate, program or test suite."""

MAX_PATH_CHARACTERS = 512
MAX_NAME_CHARACTERS = 256
MAX_DEPENDENCIES = 10_000
MAX_SPECIFICATION_CHARACTERS = 200_000
MAX_SUITES = 64
MAX_CASES = 1_000
"""Cases of one suite."""

MAX_LABELS = 64
MAX_LABEL_CHARACTERS = 256

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""The characters of Unicode's category Cc: these, by its stability policy, for ever."""


def check_path(path: str, field: str) -> str:
    """Return the path of a file if it stays inside its folder; raise :class:`InvalidArgument` otherwise."""
    if not path:
        raise InvalidArgument(field, "a file needs a path")
    if len(path) > MAX_PATH_CHARACTERS:
        raise InvalidArgument(field, f"a path has at most {MAX_PATH_CHARACTERS} characters")
    if _CONTROL.search(path):
        raise InvalidArgument(field, "a path has no control characters, line ends or NUL bytes")
    if path.startswith("/") or "\\" in path:
        raise InvalidArgument(field, "a path is relative and has forward slashes")
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidArgument(field, 'a path has no empty, "." or ".." parts')
    if any(len(part.encode()) > 255 for part in parts):
        raise InvalidArgument(field, "each part of a path has at most 255 bytes")
    return path


def files_from_proto(
    messages: Sequence[source_pb2.SourceFile], field: str, beside: Sequence[SourceFile] = ()
) -> tuple[SourceFile, ...]:
    """
    Return the files of a request, checked: bounded, with unique paths, none of which is another's folder.

    :param beside: Files that were checked before and share their folder, and the bounds, with these.
    """
    if not messages:
        raise InvalidArgument(field, "at least one file is needed")
    if (count := len(messages) + len(beside)) > MAX_FILES:
        raise InvalidArgument(field, f"{count} files are more than the {MAX_FILES} allowed")
    total = sum(len(message.content) for message in messages) + sum(len(file.content) for file in beside)
    if total > MAX_TOTAL_BYTES:
        raise InvalidArgument(field, f"{total} bytes are more than the {MAX_TOTAL_BYTES} allowed")
    seen = {file.path for file in beside}
    for index, message in enumerate(messages):
        path = check_path(message.path, f"{field}[{index}].path")
        if path in seen:
            raise InvalidArgument(f"{field}[{index}].path", "another file has the same path")
        seen.add(path)
    folders = {folder for path in seen for folder in _folders(path)}
    for index, message in enumerate(messages):
        if message.path in folders or not seen.isdisjoint(_folders(message.path)):
            raise InvalidArgument(f"{field}[{index}].path", "one file's path uses another file as a folder")
    return tuple(SourceFile(m.path, m.content, m.executable) for m in messages)


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def labels_from_proto(labels: Mapping[str, str], field: str) -> dict[str, str]:
    """Return labels, checked against their bounds."""
    if len(labels) > MAX_LABELS:
        raise InvalidArgument(field, f"at most {MAX_LABELS} labels are kept")
    if any(len(text) > MAX_LABEL_CHARACTERS for pair in labels.items() for text in pair):
        raise InvalidArgument(field, f"a label's key and value have at most {MAX_LABEL_CHARACTERS} characters")
    return dict(labels)


def candidate_from_proto(message: candidate_pb2.Candidate, field: str = "candidate") -> Candidate:
    """
    Return the candidate of a request, checked.

    :raises InvalidArgument: A field is missing or out of bounds; the error names it.
    """
    if message.tests and not message.files:
        raise InvalidArgument(f"{field}.files", "there are tests, but no code that they could test")
    files = files_from_proto(message.files, f"{field}.files")
    context_files: tuple[SourceFile, ...] = ()
    if message.context_files:
        context_files = files_from_proto(message.context_files, f"{field}.context_files", beside=files)
    entry_point = message.entry_point or files[0].path
    if entry_point not in {file.path for file in files}:
        raise InvalidArgument(f"{field}.entry_point", "it is not the path of one of the files")
    if len(message.specification.text) > MAX_SPECIFICATION_CHARACTERS:
        raise InvalidArgument(
            f"{field}.specification.text", f"it has at most {MAX_SPECIFICATION_CHARACTERS} characters"
        )
    if len(message.tests) > MAX_SUITES:
        raise InvalidArgument(f"{field}.tests", f"at most {MAX_SUITES} suites are run")
    for name in ("language", "language_version", "project_type", "author"):
        _check_name(getattr(message, name), f"{field}.{name}")
    return Candidate(
        files=files,
        language=message.language,
        language_version=message.language_version,
        entry_point=entry_point,
        specification=message.specification.text,
        tests=tuple(_suite_from_proto(suite, f"{field}.tests[{index}]") for index, suite in enumerate(message.tests)),
        allowed_dependencies=_dependencies_from_proto(message, f"{field}.allowed_dependencies.distributions"),
        project_type=message.project_type,
        author=message.author,
        labels=labels_from_proto(message.labels, f"{field}.labels"),
        context_files=context_files,
    )


def _check_name(text: str, field: str) -> str:
    if len(text) > MAX_NAME_CHARACTERS:
        raise InvalidArgument(field, f"it has at most {MAX_NAME_CHARACTERS} characters")
    return text


def _dependencies_from_proto(message: candidate_pb2.Candidate, field: str) -> frozenset[str] | None:
    if not message.HasField("allowed_dependencies"):
        return None
    names = message.allowed_dependencies.distributions
    if len(names) > MAX_DEPENDENCIES:
        raise InvalidArgument(field, f"at most {MAX_DEPENDENCIES} distributions can be named")
    return frozenset(_check_name(name, f"{field}[{index}]") for index, name in enumerate(names))


def _suite_from_proto(message: candidate_pb2.TestSuite, field: str) -> TestSuite:
    if message.files and message.cases:
        raise InvalidArgument(f"{field}.cases", "a suite has either files or cases")
    if len(message.cases) > MAX_CASES:
        raise InvalidArgument(f"{field}.cases", f"at most {MAX_CASES} cases are run")
    files = () if message.cases else files_from_proto(message.files, f"{field}.files")
    try:
        framework = TestFramework(message.framework)
    except ValueError:
        raise InvalidArgument(f"{field}.framework", "it is not a framework of this contract") from None
    cases = tuple(_case_from_proto(case, f"{field}.cases[{index}]") for index, case in enumerate(message.cases))
    if message.HasField("checker"):
        return TestSuite(files, framework, cases, _checker_from_proto(message.checker, f"{field}.checker"))
    return TestSuite(files, framework, cases)


def _case_from_proto(message: candidate_pb2.ProgramCase, field: str) -> ProgramCase:
    if not 0 <= message.expected_exit_code <= 255:
        raise InvalidArgument(f"{field}.expected_exit_code", "it must be from 0 to 255")
    return ProgramCase(
        stdin=message.stdin,
        expected_stdout=message.expected_stdout,
        name=_check_name(message.name, f"{field}.name"),
        arguments=tuple(message.arguments),
        checker=_checker_from_proto(message.checker, f"{field}.checker") if message.HasField("checker") else None,
        expected_exit_code=message.expected_exit_code,
    )


_COMPARISONS = {
    None: Comparison.EXACT,
    "exact": Comparison.EXACT,
    "ignore_trailing_space": Comparison.TRAILING_SPACE,
    "tokens": Comparison.TOKENS,
    "floats": Comparison.FLOATS,
    "program": Comparison.PROGRAM,
}


def _checker_from_proto(message: checker_pb2.Checker, field: str) -> OutputChecker:
    comparison = _COMPARISONS[message.WhichOneof("kind")]
    if comparison is Comparison.FLOATS:
        tolerances = message.floats.absolute, message.floats.relative
        if not all(0 <= value < float("inf") for value in tolerances):
            raise InvalidArgument(f"{field}.floats", "a tolerance is a finite number of at least zero")
        return OutputChecker(comparison, *tolerances)
    if comparison is Comparison.PROGRAM:
        return OutputChecker(comparison, program=_checker_program_from_proto(message.program, f"{field}.program"))
    return OutputChecker(comparison)


def _checker_program_from_proto(message: checker_pb2.ProgramChecker, field: str) -> CheckerProgram:
    if message.HasField("limits"):
        raise InvalidArgument(f"{field}.limits", "a checker of a candidate's tests has the suite's limits")
    return CheckerProgram(
        language=_check_name(message.language, f"{field}.language"),
        files=files_from_proto(message.files, f"{field}.files"),
        entry_point=message.entry_point,
        arguments=tuple(message.arguments),
    )


def checker_to_proto(checker: OutputChecker) -> checker_pb2.Checker:
    """Return the message of a checker."""
    match checker.comparison:
        case Comparison.EXACT:
            return checker_pb2.Checker(exact=checker_pb2.ExactChecker())
        case Comparison.TRAILING_SPACE:
            return checker_pb2.Checker(ignore_trailing_space=checker_pb2.TrailingSpaceChecker())
        case Comparison.TOKENS:
            return checker_pb2.Checker(tokens=checker_pb2.TokenChecker())
        case Comparison.FLOATS:
            tolerances = checker_pb2.FloatChecker(absolute=checker.absolute, relative=checker.relative)
            return checker_pb2.Checker(floats=tolerances)
        case Comparison.PROGRAM:
            assert checker.program is not None
            program = checker_pb2.ProgramChecker(
                language=checker.program.language,
                files=[file_to_proto(file) for file in checker.program.files],
                entry_point=checker.program.entry_point,
                arguments=checker.program.arguments,
            )
            return checker_pb2.Checker(program=program)


def _suite_to_proto(suite: TestSuite) -> candidate_pb2.TestSuite:
    return candidate_pb2.TestSuite(
        framework=f"TEST_FRAMEWORK_{suite.framework.name}",
        files=[file_to_proto(file) for file in suite.files],
        cases=[
            candidate_pb2.ProgramCase(
                name=case.name,
                stdin=case.stdin,
                arguments=case.arguments,
                expected_stdout=case.expected_stdout,
                checker=None if case.checker is None else checker_to_proto(case.checker),
                expected_exit_code=case.expected_exit_code,
            )
            for case in suite.cases
        ],
        checker=checker_to_proto(suite.checker),
    )


def candidate_to_proto(candidate: Candidate) -> candidate_pb2.Candidate:
    """Return the message of a candidate."""
    message = candidate_pb2.Candidate(
        files=[file_to_proto(file) for file in candidate.files],
        language=candidate.language,
        language_version=candidate.language_version,
        entry_point=candidate.entry_point,
        tests=[_suite_to_proto(suite) for suite in candidate.tests],
        project_type=candidate.project_type,
        author=candidate.author,
        labels=dict(candidate.labels),
        context_files=[file_to_proto(file) for file in candidate.context_files],
    )
    if candidate.specification:
        message.specification.text = candidate.specification
    if candidate.allowed_dependencies is not None:
        message.allowed_dependencies.SetInParent()
        message.allowed_dependencies.distributions.extend(sorted(candidate.allowed_dependencies))
    return message


def file_to_proto(file: SourceFile) -> source_pb2.SourceFile:
    """Return the message of a file."""
    return source_pb2.SourceFile(path=file.path, content=file.content, executable=file.executable)
