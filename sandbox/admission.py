"""The door before the pool: so many runs at one time, so many waiting, fair between tenants; others are turned away."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.errors import QueueFull, ShuttingDown

Line = deque["asyncio.Future[None]"]


class Admission:
    """
    A bounded queue. Each tenant's callers are served in the order in which they came; turns go round the tenants.

    Only tenants that have somebody waiting are remembered, so their number is bounded by the queue.

    :param running: Turns that can be held at one time.
    :param waiting: Callers that may wait for one, of all tenants together.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self._free = running
        self._running = running
        self._most_waiting = waiting
        # In the order in which turns go round; none of them is empty.
        self._lines: dict[str, Line] = {}
        self._waiting = 0
        self._mean_seconds = 1.0
        self._closed = False

    @property
    def running(self) -> int:
        """How many turns are held."""
        return self._running - self._free

    @property
    def waiting(self) -> int:
        """How many callers wait for a turn."""
        return self._waiting

    @asynccontextmanager
    async def turn(self, tenant: str = "") -> AsyncIterator[None]:
        """
        Wait for a turn and hold it.

        In a full queue, a caller whose tenant has fewer waiting than another takes the place of the last who came of
        the tenant with the most; so one tenant alone never fills the queue for the others.

        :raises QueueFull: Too many wait already, or somebody took this place; says when it is worth coming back.
        :raises ShuttingDown: The service is stopping.
        """
        await self._enter(tenant)
        started = time.monotonic()
        try:
            yield
        finally:
            self._mean_seconds += 0.2 * (time.monotonic() - started - self._mean_seconds)
            self._leave()

    def close(self) -> None:
        """Turn away everyone who waits, and everyone who comes."""
        self._closed = True
        for line in self._lines.values():
            for waiter in line:
                if not waiter.done():
                    waiter.set_exception(ShuttingDown("the sandbox service is stopping"))
        self._lines.clear()
        self._waiting = 0

    async def _enter(self, tenant: str) -> None:
        if self._closed:
            raise ShuttingDown("the sandbox service is stopping")
        if self._free and not self._waiting:
            self._free -= 1
            return
        if self._waiting >= self._most_waiting:
            self._make_room(tenant)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(tenant, deque()).append(waiter)
        self._waiting += 1
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                if waiter.exception() is None:
                    # The turn was given in the moment in which the caller gave up.
                    self._leave()
            else:
                self._forget(tenant, waiter)
            raise

    def _make_room(self, tenant: str) -> None:
        """Take the last place of the tenant with the most waiting, or raise :class:`QueueFull`."""
        largest = max(self._lines, key=lambda name: len(self._lines[name]), default=tenant)
        if len(self._lines.get(tenant, ())) >= len(self._lines.get(largest, ())):
            raise self._full()
        last = self._lines[largest][-1]
        self._forget(largest, last)
        # One who gave up in this very moment is not told any more.
        if not last.done():
            last.set_exception(self._full())

    def _forget(self, tenant: str, waiter: "asyncio.Future[None]") -> None:
        line = self._lines.get(tenant)
        if line is None or waiter not in line:
            return
        line.remove(waiter)
        self._waiting -= 1
        if not line:
            del self._lines[tenant]

    def _leave(self) -> None:
        self._free += 1
        while self._waiting and self._free:
            waiter = self._next()
            if not waiter.done():
                self._free -= 1
                waiter.set_result(None)

    def _next(self) -> "asyncio.Future[None]":
        tenant = next(iter(self._lines))
        line = self._lines.pop(tenant)
        waiter = line.popleft()
        self._waiting -= 1
        if line:
            self._lines[tenant] = line
        return waiter

    def _full(self) -> QueueFull:
        expected = max(0.1, self._mean_seconds * (self._waiting + 1) / self._running)
        return QueueFull(f"{self._most_waiting} runs are waiting already", retry_after=round(expected, 3))
