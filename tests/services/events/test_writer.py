"""Storing what is heard: soon, together, once, and to the last event."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from assay.errors import StoreUnavailable

from host.database import Database
from host.events.memory import MemoryBus
from host.events.port import Event
from host.settings import Settings
from services.events import writer as module
from services.events.store import EventStore, Stored
from services.events.writer import Writer


class Watched(EventStore):
    """A store that can be made to fail, and says how much was added at one time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, 100_000, 1e9)
        self.database = database
        self.added: list[int] = []
        self.failing: list[Exception] = []

    async def add(self, events: Sequence[Stored]) -> None:
        """Add events, or fail."""
        if self.failing:
            raise self.failing.pop()
        await super().add(events)
        self.added.append(len(events))


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[Watched]:
    """Give a store."""
    made = Watched(Database(Settings(state_dir=folder)))
    yield made
    await made.database.close()


@asynccontextmanager
async def writing(
    store: Watched, told: list[Collection[str]] | None = None, most: int = 10_000
) -> AsyncIterator[MemoryBus]:
    """Yield a bus whose events are stored."""
    bus = MemoryBus()
    heard = [] if told is None else told
    async with bus.listen(most) as listener, Writer(listener, store, heard.append).at_work():
        yield bus


async def resources(store: EventStore, tenant: str = "red") -> list[str]:
    """Return what the stored events of a tenant are about."""
    return [event.resource for event in (await store.since(tenant, 0, most=10_000)).events]


async def until(store: EventStore, count: int) -> list[str]:
    """Return what is stored once it is so many events."""
    async with asyncio.timeout(20):
        while len(found := await resources(store)) < count:
            await asyncio.sleep(0.01)
    return found


def event(name: str, tenant: str = "red") -> Event:
    """Return an event."""
    return Event(tenant, "test.done", name)


async def test_together(store: Watched) -> None:
    """What comes together is stored together, and told of only when it is."""
    told: list[Collection[str]] = []
    async with writing(store, told) as bus:
        for number in range(100):
            bus.publish(event(str(number)))
        bus.publish(event("b", "blue"))
        assert told == []
        assert await until(store, 100) == [str(number) for number in range(100)]
        assert (store.added, told) == ([101], [{"red", "blue"}])


async def test_the_last_word(store: Watched) -> None:
    """What was told before the end is stored before it, however much it is."""
    async with writing(store) as bus:
        await asyncio.sleep(0)
        for number in range(2_500):
            bus.publish(event(str(number)))
    assert await resources(store) == [str(number) for number in range(2_500)]
    assert max(store.added) == module.BATCH_EVENTS


async def test_ended_in_mid_write(store: Watched) -> None:
    """What is being stored when the end comes is stored once."""
    for _ in range(20):
        async with writing(store) as bus:
            bus.publish(event("a"))
            await asyncio.sleep(module.BATCH_SECONDS + 0.001)
    assert len(await resources(store)) == 20


async def test_the_database_fails(store: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be stored now is stored later, in its order; what there is no room for meanwhile is dropped."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)
    store.failing = [StoreUnavailable("gone"), StoreUnavailable("gone")]
    async with writing(store, most=3) as bus:
        bus.publish(event("a"))
        while len(store.failing) == 2:
            await asyncio.sleep(0.01)
        for name in "bcdef":
            bus.publish(event(name))
        assert await until(store, 4) == list("abcd")
        bus.publish(event("g"))
        assert await until(store, 5) == [*"abcd", "g"]


async def test_it_stays_gone(store: Watched) -> None:
    """A database that is gone at the end does not hold the end up."""
    async with asyncio.timeout(10):
        async with writing(store) as bus:
            store.failing = [StoreUnavailable("gone")] * 100
            bus.publish(event("a"))
    assert await resources(store) == []


async def test_a_defect(store: Watched) -> None:
    """An error that nobody expects costs what was about to be stored, and an event that is none costs itself alone."""
    store.failing = [RuntimeError("a defect")]
    async with writing(store) as bus:
        bus.publish(event("lost"))
        while store.failing:
            await asyncio.sleep(0.01)
        bus.publish(Event("red", "test.done", "wrong", data={"value": object()}))  # type: ignore[dict-item]
        bus.publish(event("a"))
        assert await until(store, 1) == ["a"]


async def test_what_is_too_long_is_cut(store: Watched) -> None:
    """Nothing that an event says is too long or odd to be kept."""
    async with writing(store) as bus:
        bus.publish(
            Event("red", "k" * 500, "r\0\udc80" * 500, "p" * 500, {f"{n}" * 300: "v" * 5_000 for n in range(99)})
        )
        await until(store, 1)
    (kept,) = (await store.since("red", 0)).events
    assert (len(kept.kind), len(kept.project)) == (128, 256)
    assert "\0" not in kept.resource
    assert len(kept.body) < 16_000
