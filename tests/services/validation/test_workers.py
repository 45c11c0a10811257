"""Validations that nobody waits for, over a suite with toy stages: queued, made, watched, cancelled."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import Suite, connect, error_from_rpc
from assay.errors import AssayError, InvalidArgument, NotFound, QueueFull, RequestIdReused, ShuttingDown
from assay.stage import Candidate, StageContext, StageResult
from assay.v1 import candidate_pb2, source_pb2, validation_pb2
from opentelemetry import trace

from host.embedded import embedded
from host.server import serving
from host.settings import Settings
from tests import toys

Catalog = Callable[..., None]
Event = validation_pb2.WatchValidationResponse

HERE = "tests.services.validation.test_workers"
BOUND = 30.0

gate = asyncio.Event()


given_up: list[Candidate] = []


async def waits_at_gate(candidate: Candidate, context: StageContext) -> StageResult:
    """Find nothing, once the gate is open."""
    try:
        await asyncio.wait_for(gate.wait(), 60)
    except asyncio.CancelledError:
        given_up.append(candidate)
        raise
    return toys.completed()


traced: list[str] = []


async def tells_trace(candidate: Candidate, context: StageContext) -> StageResult:
    """Tell in which trace it runs."""
    traced.append(trace.format_trace_id(trace.get_current_span().get_span_context().trace_id))
    return toys.completed()


tracing = toys.opened(toys.Toy("tracing", tells_trace))

gated_toy = toys.Toy("gated", waits_at_gate, requires=("first",))
gated = toys.opened(gated_toy)


@pytest.fixture(autouse=True)
def _closed_gate() -> None:
    gate.clear()
    gated_toy.calls.clear()
    given_up.clear()


@pytest.fixture
async def suite(settings: Settings, toy_catalog: Catalog) -> AsyncIterator[Suite]:
    """Give a suite of two stages, the second of which waits at the gate."""
    toy_catalog(first="tests.toys:first", gated=f"{HERE}:gated")
    async with suite_of(settings) as client:
        yield client


@asynccontextmanager
async def suite_of(settings: Settings) -> AsyncIterator[Suite]:
    """Run an embedded suite."""
    async with embedded(settings) as address, connect(address) as suite:
        yield suite


def request(content: bytes = b"x = 1\n", **fields: Any) -> validation_pb2.CreateValidationRequest:
    """Return a request to judge one file."""
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=content)])
    return validation_pb2.CreateValidationRequest(candidate=candidate, **fields)


async def create(suite: Suite, content: bytes = b"x = 1\n", **fields: Any) -> validation_pb2.Validation:
    """Queue a validation."""
    return (await suite.validation.CreateValidation(request(content, **fields), timeout=BOUND)).validation


async def get(suite: Suite, identifier: str) -> validation_pb2.Validation:
    """Return a validation as it is."""
    asked = validation_pb2.GetValidationRequest(id=identifier)
    return (await suite.validation.GetValidation(asked, timeout=BOUND)).validation


async def cancel(suite: Suite, identifier: str) -> validation_pb2.Validation:
    """Cancel a validation."""
    asked = validation_pb2.CancelValidationRequest(id=identifier)
    return (await suite.validation.CancelValidation(asked, timeout=BOUND)).validation


def watch(suite: Suite, identifier: str, after: int = 0) -> AsyncIterable[Event]:
    """Follow a validation."""
    asked = validation_pb2.WatchValidationRequest(id=identifier, after_sequence=after)
    return suite.validation.WatchValidation(asked, timeout=BOUND)


async def watched(suite: Suite, identifier: str, after: int = 0) -> list[Event]:
    """Follow a validation to its end."""
    return [event async for event in watch(suite, identifier, after)]


async def until(events: AsyncIterable[Event], what: str) -> list[Event]:
    """Read events until one of a kind has come."""
    read = []
    async for event in events:
        read.append(event)
        if told(event) == what:
            break
    return read


def told(event: Event) -> str:
    """Return what an event says, in a word."""
    kind = event.WhichOneof("event")
    match kind:
        case "stage_started":
            return f"{event.stage_started} begins"
        case "stage_completed":
            return f"{event.stage_completed.stage} ends"
        case "state":
            return validation_pb2.State.Name(event.state).removeprefix("STATE_")
        case _:
            return str(kind)


async def failure(call: Any) -> AssayError:
    """Return the error of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return error_from_rpc(caught.value)


