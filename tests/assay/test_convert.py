"""Messages and domain types: what is refused, by which field, and what goes through unchanged."""

import math
from dataclasses import replace
from typing import Any

import pytest
from assay import convert
from assay.convert import duration_to_proto, seconds_from_proto
from assay.stage import (
    Category,
    Contribution,
    Finding,
    Fix,
    Location,
    RuleInfo,
    Severity,
    StageResult,
    StageStatus,
    TextEdit,
)
from assay.v1 import finding_pb2, stage_pb2
from hypothesis import given, settings
from hypothesis import strategies as st


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
numbers = st.integers(0, 2**31 - 1)
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
    score=st.none() | st.floats(0, 1),
    contributions=st.lists(
        st.builds(Contribution, text, text, st.none() | st.floats(-1e9, 1e9), st.floats(-50, 50)), max_size=2
    ).map(tuple),
)


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
