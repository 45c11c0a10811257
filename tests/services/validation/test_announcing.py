"""What the suite is told of validations, whichever way they were asked for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest
from assay.client import Suite, connect
from assay.v1 import candidate_pb2, event_pb2, source_pb2, validation_pb2
from google.protobuf.json_format import MessageToDict

from host import catalog
from host.embedded import embedded
from host.settings import Settings
from tests import toys

BOUND = 30.0
HERE = "tests.services.validation.test_announcing"
CANARY = "c4n4ry"

circle = toys.opened(toys.Toy("circle", toys.passes, requires=("circle",)))


@pytest.fixture
async def suite(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Suite]:
    """Give a suite of toy stages that tells what happens."""
    named = {name: f"tests.toys:{name}" for name in ("first", "second", "slow")} | {"circle": f"{HERE}:circle"}
    stages = (catalog.Entry(name, catalog.STAGE_SERVICE, factory) for name, factory in named.items())
    services = ("events", "validation")
    entries = (*(catalog.Entry(name, f"services.{name}.service:service") for name in services), *stages)
    monkeypatch.setattr(catalog, "BUILT_IN", entries)
    once = settings.model_copy(update={"validation": settings.validation.model_copy(update={"max_attempts": 1})})
    async with embedded(once) as address, connect(address) as client:
        yield client


def request(code: str = "x = 1\n", stages: str = "first second", **fields: Any) -> validation_pb2.ValidateRequest:
    """Return a request that has a word in all places where a person may write."""
    files = [source_pb2.SourceFile(path="a.py", content=f"{code}# {CANARY}\n".encode())]
    labels = {"project": "shop", "other": CANARY}
    wanted = candidate_pb2.Specification(text=CANARY)
    candidate = candidate_pb2.Candidate(files=files, specification=wanted, author=CANARY, labels=labels)
    policy = validation_pb2.ValidationPolicy(stages=stages.split())
    return validation_pb2.ValidateRequest(candidate=candidate, policy=policy, **fields)


async def create(suite: Suite, **fields: Any) -> str:
    """Queue a validation and return its id."""
    asked = request(**fields)
    creation = validation_pb2.CreateValidationRequest(candidate=asked.candidate, policy=asked.policy)
    return (await suite.validation.CreateValidation(creation, timeout=BOUND)).validation.id


def subscribe(suite: Suite, *kinds: str, resource: str = "") -> Any:
    """Subscribe to what happens, and has happened."""
    return suite.events.Subscribe(event_pb2.SubscribeRequest(kinds=kinds, resource=resource), timeout=BOUND)


async def told(suite: Suite, last: str, kinds: str = "") -> list[event_pb2.Event]:
    """Return what was told until a validation had come to an end of a kind, and check what holds for all of it."""
    call = subscribe(suite, *kinds.split())
    found: list[event_pb2.Event] = []
    while not found or found[-1].kind != last:
        found.append((await call.read()).event)
        assert found[-1].project == "shop"
        assert CANARY not in str(found[-1])
    return found


def kinds_of(events: list[event_pb2.Event]) -> list[str]:
    """Return what happened, in a word each."""
    return [f"{event.kind} {event.data['stage']}" if "stage" in event.data else event.kind for event in events]


def data_of(event: event_pb2.Event) -> dict[str, Any]:
    """Return what is said of an event."""
    return dict(MessageToDict(event.data))


async def test_one_that_somebody_waits_for(suite: Suite) -> None:
    """Of a validation its beginning, its stages and its end are told, with what it came to and never what it is of."""
    made = (await suite.validation.Validate(request("# TODO\n"), timeout=BOUND)).validation
    events = await told(suite, "validation.completed")
    assert sorted(kinds_of(events)[2:4]) == ["stage.completed first", "stage.completed second"]
    assert [kind for kind in kinds_of(events) if "stage" not in kind] == [
        "validation.created",
        "validation.started",
        "validation.completed",
    ]
    assert {event.resource for event in events} == {made.id}
    assert data_of(events[0]) == {"language": "python", "queued": False}
    second = next(event for event in events if kinds_of([event]) == ["stage.completed second"])
    assert data_of(second) == {
        "stage": "second",
        "status": "STAGE_STATUS_COMPLETED",
        "findings": 1,
        "seconds": pytest.approx(0, abs=BOUND),
    }
    assert data_of(events[-1]) == {
        "verdict": "VERDICT_INAUTHENTIC",
        "score": pytest.approx(0.15),
        "findings": 1,
        "seconds": pytest.approx(0, abs=BOUND),
    }


async def test_used_again(suite: Suite) -> None:
    """Of one that is used again it is told that there is another, and whose results these are."""
    earlier = (await suite.validation.Validate(request(), timeout=BOUND)).validation
    again = (await suite.validation.Validate(request(), timeout=BOUND)).validation
    events = await told(suite, "validation.completed")
    call = subscribe(suite, resource=again.id)
    of_again = [(await call.read()).event for _ in range(2)]
    assert kinds_of(of_again) == ["validation.created", "validation.completed"]
    assert of_again[-1].data["reused_from"] == earlier.id
    assert {event.resource for event in events} == {earlier.id}


async def test_a_batch(suite: Suite) -> None:
    """Each of a batch is told of; a request that is none was never a validation."""
    bad = request()
    bad.candidate.ClearField("files")
    asked = validation_pb2.ValidateBatchRequest(requests=[request("x = 1\n"), bad, request("x = 2\n")])
    answers = [answer async for answer in suite.validation.ValidateBatch(asked, timeout=BOUND)]
    ids = {answer.validation.id for answer in answers if answer.HasField("validation")}
    call = subscribe(suite, "validation.*")
    events = [(await call.read()).event for _ in range(6)]
    assert sorted(kinds_of(events)) == sorted(["validation.created", "validation.started", "validation.completed"] * 2)
    assert {event.resource for event in events} == ids


async def test_queued(suite: Suite) -> None:
    """One that is queued is told of in the same way, and that it was queued."""
    identifier = await create(suite)
    events = await told(suite, "validation.completed")
    assert [kind for kind in kinds_of(events) if "stage" not in kind] == [
        "validation.created",
        "validation.started",
        "validation.completed",
    ]
    assert len(events) == 5
    assert {event.resource for event in events} == {identifier}
    assert data_of(events[0]) == {"language": "python", "queued": True}
    assert data_of(events[1]) == {"attempt": 1}


async def test_cancelled(suite: Suite) -> None:
    """One that is cancelled is told of once, however often that is asked for, and nothing comes after."""
    toys.waiting.clear()
    identifier = await create(suite, stages="slow")
    await asyncio.wait_for(toys.waiting.wait(), BOUND)
    for _ in range(2):
        await suite.validation.CancelValidation(validation_pb2.CancelValidationRequest(id=identifier), timeout=BOUND)
    await suite.validation.Validate(request(), timeout=BOUND)
    events = await told(suite, "validation.completed", "validation.*")
    of_it = [event for event in events if event.resource == identifier]
    assert kinds_of(of_it) == ["validation.created", "validation.started", "validation.cancelled"]
    assert data_of(of_it[-1]) == {}


async def test_nobody_waits_any_more(suite: Suite) -> None:
    """One whose caller leaves is told to be cancelled."""
    toys.waiting.clear()
    call = suite.validation.Validate(request(stages="slow"), timeout=BOUND)
    waiting = asyncio.ensure_future(call)
    await asyncio.wait_for(toys.waiting.wait(), BOUND)
    waiting.cancel()
    events = await told(suite, "validation.cancelled")
    assert kinds_of(events) == ["validation.created", "validation.started", "validation.cancelled"]


async def test_failed(suite: Suite) -> None:
    """One that cannot be made is told with the reason, whether somebody waits for it or not."""
    with pytest.raises(grpc.aio.AioRpcError):
        await suite.validation.Validate(request(stages="circle"), timeout=BOUND)
    await create(suite, stages="circle")
    call = subscribe(suite, "validation.failed")
    events = [(await call.read()).event for _ in range(2)]
    assert [data_of(event) for event in events] == [{"reason": "PLUGIN_FAILED"}] * 2
    assert len({event.resource for event in events}) == 2
