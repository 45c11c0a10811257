"""Messages from JSON and to it: by the contract, with the field at fault named, and nothing of a value told."""

import base64
import contextlib
import json as plain_json
from typing import Any

import pytest
from assay.errors import InvalidArgument
from assay.v1 import event_pb2, sandbox_pb2, validation_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract import public_methods
from gateway.http import json
from gateway.http.schemas import example_of

SECRET = "the-secret-code"

VALIDATE: Any = validation_pb2.ValidateRequest.DESCRIPTOR
EXECUTE: Any = sandbox_pb2.ExecuteRequest.DESCRIPTOR
STREAM: Any = sandbox_pb2.ExecuteStreamRequest.DESCRIPTOR


def in_file(**field: Any) -> dict[str, Any]:
    """Return a request with one field of its one file."""
    return {"candidate": {"files": [field]}}


@pytest.mark.parametrize(
    ("kind", "fields", "at_fault"),
    [
        (VALIDATE, {"nothing": 1}, "nothing"),
        (VALIDATE, {"candidate": SECRET}, "candidate"),
        (VALIDATE, {"candidate": {"files": SECRET}}, "candidate.files"),
        (VALIDATE, {"candidate": {"files": [None]}}, "candidate.files[0]"),
        (VALIDATE, in_file(path=7), "candidate.files[0].path"),
        (VALIDATE, in_file(path="\ud800" + SECRET), "candidate.files[0].path"),
        (VALIDATE, in_file(content=f"{SECRET}!()"), "candidate.files[0].content"),
        (VALIDATE, in_file(content="YWJjZ"), "candidate.files[0].content"),
        (VALIDATE, in_file(content=[SECRET]), "candidate.files[0].content"),
        (VALIDATE, in_file(executable=SECRET), "candidate.files[0].executable"),
        (VALIDATE, {"requestId": "a", "request_id": "b"}, "request_id"),
        (VALIDATE, {"policy": {"stageTimeouts": {"static": SECRET}}}, "policy.stageTimeouts[static]"),
        (VALIDATE, {"policy": {"stageTimeouts": [SECRET]}}, "policy.stageTimeouts"),
        (VALIDATE, {"policy": {"rejectBelow": SECRET}}, "policy.rejectBelow"),
        (VALIDATE, {"policy": {"repair": {"maxRounds": 2**40}}}, "policy.repair.maxRounds"),
        (VALIDATE, {"candidate": {"tests": [{"framework": SECRET}]}}, "candidate.tests[0].framework"),
        (VALIDATE, {"candidate": {"labels": {"a": {}}}}, "candidate.labels[a]"),
        (EXECUTE, {"limits": {"memoryBytes": "1e3x"}}, "limits.memoryBytes"),
        (EXECUTE, {"limits": {"wallTime": 3}}, "limits.wallTime"),
        (EXECUTE, {"arguments": ["a", 1]}, "arguments[1]"),
        (STREAM, {"stdin": "YQ==", "cancel": {}}, ""),
    ],
)
def test_the_field_at_fault(kind: Any, fields: dict[str, Any], at_fault: str) -> None:
    """What fits no field is refused with its path, and what stood there is not told."""
    with pytest.raises(InvalidArgument) as caught:
        json.message(kind, fields)
    assert caught.value.field == at_fault
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not JSON: line 1, column 1"),
        (b'{"a": ', "not JSON"),
        (b"[1]", "one JSON object"),
        (b'"text"', "one JSON object"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": ' + b"1" * 5000 + b"}", "a number is too long"),
        (b"{" + b" " * 10 + b'"a": [' + b"[]," * json.MAX_VALUES + b"[]]}", "more than"),
    ],
)
def test_what_is_no_object(body: bytes, told: str) -> None:
    """A body that is no JSON object, or too large a one, is refused, and not quoted."""
    with pytest.raises(InvalidArgument, match=told):
        json.parsed(body)


def test_base64_of_both_alphabets() -> None:
    """Bytes are taken in both alphabets of base64, with and without padding."""
    content = bytes(range(256))
    for text in (base64.b64encode(content), base64.urlsafe_b64encode(content), base64.b64encode(content).rstrip(b"=")):
        made = json.message(VALIDATE, in_file(content=text.decode()))
        assert made.candidate.files[0].content == content  # type: ignore[attr-defined]


@given(st.binary(), st.text(), st.dictionaries(st.text(), st.text(), max_size=4), st.floats(0, 1))
def test_there_and_back(content: bytes, text: str, labels: dict[str, str], below: float) -> None:
    """What a message says in JSON makes the same message again."""
    request = validation_pb2.ValidateRequest()
    request.candidate.files.add(path=text, content=content)
    request.candidate.labels.update(labels)
    request.policy.reject_below = below
    request.policy.stage_timeouts["static"].FromMilliseconds(1500)
    body = json.text(json.plain(request))
    assert b"\n" not in body
    assert json.message(VALIDATE, json.parsed(body)) == request


NAMES = st.sampled_from(["candidate", "files", "path", "content", "policy", "stages", "labels", "@type", "[x.y]"])

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.text(), inner),
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_whatever_is_sent(value: Any) -> None:
    """Whatever stands in a body, it makes a message or is refused as one: nothing else is raised."""
    with contextlib.suppress(InvalidArgument):
        json.message(VALIDATE, json.parsed(plain_json.dumps(value).encode()))


def test_of_a_query() -> None:
    """Parameters are values of the request by either of their names; lists stand several times."""
    kind: Any = event_pb2.SubscribeRequest.DESCRIPTOR
    fields = json.of_query(kind, [("kinds", "a"), ("kinds", "b"), ("afterSequence", "12"), ("project", "p")])
    assert json.message(kind, fields) == event_pb2.SubscribeRequest(kinds=["a", "b"], after_sequence=12, project="p")


@pytest.mark.parametrize("pairs", [[("candidate", "{}")], [("requestId", "a"), ("request_id", "b")], [("\n", "x")]])
def test_what_is_no_parameter(pairs: list[tuple[str, str]]) -> None:
    """A message is no parameter, and a value stands once."""
    with pytest.raises(InvalidArgument):
        json.of_query(VALIDATE, pairs)


@pytest.mark.parametrize("method", public_methods().values(), ids=lambda method: method.path)
def test_examples(method: Any) -> None:
    """The example of each request is one."""
    json.message(method.request, example_of(method.request))
