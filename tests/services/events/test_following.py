"""Where reading what is kept ends and hearing what happens begins: nothing is missing, and nothing comes twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from assay.errors import SlowReader, StoreUnavailable

from host.database import Database
from host.settings import Settings
from services.events import following as module
from services.events.following import Following, Reader
from services.events.store import EventStore, Page, Stored
from services.events.wanted import Wanted

BOUND = 30.0
EVERYTHING = Wanted(audits=True)


def event(name: str, tenant: str = "red", kind: str = "test.done") -> Stored:
    """Return an event that is not stored yet."""
    return Stored(tenant, f"evt_{tenant}_{name}", kind, name, "", 1e9, b"")


@asynccontextmanager
async def stores(database_url: str, count: int = 1) -> AsyncIterator[list[EventStore]]:
    """Yield the stored events as several processes see them."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            database = Database(Settings(database_url=database_url))
            stack.push_async_callback(database.close)
            made.append(EventStore(database, 100_000, 1e9))
        yield made


@asynccontextmanager
async def followed(store: EventStore, most_behind: int = 1_000) -> AsyncIterator[Following]:
    """Yield what follows a store."""
    following = Following(store, most_behind=most_behind, most=1_000, stopping=asyncio.Event())
    async with following.at_work():
        yield following


async def collect(following: Following, after: int, count: int, wanted: Wanted = EVERYTHING) -> list[Stored]:
    """Follow until so many events have come."""
    found: list[Stored] = []
    async with asyncio.timeout(BOUND), aclosing(following.follow("red", wanted, after)) as events:
        async for one in events:
            found.append(one)
            if len(found) == count:
                break
            if one.number % 50 == 0:
                # Writing to a client takes a while, in which more is stored.
                await asyncio.sleep(0.001)
    return found


async def test_the_seam(database_url: str) -> None:
    """Subscribers that come at any time, from any place, while events are stored, get each once and in its order."""
    chance, total = random.Random(6), 3_000
    async with stores(database_url, 2) as (store, other), followed(store) as following:
        subscribers: list[asyncio.Task[list[Stored]]] = []
        starts: list[int] = []
        stored = 0
        while stored < total:
            size = min(chance.choice((1, 3, 40, 300)), total - stored)
            batch = [event(str(stored + index)) for index in range(size)]
            # Another process stores too, and nobody tells of it; and other tenants' events lie between.
            writer = chance.choice((store, store, other))
            await writer.add([*batch, event(str(stored), "blue")])
            stored += size
            if writer is store:
                following.tell({"red", "blue"})
            for _ in range(chance.choice((0, 1, 3))):
                starts.append(chance.randint(0, stored))
                subscribers.append(asyncio.create_task(collect(following, starts[-1], total - starts[-1])))
            await asyncio.sleep(0)
        everybody = await asyncio.gather(*subscribers)
        assert following.feeds == 0
    assert len(everybody) > 50
    for start, found in zip(starts, everybody, strict=True):
        assert [one.number for one in found] == list(range(start + 1, total + 1))
        assert [one.resource for one in found] == [str(number) for number in range(start, total)]


async def test_many_share_one_read(database_url: str) -> None:
    """However many follow a tenant's events, what is new is read once; and no longer where nobody follows any more."""
    reads = 0

    class Counting(EventStore):
        async def since(self, tenant: str, after: int, resource: str = "", most: int = 256) -> Page:
            nonlocal reads
            reads += 1
            return await super().since(tenant, after, resource, most)

    database = Database(Settings(database_url=database_url))
    store = Counting(database, 1_000, 1e9)
    async with followed(store) as following:
        subscribers = [asyncio.create_task(collect(following, 0, 10)) for _ in range(50)]
        await asyncio.sleep(0.2)
        reads = 0
        for number in range(10):
            await store.add([event(str(number))])
            following.tell({"red"})
            await asyncio.sleep(0.02)
        assert {len(found) for found in await asyncio.gather(*subscribers)} == {10}
        # One for each, and looks where the machine is slow; not one for each of fifty.
        assert reads < 50
        assert following.feeds == 0
    await database.close()


async def test_sparse(database_url: str) -> None:
    """Who wants few of many events does not go on from the last that it got, but from the last that there was."""
    async with stores(database_url) as (store,), followed(store) as following:
        await store.add([event("wanted"), *(event(str(number)) for number in range(999))])
        wanted = Wanted(resource="wanted")
        task = asyncio.create_task(collect(following, 0, 2, wanted))
        await asyncio.sleep(0.2)
        await store.add([event("wanted2", kind="other")])
        await store.add([Stored("red", "evt_again", "test.done", "wanted", "", 1e9, b"")])
        following.tell({"red"})
        assert [one.number for one in await task] == [1, 1_002]


async def test_nothing_is_held_for_a_slow_one() -> None:
    """For a reader that is too far behind nothing waits any more, whatever comes; it is told once it reads on."""
    reader = Reader(EVERYTHING, 10, 3)
    reader.tell([replace(event(str(number)), number=number) for number in range(8, 14)])
    assert (reader.room, (await reader.next()).number) == (0, 11)
    reader.tell([replace(event(str(number)), number=number) for number in (14, 15)])
    assert reader.room == 3
    reader.tell([replace(event("16"), number=16)])
    assert reader.room == 3
    with pytest.raises(SlowReader):
        await reader.next()


async def test_the_database_fails(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database cannot be read those who follow are told, and who comes once it is back is served."""
    async with stores(database_url) as (store,), followed(store) as following:
        task = asyncio.create_task(collect(following, 0, 1))
        await asyncio.sleep(0.1)

        async def fails(*_: object, **__: object) -> Page:
            raise StoreUnavailable("it is gone")

        with monkeypatch.context() as broken:
            broken.setattr(store, "since", fails)
            following.tell({"red"})
            with pytest.raises(StoreUnavailable, match="it is gone"):
                await task
        await store.add([event("a")])
        assert [one.resource for one in await collect(following, 0, 1)] == ["a"]


async def test_heard_from_another_process(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process stores is told too, after a look at the database."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    async with stores(database_url, 2) as (store, other), followed(store) as following:
        task = asyncio.create_task(collect(following, 0, 1))
        await asyncio.sleep(0.1)
        await other.add([event("a")])
        assert [one.resource for one in await task] == ["a"]
