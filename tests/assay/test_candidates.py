"""Candidates of messages: what is refused, by which field, and what goes through unchanged."""

from dataclasses import replace
from typing import Any

import pytest
from assay.candidates import MAX_CASES, MAX_TOTAL_BYTES, candidate_from_proto, candidate_to_proto
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
from hypothesis import given, settings
from hypothesis import strategies as st

File = source_pb2.SourceFile
ONE = File(path="a.py", content=b"x = 1\n")


CASE = candidate_pb2.ProgramCase(stdin=b"1\n", expected_stdout=b"2\n")
LATER_SUITE = candidate_pb2.TestSuite(files=[ONE], framework=99)  # type: ignore[arg-type]


def refused(**fields: Any) -> InvalidArgument:
    """Return the error of a candidate."""
    fields.setdefault("files", [ONE])
    with pytest.raises(InvalidArgument) as caught:
        candidate_from_proto(candidate_pb2.Candidate(**fields))
    return caught.value


BAD_PATHS = [
    "", "/etc/passwd", "../x", "a/../x", "a/..", "..", ".", "./a", "a/./b", "a//b", "a/", "a\\b", "..\\x", "a\0b",
    "a\nb", "a\rb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "a\x9b31mb", "x" * 513, "x" * 256, "é" * 128 + "/a",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_bad_path(path: str) -> None:
    """A path that leaves its folder, is none, or could not be shown or written is refused by its place."""
    assert refused(files=[ONE, File(path=path)]).field == "candidate.files[1].path"
    assert refused(context_files=[File(path=path)]).field == "candidate.context_files[0].path"
    suite = candidate_pb2.TestSuite(files=[File(path="t.py"), File(path=path)])
    assert refused(tests=[candidate_pb2.TestSuite(files=[File(path="t.py")]), suite]).field == (
        "candidate.tests[1].files[1].path"
    )


@pytest.mark.parametrize("path", ["a.py", "a/b/c.py", "...", ".hidden", "a b", "é.py", "日本.py", "-", "x" * 255])
def test_good_path(path: str) -> None:
    """Odd paths that stay in their folder are taken."""
    assert candidate_from_proto(candidate_pb2.Candidate(files=[File(path=path)])).entry_point == path


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"files": []}, "candidate.files"),
        ({"files": [], "tests": [candidate_pb2.TestSuite(files=[ONE])]}, "candidate.files"),
        ({"files": [ONE, ONE]}, "candidate.files[1].path"),
        ({"files": [File(path="a"), File(path="a/b")]}, "candidate.files[0].path"),
        ({"files": [File(path="a/b/c"), ONE, File(path="a/b")]}, "candidate.files[0].path"),
        ({"files": [File(path=f"{n}.py") for n in range(MAX_FILES + 1)]}, "candidate.files"),
        ({"files": [File(path="a", content=bytes(MAX_TOTAL_BYTES + 1))]}, "candidate.files"),
        ({"context_files": [ONE]}, "candidate.context_files[0].path"),
        ({"context_files": [File(path="a.py/b")]}, "candidate.context_files[0].path"),
        ({"context_files": [File(path=f"{n}.py") for n in range(MAX_FILES)]}, "candidate.context_files"),
        ({"entry_point": "b.py"}, "candidate.entry_point"),
        ({"entry_point": "b.py", "context_files": [File(path="b.py")]}, "candidate.entry_point"),
        ({"specification": {"text": "x" * 200_001}}, "candidate.specification.text"),
        ({"tests": [candidate_pb2.TestSuite()]}, "candidate.tests[0].files"),
        ({"tests": [LATER_SUITE]}, "candidate.tests[0].framework"),
        ({"tests": [candidate_pb2.TestSuite(files=[ONE])] * 65}, "candidate.tests"),
        ({"labels": {str(n): "" for n in range(65)}}, "candidate.labels"),
        ({"labels": {"x" * 257: ""}}, "candidate.labels"),
        ({"labels": {"a": "x" * 257}}, "candidate.labels"),
        ({"language": "x" * 257}, "candidate.language"),
        ({"language_version": "x" * 257}, "candidate.language_version"),
        ({"project_type": "x" * 257}, "candidate.project_type"),
        ({"author": "x" * 257}, "candidate.author"),
        ({"allowed_dependencies": {"distributions": ["x" * 257]}}, "candidate.allowed_dependencies.distributions[0]"),
        ({"allowed_dependencies": {"distributions": ["a"] * 10_001}}, "candidate.allowed_dependencies.distributions"),
    ],
)  # fmt: skip
def test_out_of_bounds(fields: dict[str, Any], field: str) -> None:
    """What is missing or beyond its bound is refused by its field, without an echo of what was sent."""
    error = refused(**fields)
    assert error.field == field
    assert len(str(error)) < 200


