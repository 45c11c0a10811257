"""Many requests at one time: each answered once, bounded, stopped with their reader."""

import asyncio
from contextlib import aclosing

import pytest

from services.validation.batch import answers


async def test_once() -> None:
    """Each request is answered once, whichever order they end in."""

    async def ask(index: int, request: int) -> tuple[int, int]:
        await asyncio.sleep(0.001 * (request % 7))
        return index, request * 2

    found = [answer async for answer in answers(range(100, 150), ask, 8)]
    assert sorted(found) == [(index, (index + 100) * 2) for index in range(50)]
    assert [answer async for answer in answers([], ask, 8)] == []


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (3, 3), (100, 10)])
async def test_at_once(at_once: int, most: int) -> None:
    """No more are under way at one time than may, and all that may."""
    under_way, highest = 0, 0

    async def ask(index: int, request: int) -> int:
        nonlocal under_way, highest
        under_way += 1
        highest = max(highest, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return index

    assert len([answer async for answer in answers(range(10), ask, at_once)]) == 10
    assert highest == most


async def test_slow_reader() -> None:
    """Where nobody reads, no more begin than are at work and wait to be taken."""
    begun = 0

    async def ask(index: int, request: int) -> int:
        nonlocal begun
        begun += 1
        return index

    async with aclosing(answers(range(100), ask, 3)) as found:
        await anext(found)
        await asyncio.sleep(0.05)
        assert begun <= 6
        assert len([answer async for answer in found]) == 99
    assert begun == 100


async def test_left() -> None:
    """Leaving stops what is under way, and nothing begins afterwards."""
    stopped, begun = 0, 0

    async def ask(index: int, request: int) -> int:
        nonlocal stopped, begun
        begun += 1
        if index == 0:
            return index
        try:
            await asyncio.sleep(60)
        finally:
            stopped += 1
        return index

    async with aclosing(answers(range(100), ask, 4)) as found:
        assert await anext(found) == 0
        await asyncio.sleep(0.01)
    assert (stopped, begun) == (4, 5)
