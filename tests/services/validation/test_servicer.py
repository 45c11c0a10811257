"""The validation service with toy stages, embedded: what a caller gets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import Suite, connect, error_from_rpc
from assay.errors import AssayError, InvalidArgument, NotFound, RequestIdReused, StoreUnavailable, UnknownStage
from assay.stage import Category, RuleInfo, Severity, StageResult
from assay.v1 import candidate_pb2, finding_pb2, source_pb2, stage_pb2, validation_pb2

from host.embedded import embedded
from host.server import serving
from host.settings import Settings
from tests import toys

Catalog = Callable[..., None]

TOYS = {"first": "tests.toys:first", "second": "tests.toys:second"}
HERE = "tests.services.validation.test_servicer"

counted = toys.Toy("counted", toys.passes)
counting = toys.opened(counted)


async def claims(candidate: object, context: object) -> StageResult:
    """Claim a confidence that is no number."""
    return toys.completed(toys.finding(confidence=float("nan")))


claiming = toys.opened(toys.Toy("claiming", claims))


def rules(stage: str) -> tuple[RuleInfo, ...]:
    """Return two rules of a stage."""
    return tuple(RuleInfo(f"{stage}/{name}", Category.SYNTAX, Severity.LOW, "Why.") for name in "ba")


zebra = toys.opened(toys.Toy("zebra", toys.passes, rules=rules("zebra")))
adder = toys.opened(toys.Toy("adder", toys.passes, rules=rules("adder")))


def request(content: bytes = b"x = 1\n", path: str = "a.py", **fields: Any) -> validation_pb2.ValidateRequest:
    """Return a request to judge one file."""
    policy = validation_pb2.ValidationPolicy(**fields.pop("policy", {}))
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path=path, content=content)])
    return validation_pb2.ValidateRequest(candidate=candidate, policy=policy, **fields)


@asynccontextmanager
async def suite_of(settings: Settings) -> AsyncIterator[Suite]:
    """Run an embedded suite."""
    async with embedded(settings) as address, connect(address) as suite:
        yield suite


async def failure(call: Any) -> AssayError:
    """Return the error of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return error_from_rpc(caught.value)


async def test_answer(settings: Settings, toy_catalog: Catalog) -> None:
    """An answer says what was decided, by whom, on what and how, and is stored as it was given."""
    toy_catalog(**TOYS)
    asked = request(b"# TODO\n", request_id="r-1")
    asked.candidate.labels["team"] = "blue"
    async with suite_of(settings) as suite:
        made = (await suite.validation.Validate(asked, timeout=20)).validation
        stored = await suite.validation.GetValidation(validation_pb2.GetValidationRequest(id=made.id), timeout=5)
    assert stored.validation == made
    assert made.id.startswith("val_")
    assert (made.state, made.verdict) == (validation_pb2.STATE_SUCCEEDED, validation_pb2.VERDICT_INAUTHENTIC)
    assert made.authenticity_score == pytest.approx(0.15)
    assert (made.scorer, made.language, made.request_id) == ("rules-1", "python", "r-1")
    assert dict(made.labels) == {"team": "blue"}
    assert [finding.rule_id for finding in made.deciding_findings] == ["second/todo"]
    assert [result.stage for result in made.stage_results] == ["first", "second"]
    assert made.create_time.ToNanoseconds() <= made.end_time.ToNanoseconds()
    assert len(made.candidate_digest) == 64
    assert made.policy.required_stages.stages == ["first", "second"]
    assert made.policy.reject_below == 0.5
    assert made.policy.stage_timeouts["first"].seconds == 60


async def test_stages(settings: Settings, toy_catalog: Catalog) -> None:
    """The stages are listed with what they say of themselves, and one that cannot be reached with the reason."""
    toy_catalog(**TOYS)
    listing = validation_pb2.ListValidationStagesRequest()
    async with suite_of(settings) as suite:
        answer = await suite.validation.ListValidationStages(listing, timeout=10)
    assert [(entry.stage.name, entry.available) for entry in answer.stages] == [("first", True), ("second", True)]
    assert answer.stages[0].stage == stage_pb2.StageInfo(
        name="first", version="1", description="Does as little as a test needs.", languages=["python"]
    )


def ids(answer: validation_pb2.ListRulesResponse) -> list[str]:
    """Return the identifiers of a page of rules."""
    return [rule.rule_id for rule in answer.rules]


