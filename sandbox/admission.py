"""The door before the pool: so many runs at one time, so many waiting in order, everyone else turned away at once."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.errors import QueueFull, ShuttingDown


class Admission:
    """
    A bounded queue, first in, first out.

    :param running: Turns that can be held at one time.
    :param waiting: Callers that may wait for one.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self._free = running
        self._running = running
        self._most_waiting = waiting
        self._queue: deque[asyncio.Future[None]] = deque()
        self._mean_seconds = 1.0
        self._closed = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """
        Wait for a turn and hold it.

        :raises QueueFull: Too many wait already; says when it is worth coming back.
        :raises ShuttingDown: The service is stopping.
        """
        await self._enter()
        started = time.monotonic()
        try:
            yield
        finally:
            self._mean_seconds += 0.2 * (time.monotonic() - started - self._mean_seconds)
            self._leave()

    def close(self) -> None:
        """Turn away everyone who waits, and everyone who comes."""
        self._closed = True
        for waiter in self._queue:
            if not waiter.done():
                waiter.set_exception(ShuttingDown("the sandbox service is stopping"))
        self._queue.clear()

    async def _enter(self) -> None:
        if self._closed:
            raise ShuttingDown("the sandbox service is stopping")
        if self._free and not self._queue:
            self._free -= 1
            return
        if len(self._queue) >= self._most_waiting:
            raise QueueFull(
                f"{len(self._queue)} runs are waiting already", retry_after=round(self._expected_seconds(), 3)
            )
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(waiter)
        try:
            await waiter
        except BaseException:
            if waiter in self._queue:
                self._queue.remove(waiter)
            elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # The turn was given in the moment in which the caller gave up.
                self._leave()
            raise

    def _leave(self) -> None:
        self._free += 1
        while self._queue and self._free:
            waiter = self._queue.popleft()
            if not waiter.done():
                self._free -= 1
                waiter.set_result(None)

    def _expected_seconds(self) -> float:
        return max(0.1, self._mean_seconds * (len(self._queue) + 1) / self._running)