async def test_made(suite: Suite) -> None:
    """A queued validation is answered at once, made in the background, and then what Validate would have answered."""
    queued = await create(suite, request_id="r", policy=validation_pb2.ValidationPolicy(run_all_stages=True))
    assert (queued.state, queued.verdict) == (validation_pb2.STATE_QUEUED, validation_pb2.VERDICT_UNSPECIFIED)
    assert (queued.language, queued.request_id, len(queued.candidate_digest)) == ("python", "r", 64)
    gate.set()
    *_, last = await watched(suite, queued.id)
    made = last.snapshot
    assert made == await get(suite, queued.id)
    assert (made.state, made.verdict) == (validation_pb2.STATE_SUCCEEDED, validation_pb2.VERDICT_AUTHENTIC)
    assert (made.id, made.create_time, made.candidate_digest) == (
        queued.id, queued.create_time, queued.candidate_digest,
    )  # fmt: skip
    assert [result.stage for result in made.stage_results] == ["first", "gated"]
    assert made.create_time.ToNanoseconds() <= made.end_time.ToNanoseconds()
    asked = validation_pb2.ValidateRequest(
        candidate=request().candidate, policy=validation_pb2.ValidationPolicy(run_all_stages=True), request_id="r"
    )
    assert (await suite.validation.Validate(asked, timeout=BOUND)).validation == made
    assert len(gated_toy.calls) == 1


async def test_waited_for(suite: Suite) -> None:
    """Validate with the request_id of a validation that is queued waits for that one."""
    queued = await create(suite, request_id="r")
    asked = validation_pb2.ValidateRequest(candidate=request().candidate, request_id="r")
    waiting = asyncio.ensure_future(suite.validation.Validate(asked, timeout=BOUND))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    gate.set()
    assert (await waiting).validation == await get(suite, queued.id)
    assert len(gated_toy.calls) == 1


async def test_request_id(suite: Suite) -> None:
    """One request_id queues once, and is refused for another request."""
    queued = [await create(suite, request_id="r") for _ in range(3)]
    assert len({validation.id for validation in queued}) == 1
    error = await failure(suite.validation.CreateValidation(request(b"y = 2\n", request_id="r"), timeout=BOUND))
    assert type(error) is RequestIdReused
    gate.set()
    made = (await watched(suite, queued[0].id))[-1].snapshot
    assert await create(suite, request_id="r") == made


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"policy": validation_pb2.ValidationPolicy(stages=["x"])}, "policy.stages"),
        ({"request_id": "a b"}, "request_id"),
        ({"content": b"x" * (17 * 1024 * 1024)}, "candidate.files"),
    ],
)
async def test_bad_request(suite: Suite, fields: dict[str, Any], field: str) -> None:
    """What cannot be judged is refused before it is queued."""
    error = await failure(suite.validation.CreateValidation(request(**fields), timeout=BOUND))
    assert isinstance(error, InvalidArgument)
    assert error.field == field
    assert not (await suite.validation.ListValidations(validation_pb2.ListValidationsRequest())).validations


async def test_watch(suite: Suite) -> None:
    """A watcher sees the validation as it is, each thing that happens to it once and in order, and its end."""
    queued = await create(suite)
    events = watch(suite, queued.id, 1)
    seen = await until(events, "gated begins")
    late = watch(suite, queued.id)
    late_seen = await until(late, "snapshot")
    gate.set()
    seen += [event async for event in events]
    late_seen += [event async for event in late]
    assert [told(event) for event in seen] == [
        "snapshot", "RUNNING", "first begins", "first ends", "gated begins", "gated ends", "SUCCEEDED", "snapshot",
    ]  # fmt: skip
    assert [told(event) for event in late_seen] == ["snapshot", "gated ends", "SUCCEEDED", "snapshot"]
    assert late_seen[1:] == seen[5:-1] + late_seen[-1:]
    sequences = [event.sequence for event in seen[1:-1]]
    assert sequences == sorted(set(sequences))
    assert (seen[-1].sequence, seen[-1].snapshot.sequence) == (sequences[-1], sequences[-1])
    assert all(event.HasField("event_time") for event in seen)


async def test_watch_from_anywhere(suite: Suite) -> None:
    """A watcher that comes back sees exactly what it has not seen, wherever it left, also what happened meanwhile."""
    queued = await create(suite)
    first = await until(watch(suite, queued.id, 1), "gated begins")
    again = await until(watch(suite, queued.id, 1), "gated begins")
    assert [event.sequence for event in again[1:]] == list(range(2, first[-1].sequence + 1))
    assert (again[0].sequence, told(again[0])) == (1, "snapshot")
    waiting = {after: asyncio.create_task(watched(suite, queued.id, after)) for after in range(1, 5)}
    await asyncio.sleep(0.2)
    gate.set()
    for after, task in waiting.items():
        events = await task
        last = events[-1].sequence
        assert [event.sequence for event in events[1:-1]] == list(range(after + 1, last + 1))
        assert (told(events[0]), told(events[-1]), events[-1].snapshot.state) == ("snapshot", "snapshot", 3)