async def test_rules(settings: Settings, toy_catalog: Catalog) -> None:
    """The rules of all stages, of one, or one alone are listed in pages, in the order of their identifiers."""
    toy_catalog(zebra=f"{HERE}:zebra", adder=f"{HERE}:adder")
    asked = validation_pb2.ListRulesRequest
    async with suite_of(settings) as suite:
        ask = suite.validation.ListRules
        everything = await ask(asked(), timeout=10)
        page = await ask(asked(page_size=3), timeout=10)
        rest = await ask(asked(page_size=3, page_token=page.next_page_token), timeout=10)
        of_one = await ask(asked(stage="zebra"), timeout=10)
        one = await ask(asked(rule_id="adder/b"), timeout=10)
        none = await ask(asked(rule_id="adder/nothing"), timeout=10)
        unknown = await failure(ask(asked(stage="adde"), timeout=10))
        errors = [await failure(ask(asked(**bad), timeout=10)) for bad in ({"page_size": 1001}, {"page_token": "x"})]
    assert ids(everything) == ["adder/a", "adder/b", "zebra/a", "zebra/b"]
    assert (ids(page), ids(rest)) == (["adder/a", "adder/b", "zebra/a"], ["zebra/b"])
    assert (bool(page.next_page_token), rest.next_page_token, everything.next_page_token) == (True, "", "")
    assert ids(of_one) == ["zebra/a", "zebra/b"]
    assert {rule.stage for rule in of_one.rules} == {"zebra"}
    assert (ids(one), ids(none)) == (["adder/b"], [])
    assert type(unknown) is UnknownStage
    assert [error.field for error in errors if isinstance(error, InvalidArgument)] == ["page_size", "page_token"]


