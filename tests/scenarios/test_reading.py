"""Scenarios without a sandbox: what a client gets from a suite that reads code, however that is deployed."""

import asyncio
import secrets
import time
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import Suite, error_from_rpc
from assay.errors import InvalidArgument, NotFound, RequestIdReused, UnknownLanguage, UnknownStage
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2

from tests.scenarios.asking import AUTHENTIC, candidate, judged, names, rules

READING = ["static", "placeholder", "semantic"]
POLICY = validation_pb2.ValidationPolicy(stages=READING)

GO = b"""package main

import "fmt"

func double(number int) int {
	return 2 * number
}

func main() {
	fmt.Println(double(2))
}
"""
GO_TEST = b"""package main

import "testing"

func TestDouble(t *testing.T) {
	if double(2) != 4 {
		t.Fatal("not twice")
	}
}
"""

PLACEHOLDERS = b'''
def process_data(data):
    """Process the data."""
    # TODO: Implement data processing logic
    pass


def save_to_database(rows):
    """Save rows to the database."""
    # Implementation needed here
    raise NotImplementedError("Database saving not implemented")
'''


async def test_placeholders(suite: Suite) -> None:
    """Work that is announced and not done is INAUTHENTIC, with a finding for each place."""
    validation = await judged(suite, PLACEHOLDERS, policy=POLICY)
    assert names(validation) == ("STATE_SUCCEEDED", "VERDICT_INAUTHENTIC")
    assert validation.authenticity_score < 0.95
    assert len(rules(validation, "placeholder")) >= 2
    (result,) = [result for result in validation.stage_results if result.stage == "placeholder"]
    lines = {finding.location.start_line for finding in result.findings}
    assert lines & {4, 5}
    assert lines & {10, 11}


async def test_authentic(suite: Suite) -> None:
    """Code that does what it says is AUTHENTIC, without a finding that costs anything."""
    validation = await judged(suite, AUTHENTIC, policy=POLICY)
    assert names(validation) == ("STATE_SUCCEEDED", "VERDICT_AUTHENTIC")
    assert validation.authenticity_score == 1
    assert [result.status for result in validation.stage_results] == [stage_pb2.STAGE_STATUS_COMPLETED] * 3


async def test_scored(suite: Suite) -> None:
    """The trained scorer gives the score where it is asked, with its threshold and what moved it most."""
    policy = validation_pb2.ValidationPolicy(stages=[*READING, "scoring"], run_all_stages=True)
    real, fake = [await judged(suite, content, policy=policy) for content in (AUTHENTIC, PLACEHOLDERS)]
    assert 0 < fake.authenticity_score < fake.policy.reject_below < real.authenticity_score < 1
    assert real.scorer == fake.scorer != "rules-1"
    assert [abs(one.log_odds) for one in real.contributions] == sorted(
        (abs(one.log_odds) for one in real.contributions), reverse=True
    )
    assert min(fake.contributions, key=lambda one: one.log_odds).feature == "placeholder_grave"
    assert [finding.stage for finding in fake.deciding_findings] == ["placeholder"] * len(fake.deciding_findings)


async def test_a_threshold_of_ones_own(suite: Suite) -> None:
    """A policy's threshold stands before the scorer's, and a score alone that rejects says what lowered it."""
    policy = validation_pb2.ValidationPolicy(stages=[*READING, "scoring"], reject_below=0.999)
    validation = await judged(suite, AUTHENTIC, policy=policy)
    assert names(validation)[1] == "VERDICT_INAUTHENTIC"
    assert f"by {validation.scorer} is below 0.999, mostly for: " in validation.explanation


async def test_unknown_package(suite: Suite) -> None:
    """An import of a package that nobody published is INAUTHENTIC, at the place where it stands."""
    validation = await judged(suite, AUTHENTIC + b"\n\nimport fastjsonquery_nobody_made_this\n", policy=POLICY)
    assert names(validation)[1] == "VERDICT_INAUTHENTIC"
    assert any(rule.startswith("semantic/") for rule in rules(validation, "semantic"))
    assert validation.deciding_findings[0].location.path == "words.py"


async def test_cut_off(suite: Suite) -> None:
    """Code that ends before it is done is INAUTHENTIC by the static stage."""
    validation = await judged(suite, AUTHENTIC[:-30], policy=POLICY)
    assert names(validation)[1] == "VERDICT_INAUTHENTIC"
    assert rules(validation, "static")