async def test_watch_at_the_end(suite: Suite) -> None:
    """Of a validation that has ended the watcher sees what it came to, and no more; of one by Validate likewise."""
    gate.set()
    queued = await create(suite)
    last = (await watched(suite, queued.id))[-1]
    for after in (0, 2, last.sequence):
        (alone,) = await watched(suite, queued.id, after)
        assert (alone.sequence, alone.snapshot) == (last.sequence, last.snapshot)
    asked = validation_pb2.ValidateRequest(candidate=request(b"y = 1\n").candidate)
    made = (await suite.validation.Validate(asked, timeout=BOUND)).validation
    (alone,) = await watched(suite, made.id)
    assert (alone.sequence, alone.snapshot) == (0, made)


async def test_watch_nothing(suite: Suite) -> None:
    """What is not there cannot be watched or cancelled, nor anything followed from where it never was."""
    assert type(await failure(watched(suite, "val_nobody"))) is NotFound
    assert type(await failure(cancel(suite, "val_nobody"))) is NotFound
    queued = await create(suite)
    for call, field in ((watched(suite, ""), "id"), (watched(suite, queued.id, 99), "after_sequence"),
                        (watched(suite, queued.id, -1), "after_sequence"), (cancel(suite, ""), "id")):  # fmt: skip
        error = await failure(call)
        assert isinstance(error, InvalidArgument)
        assert error.field == field


async def test_cancel_running(settings: Settings, toy_catalog: Catalog) -> None:
    """Cancelling a validation that runs ends its stages, its watchers see it end, and it stays cancelled."""
    toy_catalog(slow="tests.toys:slow")
    toys.waiting.clear()
    toys.stopped.clear()
    async with suite_of(settings) as suite:
        queued = await create(suite)
        events = watch(suite, queued.id, 1)
        await until(events, "slow begins")
        await asyncio.wait_for(toys.waiting.wait(), BOUND)
        stopped = await cancel(suite, queued.id)
        await asyncio.wait_for(toys.stopped.wait(), BOUND)
        assert stopped.state == validation_pb2.STATE_CANCELLED
        assert stopped.HasField("end_time")
        rest = [event async for event in events]
        assert [told(event) for event in rest] == ["CANCELLED", "snapshot"]
        assert await cancel(suite, queued.id) == stopped == await get(suite, queued.id) == rest[-1].snapshot


async def test_cancel_waiting(settings: Settings, toy_catalog: Catalog) -> None:
    """A validation that is cancelled while it waits never runs, and one that has ended stays as it is."""
    toy_catalog(first="tests.toys:first", gated=f"{HERE}:gated")
    settings.validation.queue_workers = 1
    async with suite_of(settings) as suite:
        one, two = await create(suite), await create(suite, b"y = 1\n")
        await until(watch(suite, one.id, 1), "gated begins")
        assert (await cancel(suite, two.id)).state == validation_pb2.STATE_CANCELLED
        gate.set()
        made = (await watched(suite, one.id))[-1].snapshot
        assert await cancel(suite, one.id) == made
        assert [result.stage for result in (await get(suite, two.id)).stage_results] == []
    assert len(gated_toy.calls) == 1


async def test_full(settings: Settings, toy_catalog: Catalog) -> None:
    """A queue that is full refuses, says when to come back, and keeps nothing of what it refused."""
    toy_catalog(first="tests.toys:first", gated=f"{HERE}:gated")
    settings.validation.max_queued = 2
    async with suite_of(settings) as suite:
        queued = [await create(suite, b"%d" % number) for number in range(2)]
        error = await failure(suite.validation.CreateValidation(request(request_id="r"), timeout=BOUND))
        assert type(error) is QueueFull
        assert error.retry_after == 5
        gate.set()
        for validation in queued:
            await watched(suite, validation.id)
        assert (await create(suite, request_id="r")).state == validation_pb2.STATE_QUEUED


