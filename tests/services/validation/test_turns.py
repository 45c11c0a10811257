"""Turns and keyed locks: bounded, in order, given back whatever happens."""

import asyncio
import random

import pytest
from assay.errors import QueueFull

from services.validation.turns import KeyedLocks, Turns


async def test_at_once() -> None:
    """No more hold a turn at one time than may, and the others get theirs in the order in which they came."""
    turns, order, most, now = Turns(2, 10), [], 0, 0

    async def work(number: int) -> None:
        nonlocal most, now
        async with turns.take("t"):
            order.append(number)
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.005)
            now -= 1

    await asyncio.gather(*map(work, range(6)))
    assert (most, order) == (2, [0, 1, 2, 3, 4, 5])


async def test_full() -> None:
    """One more than may wait is refused at once, and told when to come back."""
    turns = Turns(1, 1)
    async with turns.take("t"):
        waiting = asyncio.create_task(turns.take("t").__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(QueueFull) as caught:
            async with turns.take("t"):
                pass
        waiting.cancel()
    assert caught.value.retry_after == 1


async def test_lanes() -> None:
    """Turns go round the lanes: a long line does not keep those of another from their share."""
    turns, order = Turns(1, 100), []

    async def work(lane: str) -> None:
        async with turns.take("t", lane):
            order.append(lane)
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, "aaaaaa" + "bb" + "c"))
    assert "".join(order) == "aabcabaaa"


async def test_patient() -> None:
    """In a lane with a name one waits however many wait already."""
    turns = Turns(1, 0)
    async with turns.take("t"):
        waiting = asyncio.create_task(turns.take("t", "batch").__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            async with turns.take("t"):
                pass
        assert not waiting.done()
    await waiting


async def test_tenants() -> None:
    """Turns go round the tenants, and in each of them round its lanes: many lanes are no more turns."""
    turns, order = Turns(1, 100), []

    async def work(tenant: str, lane: str) -> None:
        async with turns.take(tenant, lane):
            order.append(tenant + lane)
            await asyncio.sleep(0)

    waiting = [("a", ""), ("a", "1"), ("a", "2"), ("a", "1"), ("a", "2"), ("b", ""), ("b", ""), ("c", "1")]
    await asyncio.gather(*(work(*one) for one in waiting))
    assert order == ["a", "a1", "b", "c1", "a2", "b", "a1", "a2"]


async def test_full_of_one_tenant() -> None:
    """One whose tenant has fewer waiting takes the last place of the tenant with the most; its own are refused."""
    turns = Turns(1, 3)
    async with turns.take("a"):
        waiting = [asyncio.create_task(turns.take("a").__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        other = asyncio.create_task(turns.take("b").__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await waiting[2]
        with pytest.raises(QueueFull):
            async with turns.take("a"):
                pass
        second = asyncio.create_task(turns.take("b").__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await waiting[1]
        third = turns.take("b")
        with pytest.raises(QueueFull):
            await third.__aenter__()
    await asyncio.wait_for(waiting[0], 5)
    turns._leave()
    await asyncio.wait_for(other, 5)
    turns._leave()
    await asyncio.wait_for(second, 5)


async def test_given_up_as_it_comes() -> None:
    """A turn that comes in the moment in which its caller gives up goes to the next."""
    turns = Turns(1, 10)
    holder = turns.take("t")
    await holder.__aenter__()
    waiting = [asyncio.create_task(turns.take("t").__aenter__()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await holder.__aexit__(None, None, None)
    waiting[1].cancel()
    await asyncio.wait_for(waiting[2], 5)
    assert [task.cancelled() for task in waiting] == [True, True, False]


async def test_given_back() -> None:
    """A turn is given back when its block fails or is cancelled, and so is a place in the queue."""
    turns = Turns(1, 1)

    async def hold() -> None:
        async with turns.take("t"):
            await asyncio.sleep(60)

    for _ in range(3):
        holder = asyncio.create_task(hold())
        await asyncio.sleep(0)
        waiter = asyncio.create_task(hold())
        await asyncio.sleep(0)
        for task in (waiter, holder):
            task.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        async with turns.take("t"):
            raise ZeroDivisionError
    async with asyncio.timeout(5), turns.take("t"):
        pass


async def test_whatever_happens() -> None:
    """However many come and give up, no more than may hold a turn, nobody is forgotten, and in the end all are free."""
    turns, chance, held, most, answers = Turns(3, 12), random.Random(6), 0, 0, 0

    async def call(tenant: str, lane: str) -> None:
        nonlocal held, most, answers
        try:
            async with turns.take(tenant, lane):
                held += 1
                most = max(most, held)
                try:
                    await asyncio.sleep(chance.random() * 0.002)
                finally:
                    held -= 1
        except QueueFull:
            assert not lane
        answers += 1

    tasks = []
    for number in range(600):
        tasks.append(asyncio.create_task(call(chance.choice("aaaabc"), chance.choice(["", "", "queue", "batch"]))))
        if number % 5 == 0:
            await asyncio.sleep(0.001)
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
    async with asyncio.timeout(20):
        await asyncio.gather(*tasks, return_exceptions=True)
    given_up = sum(task.cancelled() for task in tasks)
    assert answers + given_up == 600
    assert [task for task in tasks if not task.cancelled() and task.exception()] == []
    assert (most, held, turns._free, turns._lines) == (3, 0, 3, {})


async def test_keyed_locks() -> None:
    """Holders of one name go one after another, those of others side by side, and nothing is left of either."""
    locks, log = KeyedLocks(), []

    async def work(name: str, number: int) -> None:
        async with locks.hold(name):
            log.append((name, number, "in"))
            await asyncio.sleep(0.005)
            log.append((name, number, "out"))

    await asyncio.gather(work("a", 1), work("a", 2), work("b", 1), work("a", 3))
    assert [entry[1:] for entry in log if entry[0] == "a"] == [(n, w) for n in (1, 2, 3) for w in ("in", "out")]
    assert log[:2] == [("a", 1, "in"), ("b", 1, "in")]
    assert not locks._locks