async def test_tests_that_nobody_runs(suite: Suite) -> None:
    """Where tests were given and there is no sandbox to run them, nothing is AUTHENTIC, and the answer says why."""
    validation = await judged(
        suite, AUTHENTIC, tests=b"from words import most_common\n\nassert most_common('') == []\n"
    )
    assert names(validation) == ("STATE_SUCCEEDED", "VERDICT_INCONCLUSIVE")
    assert "'execution'" in validation.explanation


async def test_context(suite: Suite) -> None:
    """A file that is there and not judged makes its module known, and its own faults do not count."""
    asked = candidate(b"import neighbour_of_nobody\n\nprint(neighbour_of_nobody.VALUE)\n")
    asked.context_files.add(path="neighbour_of_nobody.py", content=b"VALUE = 1  # TODO: Implement\n")
    request = validation_pb2.ValidateRequest(candidate=asked, policy=POLICY)
    validation = (await suite.validation.Validate(request, timeout=60)).validation
    assert names(validation)[1] == "VERDICT_AUTHENTIC"


@pytest.mark.parametrize(
    ("asked", "policy", "kind", "field"),
    [
        (candidate_pb2.Candidate(), {}, InvalidArgument, "candidate.files"),
        (candidate(b"", entry_point="../a.py"), {}, InvalidArgument, "candidate.entry_point"),
        (candidate(b"", language="klingon"), {}, UnknownLanguage, "candidate.language"),
        (candidate(b""), {"stages": ["sttaic"]}, UnknownStage, "policy.stages"),
        (candidate(b""), {"required_stages": {"stages": ["x"]}}, UnknownStage, "policy.required_stages.stages"),
        (candidate(b""), {"reject_below": 7.0}, InvalidArgument, "policy.reject_below"),
        (candidate(b""), {"stage_timeouts": {"static": {}}}, InvalidArgument, "policy.stage_timeouts[static]"),
    ],
)  # fmt: skip
async def test_bad_request(
    suite: Suite, asked: candidate_pb2.Candidate, policy: dict[str, Any], kind: type[InvalidArgument], field: str
) -> None:
    """A bad request is refused by its field."""
    request = validation_pb2.ValidateRequest(candidate=asked, policy=validation_pb2.ValidationPolicy(**policy))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await suite.validation.Validate(request, timeout=30)
    error = error_from_rpc(caught.value)
    assert type(error) is kind
    assert isinstance(error, InvalidArgument)
    assert error.field == field


@pytest.mark.parametrize(
    "content", [b"", b"\0", bytes(range(256)), b"\xff\xfe", b"(" * 10_000, b"x = 1\n" * 100_000], ids=range(6)
)
async def test_odd_content(suite: Suite, content: bytes) -> None:
    """Whatever the bytes are, there is an answer with a verdict, and each stage says how it fared."""
    validation = await judged(suite, content, policy=POLICY)
    assert validation.state == validation_pb2.STATE_SUCCEEDED
    assert validation.verdict != validation_pb2.VERDICT_UNSPECIFIED
    assert all(
        result.status == stage_pb2.STAGE_STATUS_COMPLETED or result.reason for result in validation.stage_results
    )


async def test_idempotent(suite: Suite) -> None:
    """One request_id brings back one validation, also for calls at one time, and is refused for another request."""
    key = secrets.token_hex(8)
    answers = await asyncio.gather(*(judged(suite, AUTHENTIC, policy=POLICY, request_id=key) for _ in range(4)))
    assert len({answer.id for answer in answers}) == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await judged(suite, PLACEHOLDERS, policy=POLICY, request_id=key)
    assert type(error_from_rpc(caught.value)) is RequestIdReused


async def test_kept(suite: Suite) -> None:
    """What was decided can be had again by its identifier, and is listed newest first, page by page."""
    made = [await judged(suite, AUTHENTIC, policy=POLICY) for _ in range(3)]
    stored = await suite.validation.GetValidation(validation_pb2.GetValidationRequest(id=made[0].id), timeout=10)
    assert stored.validation == made[0]
    listed: list[str] = []
    token = ""
    while len(listed) < 3:
        page = validation_pb2.ListValidationsRequest(page_size=2, page_token=token, verdict=made[0].verdict)
        answer = await suite.validation.ListValidations(page, timeout=10)
        listed += [validation.id for validation in answer.validations]
        token = answer.next_page_token
    assert listed[:3] == [validation.id for validation in reversed(made)]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await suite.validation.GetValidation(validation_pb2.GetValidationRequest(id="val_nobody"), timeout=10)
    assert type(error_from_rpc(caught.value)) is NotFound


