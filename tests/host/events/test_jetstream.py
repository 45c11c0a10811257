"""The bus of several processes, over a real NATS: what is told arrives, once, whatever happens in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from nats.js.api import ConsumerInfo

from host.events import jetstream as module
from host.events.jetstream import JetStreamBus, JetStreamListener
from host.events.port import Event
from host.spans import span
from host.streams import EVENTS
from tests.backing import Nats, started_nats
from tests.jetstream import BOUND, connection, emptied, jetstream, stream_info, until

pytestmark = pytest.mark.docker


@pytest.fixture
async def url(nats_server: Nats) -> str:
    """Give the address of a NATS without streams."""
    await emptied(nats_server.url)
    return nats_server.url


@asynccontextmanager
async def bus_of(url: str, most: int = 1_000) -> AsyncIterator[JetStreamBus]:
    """Yield the bus as a process has it."""
    async with connection(url) as connected:
        bus = JetStreamBus(connected, most)
        async with bus.at_work():
            yield bus


async def heard(listener: JetStreamListener, count: int) -> list[Event]:
    """Return so many events."""
    events: list[Event] = []
    async with asyncio.timeout(BOUND):
        while len(events) < count:
            await listener.heard()
            events.extend(listener.take())
    return events


def names(events: Sequence[Event]) -> list[str]:
    """Return what events are about."""
    return [event.resource for event in events]


async def consumer(url: str) -> ConsumerInfo:
    """Return how the consumer of events is."""
    async with jetstream(url) as context:
        info: ConsumerInfo = await context.consumer_info(EVENTS.name, "events")
        return info


async def test_told_and_heard(url: str) -> None:
    """An event goes from one process to another as it is, under its subject, with its id and trace."""
    event = Event("team.red", "test.done", "r", "p", {"n": 1, "x": 0.5, "ok": True, "text": "é"})
    async with bus_of(url) as there, bus_of(url) as here, here.listen(100) as listener, jetstream(url) as context:
        with span("telling") as telling:
            there.publish(event)
        assert await heard(listener, 1) == [event]
        info = await stream_info(context, EVENTS.name)
        message = await context.get_msg(EVENTS.name, info.state.last_seq)
        assert message.subject == "assay.=dGVhbS5yZWQ.test.done"
        assert message.headers is not None
        assert message.headers["Nats-Msg-Id"] == event.id
        assert ("traceparent" in message.headers) == telling.get_span_context().is_valid
        assert (await consumer(url)).num_ack_pending == 1
        assert listener.take() == []
        await settled(url)


async def settled(url: str) -> None:
    """Wait until everything is dealt with."""
    async with asyncio.timeout(BOUND):
        while (info := await consumer(url)).num_ack_pending or info.num_pending:
            await asyncio.sleep(0.02)


async def test_in_order_and_shared(url: str) -> None:
    """Many events come in their order, and each to one of those who listen."""
    wanted = [str(number) for number in range(500)]
    async with bus_of(url) as bus, bus.listen(10_000) as listener:
        for name in wanted:
            bus.publish(Event("red", "test.done", name))
        assert names(await heard(listener, 500)) == wanted
        async with bus.listen(10_000) as other:
            for name in wanted:
                bus.publish(Event("red", "test.done", name))
            both: list[str] = []
            async with asyncio.timeout(BOUND):
                while len(both) < 500:
                    both += names(listener.take()) + names(other.take())
                    await asyncio.sleep(0.01)
            assert sorted(both) == sorted(wanted)


async def test_not_dealt_with(url: str) -> None:
    """What a listener took and did not deal with comes to the next one, and what it dealt with does not."""
    async with bus_of(url) as bus:
        async with bus.listen(100) as first:
            bus.publish(Event("red", "test.done", "a"))
            assert names(await heard(first, 1)) == ["a"]
            bus.publish(Event("red", "test.done", "b"))
            assert names(await heard(first, 1)) == ["b"]
        async with bus.listen(100) as second:
            assert names(await heard(second, 1)) == ["b"]


async def test_twice_told(url: str) -> None:
    """An event that is told twice is heard once."""
    event = Event("red", "test.done", "a")
    async with bus_of(url) as bus, bus.listen(100) as listener:
        for _ in range(3):
            bus.publish(event)
        bus.publish(Event("red", "test.done", "b"))
        assert names(await heard(listener, 2)) == ["a", "b"]


async def test_room(url: str) -> None:
    """What a listener has no room for waits in the stream, and nothing is dropped."""
    async with bus_of(url) as bus, bus.listen(5) as listener:
        for number in range(20):
            bus.publish(Event("red", "test.done", str(number)))
        await until(lambda: listener.waiting == 5)
        async with asyncio.timeout(BOUND):
            while (await consumer(url)).num_pending != 15:
                await asyncio.sleep(0.02)
        assert names(await heard(listener, 20)) == [str(number) for number in range(20)]
        assert listener.dropped == 0


BAD = [
    b"",
    b"not json",
    b"[]",
    b"[" * 5_000,
    b'{"tenant":"red"}',
    json.dumps({"a": "x" * 60_000}).encode(),
]


def altered(**fields: object) -> bytes:
    """Return the message of an event with other fields."""
    good = {"tenant": "red", "kind": "test.done", "resource": "", "project": "", "data": {}, "id": "e", "created": 1.0}
    return json.dumps(good | fields).encode()


ALTERED = [
    altered(tenant="blue"),
    altered(kind="other.kind"),
    altered(more=1),
    altered(resource="x" * 257),
    altered(data={"x": [1]}),
    altered(data={"x": None}),
    altered(data={str(number): 1 for number in range(33)}),
    altered(created="now"),
    altered(created=-1.0),
    altered(id="a\r\nb"),
    altered(id=""),
    altered(tenant=None),
]


async def test_strangers_messages(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """What is no event is refused, ended and logged without what it says, and what comes after it is heard."""
    secret = "s3cr3t-of-red"
    async with bus_of(url) as bus, bus.listen(100) as listener, jetstream(url) as context:
        await stream_info(context, EVENTS.name)
        for message in [*BAD, *ALTERED, secret.encode(), altered(**{secret: secret})]:
            await context.publish("assay.red.test.done", message)
        await context.publish("assay.red.test.done", altered(resource="good"))
        await context.publish("assay.red.test.done", altered(resource="other", id="f", tenant="=cmVk"))
        bus.publish(Event("red", "test.done", "last"))
        assert names(await heard(listener, 2)) == ["good", "last"]
        listener.take()
        await settled(url)
    logged = "".join(capfd.readouterr())
    assert "no event" in logged
    assert secret not in logged


async def test_what_cannot_be_told(url: str) -> None:
    """An event that is none costs itself alone."""
    async with bus_of(url) as bus, bus.listen(100) as listener:
        bus.publish(Event("red", "test.done", "wrong", data={"value": object()}))  # type: ignore[dict-item]
        bus.publish(Event("red", "a kind > *", "wrong"))
        bus.publish(Event("no tenant", "test.done", "wrong"))
        bus.publish(Event("red", "test.done", "r" * 5_000))
        assert names(await heard(listener, 1)) == ["r" * 256]


@pytest.mark.slow
async def test_nats_comes_late_and_goes(backing_ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What is told while NATS is away is sent when it is back, as far as there is room; neither telling nor ending waits
    for it; killed again and again, it loses nothing that was told and everybody finds it again.
    """
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.2)
    with started_nats() as server:
        async with bus_of(server.url, most=50) as bus, bus.listen(1_000) as listener:
            bus.publish(Event("red", "test.done", "first"))
            assert names(await heard(listener, 1)) == ["first"]
            seen = {"first"}
            for round_ in range(3):
                await asyncio.to_thread(server.kill)
                told = {f"{round_}/{number}" for number in range(50)}
                for name in sorted(told):
                    bus.publish(Event("red", "test.done", name))
                bus.publish(Event("red", "test.done", "too much"))
                await asyncio.to_thread(server.start)
                async with asyncio.timeout(BOUND):
                    while not told <= seen:
                        await listener.heard()
                        seen |= set(names(listener.take()))
            assert "too much" not in seen
            await asyncio.to_thread(server.kill)
            bus.publish(Event("red", "test.done", "lost"))
