"""Subscriptions as their clients have them, over a socket and a database."""

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import CHANNEL_OPTIONS, connect, error_from_rpc, suite_on
from assay.errors import AssayError, InvalidArgument, PermissionDenied, QueueFull, ShuttingDown, SlowReader
from assay.v1 import event_pb2
from google.protobuf.json_format import MessageToDict

from host.caller import SYSTEM_TENANT
from tests.services.events.serving import BOUND, Serving, events_served, read, read_resources

NARROW = (*CHANNEL_OPTIONS, ("grpc.http2.lookahead_bytes", 65_536), ("grpc.http2.bdp_probe", 0))
"""A client that takes in little more than it reads."""


async def failure(call: Any) -> AssayError:
    """Return the error with which a stream ends."""
    return (await until_failure(call))[1]


async def until_failure(call: Any) -> tuple[list[event_pb2.Event], AssayError]:
    """Return what comes before a stream ends, and its error."""
    told = []
    while True:
        try:
            told += await read(call, 1)
        except grpc.aio.AioRpcError as error:
            return told, error_from_rpc(error)


async def test_what_an_event_says(served: Serving) -> None:
    """A subscriber is told all that there is to say of an event, and its place among the tenant's."""
    said = {"score": 0.5, "verdict": "V", "new": True}
    served.publish("val_1", kind="validation.completed", project="shop", data={**said, "nothing": float("nan")})
    (event,) = await read(served.subscribe(), 1)
    assert (event.sequence, event.kind, event.resource, event.project) == (1, "validation.completed", "val_1", "shop")
    assert event.id.startswith("evt_")
    assert abs(event.create_time.ToSeconds() - time.time()) < BOUND
    assert MessageToDict(event.data) == said


async def test_kept_first_then_live(served: Serving) -> None:
    """What is kept comes first, then what happens, in one order and each once; -1 leaves out what was there."""
    served.publish("a", "b")
    everything = served.subscribe()
    assert await read_resources(everything, 2) == ["a", "b"]
    new = served.subscribe(after_sequence=-1)
    await new.initial_metadata()
    served.publish("c")
    assert await read_resources(everything, 1) == ["c"]
    assert [(event.resource, event.sequence) for event in await read(new, 1)] == [("c", 3)]
    assert await read_resources(served.subscribe(after_sequence=1), 2) == ["b", "c"]


async def test_goes_on_after_a_restart(folder: Path) -> None:
    """A sequence means the same after a restart; what was told at the very end was stored, and subscribers are told."""
    async with connect(f"unix:{folder}/s") as suite:
        async with events_served(folder) as serving:
            serving.publish("a", "b")
            call = Serving(serving.bus, suite).subscribe()
            assert [event.sequence for event in await read(call, 2)] == [1, 2]
            serving.publish("c")
        ended = await failure(call)
    assert isinstance(ended, ShuttingDown)
    async with events_served(folder) as serving:
        given = int(ended.metadata["sequence"])
        again = serving.subscribe(after_sequence=given)
        serving.publish("d")
        told = await read(again, 5 - given)
    # The third was told or not: the stop came at the same time.
    assert given in {2, 3}
    assert [(event.sequence, event.resource, event.kind) for event in told] == [
        (3, "c", "test.done"),
        (4, "", "test.closed"),
        (5, "d", "test.done"),
    ][given - 2 :]


async def test_several_over_one_database(folder: Path) -> None:
    """Where several processes store what happens in each, each tells what happens in all of them, in one order."""
    async with events_served(folder) as one, events_served(folder, "other") as other:
        calls = [serving.subscribe() for serving in (one, other)]
        one.publish("a")
        assert [await read_resources(call, 1) for call in calls] == [["a"], ["a"]]
        other.publish("b")
        for call in calls:
            assert [(event.sequence, event.resource) for event in await read(call, 1)] == [(2, "b")]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "abcde"),
        ({"kinds": ["stage.completed"]}, "bd"),
        ({"kinds": ["stage.*"]}, "bcd"),
        ({"kinds": ["stage.*", "validation.created"]}, "abcd"),
        ({"kinds": ["stage"]}, ""),
        ({"kinds": ["Stage.*"]}, ""),
        ({"project": "shop"}, "ad"),
        ({"resource": "c"}, "c"),
        ({"resource": "c", "project": "shop"}, ""),
        ({"kinds": ["stage.*"], "project": "shop"}, "d"),
        ({"after_sequence": 3}, "de"),
    ],
)
async def test_filters(served: Serving, asked: dict[str, Any], told: str) -> None:
    """A subscriber is told what it asked for and nothing else, of what is kept and of what happens alike."""
    kinds = ("validation.created", "stage.completed", "stage.started", "stage.completed", "stages.completed")
    projects = ("shop", "", "shopping", "shop", "")

    def publish() -> None:
        for name, kind, project in zip("abcde", kinds, projects, strict=True):
            served.publish(name, kind=kind, project=project)

    # Of the end everybody is told that is told of anything: it says that there is nothing more.
    end = {"kind": (*asked.get("kinds", ()), "end")[0].replace("*", "end"), "project": asked.get("project", "")}
    resource = str(asked.get("resource", "end"))
    publish()
    served.publish(resource, **end)
    await read(served.subscribe(after_sequence=0), 1)
    call = served.subscribe(**asked)
    assert await read_resources(call, len(told) + 1) == [*told, resource]
    publish()
    served.publish(resource, **end)
    live = told if "after_sequence" not in asked else "abcde"
    assert await read_resources(call, len(live) + 1) == [*live, resource]


