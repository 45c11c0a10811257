"""Who goes when: a bound on how many validations are under way, and one after another where they must be."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.errors import QueueFull

RETRY_SECONDS = 1.0


class Turns:
    """
    Hands out a bounded number of turns, first come first served.

    :param at_once: Turns at one time.
    :param waiting: Callers that may wait; one more is refused at once.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._most_waiting = waiting

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """
        Hold a turn for the block; waits for one within the caller's deadline.

        :raises QueueFull: As many wait already as may.
        """
        if self._turns.locked() and self._waiting >= self._most_waiting:
            raise QueueFull("as many validations wait as may", retry_after=RETRY_SECONDS)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


class KeyedLocks:
    """Locks by name, each of which is there as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """Hold the lock of a name for the block."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._users[name] += 1
        try:
            async with lock:
                yield
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name], self._locks[name]
