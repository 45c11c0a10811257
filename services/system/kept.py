"""What is found out once for all who ask within some seconds."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from host.caller import SYSTEM_TENANT, Caller, acting_for

ITSELF = Caller(SYSTEM_TENANT, "system")
"""On whose behalf things are found out: nobody's but the suite's own."""

T = TypeVar("T")


class Kept(Generic[T]):
    """
    Something that is found out when it is asked for, and told again for a while.

    It is found out in a task of its own: who gives up waiting does not stop it for the others, and neither deadline nor
    identity of whoever asked first is its own.

    :param find: Finds it out, within a bounded time. What it raises is raised for all who wait, and not kept.
    :param seconds: How long it is told again.
    """

    def __init__(self, find: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._find = find
        self._seconds = seconds
        self._found: tuple[T, float] | None = None
        self._finding: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return it, as it was at most so many seconds ago."""
        if self._found is not None and time.monotonic() < self._found[1]:
            return self._found[0]
        if self._finding is None:
            self._finding = asyncio.create_task(self._once(), context=contextvars.Context())
            self._finding.add_done_callback(self._over)
        return await asyncio.shield(self._finding)

    async def _once(self) -> T:
        with acting_for(ITSELF):
            found = await self._find()
        self._found = found, time.monotonic() + self._seconds
        return found

    def _over(self, task: "asyncio.Task[T]") -> None:
        self._finding = None
        if not task.cancelled():
            # Those who asked are told; that there may be none left is no defect.
            task.exception()

    async def close(self) -> None:
        """Stop finding it out."""
        if (task := self._finding) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
