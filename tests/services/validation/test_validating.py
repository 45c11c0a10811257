"""Ways of asking for verdicts, over a suite with toy stages: batches, and using again what was decided."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import Suite, connect, error_from_rpc
from assay.errors import AssayError, InvalidArgument, ShuttingDown
from assay.stage import Candidate, StageContext, StageResult, StageStatus
from assay.v1 import candidate_pb2, error_reason_pb2, source_pb2, validation_pb2

from host.embedded import embedded
from host.server import serving
from host.settings import Settings
from tests import toys

Catalog = Callable[..., None]

HERE = "tests.services.validation.test_validating"

counted_toy = toys.Toy("counted", toys.rejects_todo)
counted = toys.opened(counted_toy)


async def fails(candidate: Candidate, context: StageContext) -> StageResult:
    """Fail for some candidates, and have nothing to say to others."""
    if b"skipped" in candidate.entry().content:
        return StageResult(StageStatus.SKIPPED, reason="nothing is configured")
    if b"fails" in candidate.entry().content:
        return StageResult(StageStatus.FAILED, reason="it does not work today")
    return toys.completed()


failing = toys.opened(toys.Toy("failing", fails))

under_way = 0
highest = 0
stopped = 0


async def waits_a_little(candidate: Candidate, context: StageContext) -> StageResult:
    """Count how many run at one time."""
    global under_way, highest, stopped  # noqa: PLW0603  # a stage of the catalog is a module's
    under_way += 1
    highest = max(highest, under_way)
    try:
        await asyncio.sleep(60 if b"endless" in candidate.entry().content else 0.05)
    except asyncio.CancelledError:
        stopped += 1
        raise
    finally:
        under_way -= 1
    return toys.completed()


gate = asyncio.Event()


async def waits_at_gate(candidate: Candidate, context: StageContext) -> StageResult:
    """Find nothing, once the gate is open."""
    await asyncio.wait_for(gate.wait(), 20)
    return toys.completed()


async def open_later() -> None:
    """Open the gate when the server has begun to stop."""
    await asyncio.sleep(0.3)
    gate.set()


gated_toy = toys.Toy("gated", waits_at_gate)
gated = toys.opened(gated_toy)
after = toys.opened(toys.Toy("after", toys.passes, requires=("gated",)))
little = toys.opened(toys.Toy("little", waits_a_little))


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    global highest, stopped  # noqa: PLW0603
    highest = stopped = 0
    counted_toy.calls.clear()
    counted_toy.version = "1"


@asynccontextmanager
async def suite_of(settings: Settings) -> AsyncIterator[Suite]:
    """Run an embedded suite."""
    async with embedded(settings) as address, connect(address) as suite:
        yield suite


@pytest.fixture
async def suite(settings: Settings, toy_catalog: Catalog) -> AsyncIterator[Suite]:
    """Give a suite with a stage that counts and one that may fail."""
    toy_catalog(counted=f"{HERE}:counted", failing=f"{HERE}:failing")
    async with suite_of(settings) as client:
        yield client


def request(content: bytes = b"x = 1\n", policy: dict[str, Any] | None = None, **more: Any) -> Any:
    """Return a request to judge one file."""
    candidate = candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path="a.py", content=content)], **more.pop("candidate", {})
    )
    return validation_pb2.ValidateRequest(
        candidate=candidate, policy=validation_pb2.ValidationPolicy(**policy or {}), **more
    )


async def validate(suite: Suite, *arguments: Any, **fields: Any) -> validation_pb2.Validation:
    """Validate one file."""
    return (await suite.validation.Validate(request(*arguments, **fields), timeout=30)).validation


async def batch(suite: Suite, *requests: Any) -> dict[int, validation_pb2.ValidateBatchResponse]:
    """Validate a batch, and return the answers by number; each must come once."""
    answers: dict[int, validation_pb2.ValidateBatchResponse] = {}
    async for answer in suite.validation.ValidateBatch(
        validation_pb2.ValidateBatchRequest(requests=requests), timeout=30
    ):
        assert answer.index not in answers
        answers[answer.index] = answer
    return answers


async def failure(call: Any) -> AssayError:
    """Return the error of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return error_from_rpc(caught.value)


async def test_batch(suite: Suite) -> None:
    """Each request of a batch is answered once, by its number, as by Validate, and what is made is stored."""
    answers = await batch(suite, *(request(b"# %s %d\n" % (b"TODO" if n % 2 else b"", n)) for n in range(20)))
    assert sorted(answers) == list(range(20))
    assert [answers[number].validation.verdict for number in range(20)] == [1, 2] * 10
    for answer in answers.values():
        asked = validation_pb2.GetValidationRequest(id=answer.validation.id)
        assert (await suite.validation.GetValidation(asked, timeout=10)).validation == answer.validation


