"""Too many calls of all tenants: the tenant with the most gives way, and nobody is kept out."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from assay.errors import RateLimited

from gateway.overload import Overload


class Under:
    """Calls that are under way until they are told to end, each in a task of its own."""

    def __init__(self, overload: Overload) -> None:
        self.overload = overload
        self.under_way: Counter[str] = Counter()
        self.ended = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def call(self, tenant: str) -> asyncio.Task[None]:
        """Begin a call, and return its task."""
        task = asyncio.create_task(self._call(tenant))
        self.tasks.append(task)
        for _ in range(5):
            await asyncio.sleep(0)
        return task

    async def _call(self, tenant: str) -> None:
        async with self.overload.place(tenant):
            self.under_way[tenant] += 1
            try:
                await self.ended.wait()
            finally:
                self.under_way[tenant] -= 1

    async def refused(self) -> int:
        """Let all calls end, and return how many were refused."""
        self.ended.set()
        results = await asyncio.gather(*self.tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, RateLimited) for result in results), results
        return sum(result is not None for result in results)


async def test_none_too_many() -> None:
    """A single tenant's calls are refused from the bound on, at once, and taken again when some have ended."""
    calls = Under(Overload(3))
    for _ in range(5):
        await calls.call("a")
    assert calls.under_way == {"a": 3}
    assert await calls.refused() == 2
    async with calls.overload.place("a"):
        pass


async def test_gives_way() -> None:
    """Calls of others end the last ones of the tenant with the most, until they have about as many."""
    calls = Under(Overload(8))
    first = [await calls.call("a") for _ in range(8)]
    for _ in range(10):
        await calls.call("b")
    assert calls.under_way == {"a": 4, "b": 4}
    assert [task.done() for task in first] == [False] * 4 + [True] * 4
    with pytest.raises(RateLimited) as caught:
        await first[-1]
    assert caught.value.retry_after
    for _ in range(3):
        await calls.call("c")
    assert sum(calls.under_way.values()) == 8
    assert calls.under_way["c"] == 2
    await calls.refused()


async def test_no_tenant_starves() -> None:
    """With many more calls than places, of which none ends, each tenant gets its share whoever came first."""
    calls = Under(Overload(20))
    for _ in range(100):
        await calls.call("greedy")
    for number in range(4):
        for _ in range(30):
            await calls.call(f"t{number}")
    assert sum(calls.under_way.values()) == 20
    assert max(calls.under_way.values()) - min(calls.under_way.values()) <= 1
    await calls.refused()


async def test_a_call_that_is_given_up() -> None:
    """A call that is cancelled by its client leaves its place, and stays cancelled."""
    calls = Under(Overload(2))
    task = await calls.call("a")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    calls.tasks.clear()
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(calls.overload.place("a"))
        with pytest.raises(RateLimited):
            await stack.enter_async_context(calls.overload.place("a"))


async def test_an_error_of_the_call() -> None:
    """What goes wrong in a call arrives as it is, a TimeoutError too, and its place is free again."""
    overload = Overload(1)
    for error in (TimeoutError, ValueError):
        with pytest.raises(error):
            async with overload.place("a"):
                raise error
    async with overload.place("a"):
        pass