def test_at_the_bounds() -> None:
    """What is just within the bounds is taken."""
    files = [File(path=f"{n}.py") for n in range(MAX_FILES)]
    files[0].content = bytes(MAX_TOTAL_BYTES)
    labels = {str(n).rjust(256, "x"): "x" * 256 for n in range(64)}
    candidate = candidate_from_proto(candidate_pb2.Candidate(files=files, labels=labels))
    assert (len(candidate.files), len(candidate.labels)) == (1_000, 64)


def test_unknown_fields() -> None:
    """Fields of a later contract are passed over."""
    content = candidate_pb2.Candidate(files=[ONE]).SerializeToString() + b"\xfa\x3e\x03abc"
    assert candidate_from_proto(candidate_pb2.Candidate.FromString(content)).files[0].content == b"x = 1\n"


def test_allowed_dependencies() -> None:
    """An empty list of allowed dependencies allows none, an absent one any."""
    empty = candidate_pb2.Candidate(files=[ONE], allowed_dependencies={})
    assert candidate_from_proto(empty).allowed_dependencies == frozenset()
    assert candidate_from_proto(candidate_pb2.Candidate(files=[ONE])).allowed_dependencies is None


@pytest.mark.parametrize(
    ("suite", "field"),
    [
        ({"files": [ONE], "cases": [CASE]}, "cases"),
        ({"cases": [CASE] * (MAX_CASES + 1)}, "cases"),
        ({}, "files"),
        ({"cases": [candidate_pb2.ProgramCase(expected_exit_code=256)]}, "cases[0].expected_exit_code"),
        ({"cases": [candidate_pb2.ProgramCase(name="x" * 257)]}, "cases[0].name"),
        ({"cases": [CASE], "checker": {"floats": {"relative": -1.0}}}, "checker.floats"),
        ({"cases": [CASE], "checker": {"floats": {"absolute": float("nan")}}}, "checker.floats"),
        ({"cases": [CASE], "checker": {"program": {"language": "python"}}}, "checker.program.files"),
        ({"cases": [CASE], "checker": {"program": {"files": [ONE], "limits": {}}}}, "checker.program.limits"),
    ],
)
def test_suite_out_of_bounds(suite: dict[str, Any], field: str) -> None:
    """A suite has files or cases, as many as may be, with checkers that can be."""
    assert refused(tests=[candidate_pb2.TestSuite(**suite)]).field == f"candidate.tests[0].{field}"


def test_default_checker() -> None:
    """Without a checker the space at the ends of lines does not count; one without a kind compares exactly."""
    suites = [
        candidate_pb2.TestSuite(cases=[CASE]),
        candidate_pb2.TestSuite(cases=[CASE], checker=checker_pb2.Checker()),
    ]
    tests = candidate_from_proto(candidate_pb2.Candidate(files=[ONE], tests=suites)).tests
    assert [suite.checker.comparison for suite in tests] == [Comparison.TRAILING_SPACE, Comparison.EXACT]


text = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text("abcdefgé_.", min_size=1, max_size=12).filter(lambda name: name not in {".", ".."})
files = st.builds(SourceFile, names, st.binary(max_size=30), st.booleans())
checkers = st.one_of(
    st.sampled_from([OutputChecker(one) for one in Comparison if one not in {Comparison.FLOATS, Comparison.PROGRAM}]),
    st.builds(OutputChecker, st.just(Comparison.FLOATS), st.floats(0, 10), st.floats(0, 1)),
    st.builds(
        OutputChecker,
        st.just(Comparison.PROGRAM),
        program=st.builds(CheckerProgram, text, files.map(lambda file: (file,)), text, st.lists(text).map(tuple)),
    ),
)
cases = st.builds(
    ProgramCase,
    stdin=st.binary(max_size=20),
    expected_stdout=st.binary(max_size=20),
    name=text,
    arguments=st.lists(text, max_size=2).map(tuple),
    checker=st.none() | checkers,
    expected_exit_code=st.integers(0, 255),
)
suites = st.one_of(
    st.builds(TestSuite, files.map(lambda file: (file,)), st.sampled_from(TestFramework), checker=checkers),
    st.builds(TestSuite, cases=st.lists(cases, min_size=1, max_size=2).map(tuple), checker=checkers),
)
candidates = st.builds(
    Candidate,
    files=st.lists(files, min_size=1, max_size=4, unique_by=lambda file: file.path).map(tuple),
    language=text,
    language_version=text,
    specification=text,
    tests=st.lists(suites, max_size=2).map(tuple),
    allowed_dependencies=st.none() | st.frozensets(text, max_size=3),
    project_type=text,
    author=text,
    labels=st.dictionaries(text, text, max_size=3),
)


@given(candidates)
@settings(max_examples=40, deadline=None)
def test_candidate_round_trip(candidate: Candidate) -> None:
    """A candidate comes back from its message as it was, the first file its entry point where none is named."""
    candidate = replace(candidate, tests=tuple(suite for suite in candidate.tests))
    back = candidate_from_proto(candidate_pb2.Candidate.FromString(candidate_to_proto(candidate).SerializeToString()))
    assert back == replace(candidate, entry_point=candidate.files[0].path)
