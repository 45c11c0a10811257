"""Who waits while a crowd comes, and for how long."""

import asyncio
import time

from gateway.crowd import MANY, MOST_SECONDS, WINDOW_SECONDS, Crowd


async def test_few() -> None:
    """Where few come nobody waits."""
    crowd = Crowd()
    for _ in range(MANY - 1):
        crowd.came()
    async with asyncio.timeout(0):
        await crowd.passed()


async def test_a_crowd() -> None:
    """While many come those that may go on wait, and go on when no more do; then few are no crowd again."""
    crowd = Crowd()
    for _ in range(2):
        for _ in range(MANY):
            crowd.came()
        waiting = asyncio.create_task(crowd.passed())
        await asyncio.sleep(0)
        assert not waiting.done()
        async with asyncio.timeout(5):
            await waiting
        crowd.came()
        async with asyncio.timeout(0):
            await crowd.passed()


async def test_a_crowd_without_an_end() -> None:
    """Of a crowd that goes on coming nobody waits for the end."""
    crowd = Crowd()
    ends = time.monotonic() + 5 * MOST_SECONDS

    async def comes() -> None:
        while time.monotonic() < ends:
            for _ in range(MANY):
                crowd.came()
            await asyncio.sleep(WINDOW_SECONDS / 4)

    coming = asyncio.create_task(comes())
    await asyncio.sleep(0)
    await crowd.passed()
    assert not coming.done()
    await coming
