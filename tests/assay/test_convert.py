"""Messages and domain types: what is refused, by which field, and what goes through unchanged."""

import math
from dataclasses import replace
from typing import Any

import pytest
from assay import convert
from assay.convert import candidate_from_proto, candidate_to_proto, duration_to_proto, seconds_from_proto
from assay.errors import InvalidArgument
from assay.stage import (
    MAX_FILES,
    Candidate,
    Category,
    Finding,
    Fix,
    Location,
    RuleInfo,
    Severity,
    SourceFile,
    StageResult,
    StageStatus,
    TestFramework,
    TestSuite,
    TextEdit,
)
from assay.v1 import candidate_pb2, finding_pb2, stage_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

File = candidate_pb2.SourceFile
ONE = File(path="a.py", content=b"x = 1\n")


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
        ({"files": [File(path="a", content=bytes(convert.MAX_TOTAL_BYTES + 1))]}, "candidate.files"),
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
    files[0].content = bytes(convert.MAX_TOTAL_BYTES)
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
    "fields",
    [
        {},
        {"severity": 4},
        {"severity": 99, "category": 1},
        {"severity": 4, "category": 99},
        {"severity": 4, "category": 1, "confidence": 1.1},
        {"severity": 4, "category": 1, "confidence": -0.1},
        {"severity": 4, "category": 1, "confidence": math.nan},
    ],
)
def test_finding_outside_the_contract(fields: dict[str, Any]) -> None:
    """A finding of an unknown kind, or with a confidence that is none, is a ValueError."""
    with pytest.raises(ValueError):
        convert.finding_from_proto(finding_pb2.Finding(**fields))


@pytest.mark.parametrize("status", [0, 99])
def test_result_outside_the_contract(status: int) -> None:
    """A result without a known status is a ValueError."""
    with pytest.raises(ValueError):
        convert.result_from_proto(stage_pb2.StageResult(status=status))  # type: ignore[arg-type]


text = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text("abcdefgé_.", min_size=1, max_size=12).filter(lambda name: name not in {".", ".."})
numbers = st.integers(0, 2**31 - 1)
files = st.builds(SourceFile, names, st.binary(max_size=30), st.booleans())
locations = st.builds(Location, text, numbers, numbers, numbers, numbers)
findings = st.builds(
    Finding,
    rule_id=text,
    category=st.sampled_from(Category),
    severity=st.sampled_from(Severity),
    message=text,
    location=st.none() | locations,
    confidence=st.floats(0, 1),
    suggestion=text,
    fixes=st.lists(
        st.builds(Fix, text, st.lists(st.builds(TextEdit, locations, text), max_size=2).map(tuple), st.booleans()),
        max_size=2,
    ).map(tuple),
    evidence=st.dictionaries(text, text, max_size=2),
    stage=text,
    fingerprint=text,
    suppressed=text,
)
rules = st.builds(
    RuleInfo,
    rule_id=text,
    category=st.sampled_from(Category),
    severity=st.sampled_from(Severity),
    explanation=text,
    confidence=st.floats(0, 1),
    fires=st.lists(text, max_size=2).map(tuple),
    passes=st.lists(text, max_size=2).map(tuple),
)
results = st.builds(
    StageResult,
    status=st.sampled_from(StageStatus),
    findings=st.lists(findings, max_size=3).map(tuple),
    reason=text,
    details=st.dictionaries(text, text, max_size=2),
    stage=text,
    version=text,
    seconds=st.integers(0, 10**12).map(lambda nanoseconds: nanoseconds / 1e9),
)
candidates = st.builds(
    Candidate,
    files=st.lists(files, min_size=1, max_size=4, unique_by=lambda file: file.path).map(tuple),
    language=text,
    language_version=text,
    specification=text,
    tests=st.lists(
        st.builds(TestSuite, st.lists(files, min_size=1, max_size=1).map(tuple), st.sampled_from(TestFramework)),
        max_size=2,
    ).map(tuple),
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


@given(rules, text)
@settings(max_examples=40, deadline=None)
def test_rule_round_trip(rule: RuleInfo, stage: str) -> None:
    """A rule comes back from its message as it was, and the message names its stage."""
    message = stage_pb2.RuleInfo.FromString(convert.rule_to_proto(rule, stage).SerializeToString())
    assert convert.rule_from_proto(message) == rule
    assert message.stage == stage


@pytest.mark.parametrize("fields", [{"category": 0}, {"severity": 0}, {"severity": 99}])
def test_rule_outside_the_contract(fields: dict[str, Any]) -> None:
    """A rule of a later contract, or of none, is no rule."""
    known: dict[str, Any] = {"category": 1, "severity": 1}
    with pytest.raises(ValueError, match="not a valid"):
        convert.rule_from_proto(stage_pb2.RuleInfo(**(known | fields)))


@given(results)
@settings(max_examples=40, deadline=None)
def test_result_round_trip(result: StageResult) -> None:
    """A result comes back from its message as it was, with all its findings."""
    message = stage_pb2.StageResult.FromString(convert.result_to_proto(result).SerializeToString())
    back = convert.result_from_proto(message)
    assert replace(back, seconds=0) == replace(result, seconds=0)
    assert math.isclose(back.seconds, result.seconds, abs_tol=1e-9)


@given(st.floats(-1e9, 1e9))
def test_duration_round_trip(seconds: float) -> None:
    """A time keeps its nanoseconds, and its two parts have one sign."""
    message = duration_to_proto(seconds)
    assert message.seconds * message.nanos >= 0
    assert seconds_from_proto(message) == pytest.approx(seconds, abs=1e-6)


def test_long_message() -> None:
    """A message that quotes a name as long as a file keeps its beginning and its end, and no more than it may have."""
    finding = Finding("static/x", Category.SYNTAX, Severity.HIGH, f"Nothing defines {'a' * 5_000_000}, here.")
    message = convert.finding_to_proto(replace(finding, suggestion=finding.message))
    for text in (message.message, message.suggestion):
        assert len(text) <= convert.MAX_MESSAGE_CHARACTERS
        assert text.startswith("Nothing defines aaa")
        assert text.endswith("aaa, here.")