async def test_batch_errors(suite: Suite) -> None:
    """What is wrong with one request is its answer, with the field of the batch, and the others are answered."""
    bad = request()
    bad.candidate.files[0].path = "../a.py"
    answers = await batch(suite, bad, request(), request(policy={"stages": ["x"]}), request(request_id="a b"))
    errors = {number: answer.error for number, answer in answers.items() if answer.HasField("error")}
    name = error_reason_pb2.ErrorReason.Name
    assert {number: (name(error.reason), error.field) for number, error in errors.items()} == {
        0: ("ERROR_REASON_INVALID_ARGUMENT", "requests[0].candidate.files[0].path"),
        2: ("ERROR_REASON_UNKNOWN_STAGE", "requests[2].policy.stages"),
        3: ("ERROR_REASON_INVALID_ARGUMENT", "requests[3].request_id"),
    }  # fmt: skip
    assert all(error.message for error in errors.values())
    assert answers[1].validation.verdict == validation_pb2.VERDICT_AUTHENTIC


async def test_batch_request_ids(suite: Suite) -> None:
    """One request_id in a batch, and in Validate, is one validation."""
    answers = await batch(suite, *(request(request_id="r") for _ in range(5)))
    assert {answer.validation.id for answer in answers.values()} == {(await validate(suite, request_id="r")).id}
    assert len(counted_toy.calls) == 1


@pytest.mark.parametrize("count", [0, 1001])
async def test_batch_bounds(suite: Suite, count: int) -> None:
    """A batch of none or too many is refused as a whole."""
    error = await failure(batch(suite, *[request()] * count))
    assert isinstance(error, InvalidArgument)
    assert error.field == "requests"


async def test_batch_bytes(suite: Suite) -> None:
    """A batch of too many bytes is refused as a whole, wherever they stand."""
    large = request(b"#" * (6 * 1024 * 1024))
    large.candidate.context_files.add(path="b.py", content=bytes(3 * 1024 * 1024))
    error = await failure(batch(suite, large, large))
    assert isinstance(error, InvalidArgument)
    assert (error.field, "bytes" in error.message) == ("requests", True)


async def test_batch_takes_turns(settings: Settings, toy_catalog: Catalog) -> None:
    """A batch keeps within the suite's bound, however few may wait, and leaves a turn to others."""
    toy_catalog(little=f"{HERE}:little")
    settings.validation.max_concurrent = 3
    settings.validation.queue_size = 1
    async with suite_of(settings) as suite:
        running = asyncio.create_task(batch(suite, *(request(b"%d\n" % number) for number in range(40))))
        await asyncio.sleep(0.05)
        await validate(suite, b"single\n")
        assert not running.done()
        answers = await running
    assert all(answer.HasField("validation") for answer in answers.values())
    assert highest == 3


async def test_batch_cancelled(settings: Settings, toy_catalog: Catalog) -> None:
    """Who gives up a batch stops what is under way."""
    toy_catalog(little=f"{HERE}:little")
    async with suite_of(settings) as suite:
        requests = [request(b"one\n"), *(request(b"endless %d\n" % number) for number in range(5))]
        call = suite.validation.ValidateBatch(validation_pb2.ValidateBatchRequest(requests=requests), timeout=60)
        async for answer in call:
            assert answer.index == 0
            break
        call.cancel()
        async with asyncio.timeout(20):
            while stopped < 5 or under_way:
                await asyncio.sleep(0.02)


async def until_gated() -> None:
    """Wait until a candidate is at the gate."""
    async with asyncio.timeout(20):
        while not gated_toy.calls:
            await asyncio.sleep(0.01)


