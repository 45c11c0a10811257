"""Who is made beside whom: a job that may end its process is made alone, so that no other is lost with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Company:
    """
    A lock that many share, or one has alone.

    Who waits to be alone is next: nobody joins those that are there, and as soon as they have left it is its turn.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._together = 0
        self._waiting = 0
        self._is_alone = False

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Be one of several, as soon as nobody is alone or waits to be."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._is_alone and not self._waiting)
            self._together += 1
        try:
            yield
        finally:
            self._together -= 1
            await self._tell()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Be alone, as soon as all others have left."""
        is_mine = False
        self._waiting += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._is_alone and not self._together)
                self._is_alone = is_mine = True
            yield
        finally:
            self._waiting -= 1
            if is_mine:
                self._is_alone = False
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
