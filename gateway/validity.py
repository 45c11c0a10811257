"""Calls that go on for long, and whether who made them still may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from assay.errors import StoreUnavailable, Unauthenticated

from host.ended_by import ended_by

LOOK_SECONDS = 1.0
"""How often a call that goes on is looked at, by what new calls are let in by: a key that was taken back ends its
streams a second after it is refused, within five seconds."""


@asynccontextmanager
async def while_valid(check: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """
    End the block once a check says that the call would not be let in any more.

    A database that does not answer ends nothing: it lets nobody in, and cutting everybody off would let them all come
    back at one time.

    :param check: Raises Unauthenticated where it would not.
    :raises Unauthenticated: It would not.
    """

    async def invalid() -> None:
        with suppress(Unauthenticated):
            while True:
                with suppress(StoreUnavailable):
                    await check()
                await asyncio.sleep(LOOK_SECONDS)

    async with ended_by(invalid, lambda: Unauthenticated("the key is not valid any more"), after=LOOK_SECONDS):
        yield