async def test_stopping(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A service that stops ends what is under way: stages of its own that have not begun begin still."""
    toy_catalog(gated=f"{HERE}:gated", after=f"{HERE}:after")
    gate.clear()
    gated_toy.calls.clear()
    async with connect(f"unix:{folder}/s") as suite:
        async with serving(("gated", "after", "validation"), f"unix:{folder}/s", settings):
            call = asyncio.create_task(validate(suite))
            await until_gated()
            opening = asyncio.create_task(open_later())
        made = await call
        await opening
    assert made.verdict == validation_pb2.VERDICT_AUTHENTIC
    assert [result.stage for result in made.stage_results] == ["gated", "after"]


async def test_stopping_without_a_stage(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Where a service that stops cannot ask a stage any more the caller is told so, and there is no verdict on it."""
    toy_catalog(gated=f"{HERE}:gated", after=f"{HERE}:after")
    address, elsewhere, names = f"unix:{folder}/s", f"unix:{folder}/e", ("gated", "validation")
    settings.peers = {"after": elsewhere}
    gate.clear()
    gated_toy.calls.clear()
    async with connect(address) as suite:
        async with serving(names, address, settings):
            async with serving(("after",), elsewhere, settings):
                call = asyncio.create_task(failure(validate(suite)))
                await until_gated()
            opening = asyncio.create_task(open_later())
        assert type(await call) is ShuttingDown
        await opening
        async with serving(names, address, settings), serving(("after",), elsewhere, settings):
            listed = await suite.validation.ListValidations(validation_pb2.ListValidationsRequest(), timeout=20)
            assert not listed.validations
            assert (await validate(suite)).verdict == validation_pb2.VERDICT_AUTHENTIC


async def test_reused(suite: Suite) -> None:
    """An equal candidate is not judged again: the answer is a validation of its own with what was decided before."""
    first = await validate(suite, b"# TODO\n", candidate={"labels": {"a": "1"}, "author": "me"}, request_id="r")
    again = await validate(suite, b"# TODO\n", candidate={"labels": {"b": "2"}})
    assert len(counted_toy.calls) == 1
    assert again.reused_from == first.id != again.id
    assert not first.reused_from
    assert (dict(again.labels), again.request_id) == ({"b": "2"}, "")
    assert again.create_time.ToNanoseconds() > first.create_time.ToNanoseconds()
    assert again.end_time.ToNanoseconds() >= again.create_time.ToNanoseconds()
    for name in ("state", "verdict", "authenticity_score", "scorer", "explanation", "language", "candidate_digest",
                 "policy", "deciding_findings", "stage_results"):  # fmt: skip
        assert getattr(again, name) == getattr(first, name), name
    third = await validate(suite, b"# TODO\n")
    assert third.reused_from == first.id
    stored = await suite.validation.GetValidation(validation_pb2.GetValidationRequest(id=again.id), timeout=10)
    assert stored.validation == again


@pytest.mark.parametrize(
    "changed",
    [
        {"content": b"x = 2\n"},
        {"candidate": {"specification": candidate_pb2.Specification(text="Do it.")}},
        {"candidate": {"language_version": "3.12"}},
        {"candidate": {"context_files": [source_pb2.SourceFile(path="b.py")]}},
        {"policy": {"stages": ["counted"]}},
        {"policy": {"reject_below": 0.25}},
        {"policy": {"run_all_stages": True}},
        {"policy": {"security_findings_vote": True}},
        {"policy": {"check_determinism": True}},
        {"policy": {"inline_ignores": True}},
        {"policy": {"baseline": ["0" * 32]}},
        {"policy": {"changed_lines": [validation_pb2.ChangedLines(path="a.py")]}},
        {"policy": {"suppressions": [validation_pb2.Suppression(rule="x/*")]}},
        {"policy": {"required_stages": validation_pb2.RequiredStages(stages=["counted"])}},
        {"policy": {"repair": validation_pb2.RepairPolicy()}},
        {"policy": {"fresh": True}},
    ],
)
async def test_judged_again(suite: Suite, changed: dict[str, Any]) -> None:
    """Whatever else is judged, or judged in another way, is judged again; and so is what is to be."""
    await validate(suite)
    again = await validate(suite, **changed)
    assert not again.reused_from
    assert len(counted_toy.calls) == 2


async def test_another_version(suite: Suite) -> None:
    """What a stage said in another version is not used again, and a change of version is noticed."""
    first = await validate(suite)
    counted_toy.version = "2"
    fresh = await validate(suite, policy={"fresh": True})
    assert fresh.stage_results[0].version == "2"
    later = await validate(suite)
    assert (later.reused_from, later.stage_results[0].version) == ("", "2")
    assert (await validate(suite)).reused_from == later.id != first.id


@pytest.mark.parametrize("content", [b"fails\n", b"skipped\n"])
async def test_unsettled(suite: Suite, content: bytes) -> None:
    """What a stage could not say today is asked again."""
    await validate(suite, content)
    assert not (await validate(suite, content)).reused_from
    assert len(counted_toy.calls) == 2


async def test_reused_after_a_restart(settings: Settings, toy_catalog: Catalog) -> None:
    """What was decided is used again by a later process, for each way of asking."""
    toy_catalog(counted=f"{HERE}:counted")
    async with suite_of(settings) as suite:
        first = await validate(suite)
    async with suite_of(settings) as suite:
        assert (await validate(suite)).reused_from == first.id
        assert (await batch(suite, request()))[0].validation.reused_from == first.id
        asked = validation_pb2.CreateValidationRequest(candidate=request().candidate)
        queued = (await suite.validation.CreateValidation(asked, timeout=10)).validation
        watching = validation_pb2.WatchValidationRequest(id=queued.id)
        *_, last = [event async for event in suite.validation.WatchValidation(watching, timeout=30)]
    assert (last.snapshot.reused_from, last.snapshot.state) == (first.id, validation_pb2.STATE_SUCCEEDED)
    assert len(counted_toy.calls) == 1