async def test_tenants(served: Serving) -> None:
    """A tenant is told of its own events alone, numbered as if there were no others; nobody is told of the suite's."""
    for _ in range(3):
        served.publish("r", tenant="red")
        served.publish("b", "b", tenant="blue")
        served.publish("s", tenant=SYSTEM_TENANT)
    red, blue = served.subscribe("red"), served.subscribe("blue")
    assert [(event.sequence, event.resource) for event in await read(red, 3)] == [(n, "r") for n in range(1, 4)]
    assert [(event.sequence, event.resource) for event in await read(blue, 6)] == [(n, "b") for n in range(1, 7)]
    served.publish("b", "b", tenant="blue")
    served.publish("r2", tenant="red")
    assert await read_resources(red, 1) == ["r2"]
    assert isinstance(await failure(served.subscribe("red", after_sequence=5)), InvalidArgument)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read(served.subscribe(SYSTEM_TENANT, timeout=0.3), 1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_audit(served: Serving) -> None:
    """Who did what is told only to callers who may hear of it; one who names it and may not is refused."""
    served.publish("a", kind="audit.call", tenant="red")
    served.publish("b", tenant="red")
    served.publish("c", kind="audit.call", tenant="red")
    served.publish("d", tenant="red")
    assert await read_resources(served.subscribe("red", "events:read"), 2) == ["b", "d"]
    assert await read_resources(served.subscribe("red", "events:read audit:read"), 4) == list("abcd")
    assert await read_resources(served.subscribe("red", "*", kinds=["audit.*"]), 2) == ["a", "c"]
    for kind in ("audit.*", "audit.call"):
        refused = await failure(served.subscribe("red", "events:read", kinds=["stage.*", kind]))
        assert isinstance(refused, PermissionDenied)
        assert refused.metadata == {"scope": "audit:read"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kinds": ["*"]}, "kinds[0]"),
        ({"kinds": ["a", ""]}, "kinds[1]"),
        ({"kinds": ["a*.b"]}, "kinds[0]"),
        ({"kinds": ["k" * 129]}, "kinds[0]"),
        ({"kinds": ["k"] * 33}, "kinds"),
        ({"project": "p" * 257}, "project"),
        ({"resource": "r" * 257}, "resource"),
        ({"after_sequence": -2}, "after_sequence"),
        ({"after_sequence": 1}, "after_sequence"),
        ({"after_sequence": 2**63 - 1}, "after_sequence"),
    ],
)
async def test_out_of_bounds(served: Serving, asked: dict[str, Any], field: str) -> None:
    """A request that is out of bounds is refused with the field at fault, and so is a sequence that nothing has had."""
    refused = await failure(served.subscribe(**asked))
    assert isinstance(refused, InvalidArgument)
    assert refused.field == field


async def test_slow_reader(folder: Path) -> None:
    """A reader that is too far behind is cut off, and gets the rest from where it was; others do not wait for it."""
    text = "x" * 250
    async with (
        events_served(folder, most_behind=50) as serving,
        grpc.aio.insecure_channel(f"unix:{folder}/s", options=NARROW) as channel,
    ):
        slow = Serving(serving.bus, suite_on(channel)).subscribe(after_sequence=-1)
        good = serving.subscribe(after_sequence=-1)
        await asyncio.gather(slow.initial_metadata(), good.initial_metadata())
        for number in range(40):
            serving.publish(*(f"{number}/{index}" for index in range(40)), data=dict.fromkeys("abcdefghijkl", text))
            await read(good, 40)
        told, cut = await until_failure(slow)
        assert isinstance(cut, SlowReader)
        assert 0 < len(told) < 1_600
        assert cut.metadata == {"sequence": str(told[-1].sequence)}
        told += await read(serving.subscribe(after_sequence=told[-1].sequence), 1_600 - len(told))
    assert [event.sequence for event in told] == list(range(1, 1_601))


async def test_burst(folder: Path) -> None:
    """A burst of more events than may wait for a reader makes nobody slow who reads."""
    async with events_served(folder, most_behind=50) as serving:
        call = serving.subscribe(after_sequence=-1)
        await call.initial_metadata()
        serving.publish(*map(str, range(2_000)))
        assert await read_resources(call, 2_000) == [str(number) for number in range(2_000)]


async def test_too_many_subscribers(folder: Path) -> None:
    """One more than may follow is told when to come back, and has room once another has left."""
    async with events_served(folder, max_subscribers=2) as serving:
        serving.publish("a")
        calls = [serving.subscribe() for _ in range(2)]
        for call in calls:
            await read(call, 1)
        refused = await failure(serving.subscribe())
        assert isinstance(refused, QueueFull)
        assert refused.retry_after
        calls[0].cancel()
        async with asyncio.timeout(BOUND):
            while not await has_room(serving):
                await asyncio.sleep(0.01)


async def has_room(serving: Serving) -> bool:
    """Say whether one more may follow."""
    try:
        await read(serving.subscribe(), 1)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return False
    return True