async def test_listed_by_state(suite: Suite) -> None:
    """Validations are listed by state, and none with a state that is none."""
    queued = [await create(suite, b"%d" % number) for number in range(2)]
    ask = suite.validation.ListValidations
    for validation in queued:
        await until(watch(suite, validation.id, 1), "gated begins")
    running = await ask(validation_pb2.ListValidationsRequest(state=validation_pb2.STATE_RUNNING), timeout=BOUND)
    assert [validation.id for validation in running.validations] == [queued[1].id, queued[0].id]
    gate.set()
    await watched(suite, queued[0].id)
    await watched(suite, queued[1].id)
    none = await ask(validation_pb2.ListValidationsRequest(state=validation_pb2.STATE_RUNNING), timeout=BOUND)
    every = await ask(validation_pb2.ListValidationsRequest(state=validation_pb2.STATE_SUCCEEDED), timeout=BOUND)
    assert (len(none.validations), len(every.validations)) == (0, 2)
    error = await failure(ask(validation_pb2.ListValidationsRequest(state=9), timeout=BOUND))  # type: ignore[arg-type]
    assert isinstance(error, InvalidArgument)
    assert error.field == "state"


async def test_stopped_and_started(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A suite that stops gives back what it had begun, tells its watchers, and makes it when it is back."""
    toy_catalog(first="tests.toys:first", gated=f"{HERE}:gated")
    settings.validation.lease_seconds = 600
    names = ("first", "gated", "validation")
    async with connect(f"unix:{folder}/s") as suite:
        async with serving(names, f"unix:{folder}/s", settings):
            queued = await create(suite)
            events = watch(suite, queued.id, 1)
            seen = await until(events, "gated begins")
            watching = asyncio.create_task(failure(until(events, "nothing")))
            async with asyncio.timeout(BOUND):
                while not gated_toy.calls:
                    await asyncio.sleep(0.01)
        assert type(await watching) is ShuttingDown
        gate.set()
        async with serving(names, f"unix:{folder}/s", settings):
            rest = await watched(suite, queued.id, seen[-1].sequence)
    after = [told(event) for event in rest]
    assert after[-3:] == ["gated ends", "SUCCEEDED", "snapshot"]
    assert "first ends" not in after
    assert len(gated_toy.calls) == 2


async def test_two_services(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Of services that share a database one may queue, follow and cancel what the other makes."""
    toy_catalog(first="tests.toys:first", gated=f"{HERE}:gated")
    settings.validation.lease_seconds = 0.6
    door = settings.model_copy(update={"validation": settings.validation.model_copy(update={"queue_workers": 0})})
    names = ("first", "gated", "validation")
    async with serving(names, f"unix:{folder}/a", door), connect(f"unix:{folder}/a") as suite:
        made, stopped = await create(suite), await create(suite, b"y = 1\n")
        watching = asyncio.create_task(watched(suite, made.id, 1))
        await asyncio.sleep(0.2)
        assert (await get(suite, made.id)).state == validation_pb2.STATE_QUEUED
        async with serving(names, f"unix:{folder}/b", settings):
            await until(watch(suite, stopped.id, 1), "gated begins")
            assert (await cancel(suite, stopped.id)).state == validation_pb2.STATE_CANCELLED
            async with asyncio.timeout(BOUND):
                while not given_up:
                    await asyncio.sleep(0.02)
            gate.set()
            events = await watching
    assert [told(event) for event in events[-3:]] == ["gated ends", "SUCCEEDED", "snapshot"]


async def test_error(settings: Settings, toy_catalog: Catalog) -> None:
    """A queued validation whose stage is gone when its turn comes is failed, with the reason."""
    toy_catalog(first="tests.toys:first", gated=f"{HERE}:gated")
    settings.validation.queue_workers = 0
    async with suite_of(settings) as suite:
        queued = await create(suite, policy=validation_pb2.ValidationPolicy(stages=["gated"]))
    toy_catalog(first="tests.toys:first")
    settings.validation.queue_workers = 1
    async with suite_of(settings) as suite:
        made = (await watched(suite, queued.id))[-1].snapshot
    assert (made.state, made.verdict) == (validation_pb2.STATE_FAILED, validation_pb2.VERDICT_UNSPECIFIED)
    assert made.error.field == "policy.stages"
    assert "gated" in made.error.message
    assert made.HasField("end_time")


async def test_the_trace_goes_on(settings: Settings, toy_catalog: Catalog) -> None:
    """The trace of the call that queued a validation is that in which its stages run; without one there is none."""
    toy_catalog(tracing=f"{HERE}:tracing")
    traced.clear()
    mine = (("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),)
    async with suite_of(settings) as suite:
        first = (await suite.validation.CreateValidation(request(), timeout=BOUND, metadata=mine)).validation
        await watched(suite, first.id)
        await watched(suite, (await create(suite, b"y = 1\n")).id)
    assert traced == ["0af7651916cd43dd8448eb211c80319c", "0" * 32]
