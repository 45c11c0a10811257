"""Waiting for something to be set, but not for longer than a while."""

import asyncio
from contextlib import suppress


async def a_while(event: asyncio.Event, seconds: float) -> None:
    """
    Wait until an event is set, at most so many seconds.

    Not by ``asyncio.wait_for``: of a task that is cancelled in the moment in which the event is set, it would forget
    that it was cancelled (https://github.com/python/cpython/issues/86296).
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