async def test_stages(suite: Suite) -> None:
    """The stages that can be asked say what they are."""
    answer = await suite.validation.ListValidationStages(validation_pb2.ListValidationStagesRequest(), timeout=20)
    reading = [entry for entry in answer.stages if entry.stage.name in READING]
    assert [entry.stage.name for entry in reading] == READING
    assert all(entry.available and entry.stage.version and entry.stage.description for entry in reading)


async def test_hardly_any_time(suite: Suite) -> None:
    """With hardly any time there is no verdict, one way or the other, and the suite answers the next call."""
    request = validation_pb2.ValidateRequest(candidate=candidate(b"x = [\n" * 50_000), policy=POLICY)
    started = time.monotonic()
    try:
        answer = await suite.validation.Validate(request, timeout=0.01)
    except grpc.aio.AioRpcError as error:
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # noqa: PT017  # both ends are right
    else:
        assert names(answer.validation)[1] == "VERDICT_INCONCLUSIVE"
    assert time.monotonic() - started < 10
    assert names(await judged(suite, AUTHENTIC, policy=POLICY))[1] == "VERDICT_AUTHENTIC"


async def test_suppression(suite: Suite) -> None:
    """What the caller suppresses does not count and stays in the answer, marked; the rest counts as before."""
    policy = validation_pb2.ValidationPolicy(stages=READING)
    policy.suppressions.add(rule="placeholder/*", path="words.py", reason="a draft")
    validation = await judged(suite, PLACEHOLDERS, policy=policy)
    assert names(validation)[1] == "VERDICT_AUTHENTIC"
    assert rules(validation, "placeholder")
    found = [finding for result in validation.stage_results for finding in result.findings]
    assert {finding.suppressed for finding in found} == {"suppressed by the policy: a draft"}
    known = validation_pb2.ValidationPolicy(stages=READING, baseline=[finding.fingerprint for finding in found[1:]])
    again = await judged(suite, PLACEHOLDERS, policy=known)
    assert names(again)[1] == "VERDICT_INAUTHENTIC"
    assert [finding.fingerprint for finding in again.deciding_findings] == [found[0].fingerprint]


async def test_the_candidate_silences_nothing(suite: Suite) -> None:
    """Comments of the candidate suppress nothing, unless the caller's policy lets them."""
    silent = b"\n".join(line + b"  # noqa  # assay: ignore[*]" for line in PLACEHOLDERS.splitlines() if line.strip())
    assert names(await judged(suite, silent, policy=POLICY))[1] == "VERDICT_INAUTHENTIC"
    letting = validation_pb2.ValidationPolicy(stages=READING, inline_ignores=True)
    assert names(await judged(suite, silent, policy=letting))[1] == "VERDICT_AUTHENTIC"


async def test_what_does_not_apply_is_no_pass(suite: Suite) -> None:
    """Tests that no stage can run for the language leave the verdict open, and so does a stage asked for by name."""
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="main.go", content=GO)])
    request = validation_pb2.ValidateRequest(candidate=candidate)
    plain = (await suite.validation.Validate(request, timeout=60)).validation
    assert names(plain)[1] == "VERDICT_AUTHENTIC", plain.explanation
    request.candidate.tests.add().files.add(path="main_test.go", content=GO_TEST)
    tested = (await suite.validation.Validate(request, timeout=60)).validation
    assert names(tested)[1] == "VERDICT_INCONCLUSIVE"
    assert "'execution' is required" in tested.explanation


async def test_rules(suite: Suite) -> None:
    """Every rule by which something was found is listed, with words; of one stage alone where that is asked for."""
    listed = await suite.validation.ListRules(validation_pb2.ListRulesRequest(page_size=1000), timeout=30)
    known = {rule.rule_id: rule for rule in listed.rules}
    validation = await judged(suite, PLACEHOLDERS, policy=POLICY)
    assert set(rules(validation, "placeholder")) <= known.keys()
    assert {rule.stage for rule in listed.rules} >= set(READING)
    assert all(rule.explanation and rule.severity for rule in listed.rules)
    one = await suite.validation.ListRules(validation_pb2.ListRulesRequest(stage="semantic"), timeout=30)
    assert {rule.stage for rule in one.rules} == {"semantic"}
