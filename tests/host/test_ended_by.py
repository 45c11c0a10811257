"""Work that something else may bring to an end."""

import asyncio

import pytest

from host.ended_by import ended_by
from tests.tasks import left_behind


class Over(Exception):
    """What a block is ended with."""


async def test_ended() -> None:
    """The block ends by the error when what it waits for is over, not before the time that is let pass."""
    began = asyncio.get_running_loop().time()
    with pytest.raises(Over):
        async with ended_by(lambda: asyncio.sleep(0), Over, after=0.05):
            await asyncio.sleep(20)
    assert 0.04 < asyncio.get_running_loop().time() - began < 10


async def test_sooner() -> None:
    """A block that ends before, by itself or by an error of its own, ends as it would, and leaves nothing behind."""
    before = asyncio.all_tasks()
    async with ended_by(asyncio.Event().wait, Over, after=60):
        await asyncio.sleep(0.01)
    with pytest.raises(TimeoutError):
        await _timed_out()
    assert not await left_behind(before)


async def _timed_out() -> None:
    async with ended_by(asyncio.Event().wait, Over):
        await asyncio.sleep(0.01)
        raise TimeoutError