async def test_rules_of_stages_that_are_not_there(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage that cannot be asked for its rules is named, so that a missing rule is not taken for none."""
    toy_catalog(**TOYS)
    peers = settings.model_copy(update={"peers": {"second": f"unix:{folder}/nobody"}})
    async with serving(["validation"], f"unix:{folder}/s", peers) as address, connect(address) as suite:
        listed = await suite.validation.ListRules(validation_pb2.ListRulesRequest(), timeout=10)
    assert (ids(listed), list(listed.missing_stages)) == ([], ["first", "second"])


async def test_suppression(settings: Settings, toy_catalog: Catalog) -> None:
    """What the policy suppresses does not decide, stays in the answer with the reason, and so does the policy."""
    toy_catalog(**TOYS)
    silence = {
        "suppressions": [{"rule": "second/*", "reason": "known"}],
        "baseline": ["0" * 32],
        "inline_ignores": True,
    }
    async with suite_of(settings) as suite:
        made = (await suite.validation.Validate(request(b"# TODO\n", policy=silence), timeout=20)).validation
        (found,) = made.stage_results[1].findings
        known = {"baseline": [found.fingerprint, "0" * 32]}
        again = (await suite.validation.Validate(request(b"# TODO\n", policy=known), timeout=20)).validation
    assert made.verdict == again.verdict == validation_pb2.VERDICT_AUTHENTIC
    assert (made.authenticity_score, len(made.deciding_findings)) == (1, 0)
    assert found.suppressed == "suppressed by the policy: known"
    assert [(one.rule, one.reason) for one in made.policy.suppressions] == [("second/*", "known")]
    assert (list(made.policy.baseline), made.policy.inline_ignores) == ([], True)
    assert list(again.policy.baseline) == [found.fingerprint]


async def test_the_candidate_silences_nothing(settings: Settings, toy_catalog: Catalog) -> None:
    """A comment of the candidate's is no word of the caller's."""
    toy_catalog(**TOYS)
    code = b"# assay: ignore[*] it is fine\n# TODO\n"
    async with suite_of(settings) as suite:
        made = (await suite.validation.Validate(request(code), timeout=20)).validation
    assert made.verdict == validation_pb2.VERDICT_INAUTHENTIC


async def test_stages_that_are_not_there(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Without the stages an engine says which to configure, and answers INCONCLUSIVE; their language is known all the
    same."""
    toy_catalog(**TOYS)
    peers = settings.model_copy(update={"peers": {"second": f"unix:{folder}/nobody"}})
    async with serving(["validation"], f"unix:{folder}/s", peers) as address, connect(address) as suite:
        listed = await suite.validation.ListValidationStages(validation_pb2.ListValidationStagesRequest(), timeout=10)
        made = (await suite.validation.Validate(request(), timeout=20)).validation
    assert [entry.available for entry in listed.stages] == [False, False]
    assert "ASSAY_PEERS" in listed.stages[0].reason
    assert made.verdict == validation_pb2.VERDICT_INCONCLUSIVE
    statuses = [(result.status, result.reason) for result in made.stage_results]
    assert statuses[0] == (stage_pb2.STAGE_STATUS_SKIPPED, listed.stages[0].reason)
    assert statuses[1] == (stage_pb2.STAGE_STATUS_FAILED, listed.stages[1].reason)
    assert "cannot be reached" in listed.stages[1].reason


async def test_a_stage_that_comes_later(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage that could not be reached is asked again by the next call."""
    toy_catalog(**TOYS)
    peers = settings.model_copy(update={"peers": dict.fromkeys(TOYS, f"unix:{folder}/stages")})
    async with serving(["validation"], f"unix:{folder}/s", peers) as address, connect(address) as suite:
        before = (await suite.validation.Validate(request(), timeout=20)).validation
        async with serving(list(TOYS), f"unix:{folder}/stages", settings):
            async with asyncio.timeout(20):
                while (await suite.validation.Validate(request(), timeout=20)).validation.verdict != 1:
                    await asyncio.sleep(0.1)
    assert before.verdict == validation_pb2.VERDICT_INCONCLUSIVE


@pytest.mark.parametrize(
    ("stage", "factory", "reason"),
    [
        ("broken", "tests.toys:broken", "the stage 'broken' raised ValueError"),
        ("claiming", f"{HERE}:claiming", "outside the contract"),
    ],
)
async def test_broken_stage(settings: Settings, toy_catalog: Catalog, stage: str, factory: str, reason: str) -> None:
    """A stage that breaks, or answers outside the contract, is FAILED, and nothing passes for it."""
    toy_catalog(first="tests.toys:first", **{stage: factory})
    async with suite_of(settings) as suite:
        made = (await suite.validation.Validate(request(), timeout=20)).validation
    assert made.verdict == validation_pb2.VERDICT_INCONCLUSIVE
    assert made.stage_results[1].status == stage_pb2.STAGE_STATUS_FAILED
    assert reason in made.stage_results[1].reason


async def test_answer_in_time(settings: Settings, toy_catalog: Catalog) -> None:
    """With a stage that hangs and a deadline that is near, the answer still comes in time."""
    toy_catalog(first="tests.toys:first", slow="tests.toys:slow")
    async with suite_of(settings) as suite:
        await suite.validation.Validate(request(policy={"stages": ["first"]}), timeout=20)
        started = time.monotonic()
        made = (await suite.validation.Validate(request(), timeout=1.5)).validation
        assert time.monotonic() - started < 1.5
    assert made.verdict == validation_pb2.VERDICT_INCONCLUSIVE
    assert made.stage_results[0].status == stage_pb2.STAGE_STATUS_COMPLETED
    assert "took longer than" in made.stage_results[1].reason


async def test_cancellation_reaches_the_stage(settings: Settings, toy_catalog: Catalog) -> None:
    """When a caller gives up, the stages that work for it are stopped."""
    toy_catalog(slow="tests.toys:slow")
    toys.waiting.clear()
    toys.stopped.clear()
    async with suite_of(settings) as suite:
        call = suite.validation.Validate(request(), timeout=60)
        await asyncio.wait_for(toys.waiting.wait(), 10)
        call.cancel()
        await asyncio.wait_for(toys.stopped.wait(), 10)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"policy": {"stages": ["sttaic"]}}, "policy.stages"),
        ({"policy": {"reject_below": 2.0}}, "policy.reject_below"),
        ({"path": "../a.py"}, "candidate.files[0].path"),
        ({"path": "a.cob"}, "candidate.language"),
        ({"request_id": "a b"}, "request_id"),
        ({"request_id": "x" * 65}, "request_id"),
        ({"request_id": "é"}, "request_id"),
        ({"request_id": "a\n"}, "request_id"),
    ],
)
async def test_bad_request(settings: Settings, toy_catalog: Catalog, fields: dict[str, Any], field: str) -> None:
    """A bad request is refused by its field, and nothing is stored."""
    toy_catalog(**TOYS)
    async with suite_of(settings) as suite:
        error = await failure(suite.validation.Validate(request(**fields), timeout=10))
        listed = await suite.validation.ListValidations(validation_pb2.ListValidationsRequest(), timeout=10)
    assert isinstance(error, InvalidArgument)
    assert error.field == field
    assert len(listed.validations) == 0


async def test_long_names(settings: Settings, toy_catalog: Catalog) -> None:
    """A name of a stage as long as a book is refused as an unknown stage all the same."""
    toy_catalog(**TOYS)
    async with suite_of(settings) as suite:
        error = await failure(suite.validation.Validate(request(policy={"stages": ["x" * 500_000]}), timeout=10))
    assert type(error) is UnknownStage


async def test_deadline_already_gone(settings: Settings, toy_catalog: Catalog) -> None:
    """A deadline that has passed is DEADLINE_EXCEEDED."""
    toy_catalog(**TOYS)
    async with suite_of(settings) as suite:
        assert (await failure(suite.validation.Validate(request(), timeout=0))).code == "DEADLINE_EXCEEDED"


async def test_idempotent(settings: Settings, toy_catalog: Catalog) -> None:
    """One request_id judges once, however often and however much at one time it is sent, and stands for one request."""
    toy_catalog(counted=f"{HERE}:counting")
    counted.calls.clear()
    async with suite_of(settings) as suite:
        calls = [suite.validation.Validate(request(request_id="r"), timeout=20) for _ in range(8)]
        answers = [(await call).validation for call in calls]
        answers.append((await suite.validation.Validate(request(request_id="r"), timeout=20)).validation)
        error = await failure(suite.validation.Validate(request(b"other\n", request_id="r"), timeout=20))
        another = (await suite.validation.Validate(request(policy={"fresh": True}), timeout=20)).validation
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert len(counted.calls) == 2
    assert type(error) is RequestIdReused
    assert another.id != answers[0].id


async def test_unknown_fields(settings: Settings, toy_catalog: Catalog) -> None:
    """Fields of a later contract are passed over."""
    toy_catalog(**TOYS)
    later = validation_pb2.ValidateRequest.FromString(request().SerializeToString() + b"\xfa\x3e\x03abc")
    async with suite_of(settings) as suite:
        made = (await suite.validation.Validate(later, timeout=20)).validation
    assert made.verdict == validation_pb2.VERDICT_AUTHENTIC


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"page_size": -1}, "page_size"),
        ({"page_size": 1001}, "page_size"),
        ({"page_token": "nonsense"}, "page_token"),
        ({"verdict": 99}, "verdict"),
    ],
)
async def test_bad_listing(settings: Settings, toy_catalog: Catalog, fields: dict[str, Any], field: str) -> None:
    """A listing out of bounds is refused by its field."""
    toy_catalog(**TOYS)
    async with suite_of(settings) as suite:
        error = await failure(
            suite.validation.ListValidations(validation_pb2.ListValidationsRequest(**fields), timeout=5)
        )
    assert isinstance(error, InvalidArgument)
    assert error.field == field


async def test_get(settings: Settings, toy_catalog: Catalog) -> None:
    """A validation that is not there is NOT_FOUND, and none asked for is a missing field."""
    toy_catalog(**TOYS)
    async with suite_of(settings) as suite:
        missing = await failure(
            suite.validation.GetValidation(validation_pb2.GetValidationRequest(id="val_x"), timeout=5)
        )
        none = await failure(suite.validation.GetValidation(validation_pb2.GetValidationRequest(), timeout=5))
    assert type(missing) is NotFound
    assert isinstance(none, InvalidArgument)
    assert none.field == "id"


async def test_store_that_cannot_be_written(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Without a store there is no verdict, but an error that says what to set."""
    toy_catalog(**TOYS)
    (folder / "file").write_text("")
    bad = settings.model_copy(update={"state_dir": folder / "file"})
    async with suite_of(bad) as suite:
        error = await failure(suite.validation.Validate(request(), timeout=10))
    assert type(error) is StoreUnavailable
    assert "ASSAY_STATE_DIR" in error.message


def test_contract_numbers() -> None:
    """The numbers of the domain's enums are those of the contract."""
    from assay import stage

    from services.validation.verdict import Verdict

    for kind, messages, prefix in (
        (Verdict, validation_pb2.Verdict, "VERDICT_"),
        (stage.Severity, finding_pb2.Severity, "SEVERITY_"),
        (stage.Category, finding_pb2.FindingCategory, "FINDING_CATEGORY_"),
        (stage.StageStatus, stage_pb2.StageStatus, "STAGE_STATUS_"),
        (stage.TestFramework, candidate_pb2.TestFramework, "TEST_FRAMEWORK_"),
    ):
        numbers = {prefix + member.name: member.value for member in kind} | {f"{prefix}UNSPECIFIED": 0}
        assert numbers == dict(messages.items())
