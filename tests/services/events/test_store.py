"""Stored events: numbered by tenant in their order, once each, and kept for a while."""

import asyncio
import time
from dataclasses import replace

from host.database import Database
from host.settings import Settings
from services.events.store import PAGE_EVENTS, EventStore, Stored
from tests.services.events.test_following import event, stores


async def names(store: EventStore, tenant: str = "red") -> list[str]:
    """Return what the events of a tenant are about, the first of them."""
    return [one.resource for one in (await store.since(tenant, 0)).events]


async def test_numbers(database_url: str) -> None:
    """Each tenant's events have numbers of their own, from 1, in the order in which they were added."""
    async with stores(database_url) as (store,):
        await store.add([event("a"), event("x", "blue"), event("b")])
        await store.add([event("y", "blue"), event("c")])
        red, blue = await store.since("red", 0), await store.since("blue", 0)
        assert [(one.number, one.resource) for one in red.events] == [(1, "a"), (2, "b"), (3, "c")]
        assert [(one.number, one.resource) for one in blue.events] == [(1, "x"), (2, "y")]
        assert (red.upto, red.is_last) == (3, True)
        assert replace(red.events[0], number=0) == event("a")
        assert [await store.last(tenant) for tenant in ("red", "blue", "green")] == [3, 2, 0]


async def test_twice(database_url: str) -> None:
    """An event that comes twice is kept once; what is added with it is kept all the same."""
    async with stores(database_url) as (store,):
        await store.add([event("a"), event("b")])
        await store.add([event("b"), event("c")])
        assert await names(store) == ["a", "b", "c"]


async def test_pages(database_url: str) -> None:
    """What is read at one time is bounded, and says up to where it is everything."""
    async with stores(database_url) as (store,):
        await store.add([event(str(number)) for number in range(PAGE_EVENTS + 2)])
        page = await store.since("red", 0)
        assert (len(page.events), page.upto, page.is_last) == (PAGE_EVENTS, PAGE_EVENTS, False)
        page = await store.since("red", page.upto)
        assert ([one.number for one in page.events], page.is_last) == ([PAGE_EVENTS + 1, PAGE_EVENTS + 2], True)
        page = await store.since("red", 3, "3")
        assert ([one.number for one in page.events], page.upto) == ([4], PAGE_EVENTS + 2)
        page = await store.since("red", PAGE_EVENTS + 2)
        assert (page.events, page.upto, page.is_last) == ([], PAGE_EVENTS + 2, True)


async def test_side_by_side(database_url: str) -> None:
    """Of processes that add at one time each adds all of its own, and no number is given twice."""
    async with stores(database_url, 3) as several:
        await asyncio.gather(
            *(
                store.add([event(f"{place}/{turn}/{tenant}", tenant) for tenant in ("red", "blue")])
                for turn in range(10)
                for place, store in enumerate(several)
            )
        )
        for tenant in ("red", "blue"):
            found = (await several[0].since(tenant, 0)).events
            assert [one.number for one in found] == list(range(1, 31))
            assert len({one.resource for one in found}) == 30


async def test_kept_by_number_and_age(database_url: str) -> None:
    """Of each tenant the newest are kept, and none that is too old; numbers go on all the same."""
    database = Database(Settings(database_url=database_url))
    store = EventStore(database, 3, 600)
    now = time.time()

    def aged(name: str, seconds: float, tenant: str = "red") -> Stored:
        return replace(event(name, tenant), created=now - seconds)

    await store.add([aged(name, 10) for name in "abcde"])
    await store.add([aged("x", 10, "blue"), aged("y", 1_000, "blue"), aged("z", 0, "blue")])
    await store.add([aged("old", 1_000, "green"), aged("soon", 300, "green")])
    assert await names(store) == ["c", "d", "e"]
    assert await names(store, "blue") == ["x", "z"]
    assert await names(store, "green") == ["soon"]
    await EventStore(database, 3, 200).forget()
    assert await names(store, "green") == []
    await store.add([aged("new", 0, "green")])
    assert [one.number for one in (await store.since("green", 0)).events] == [3]
    await database.close()
