"""Who goes when: a bound on how many validations are under way, and one after another where they must be."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.errors import QueueFull

RETRY_SECONDS = 1.0


class Turns:
    """
    Hands out a bounded number of turns. They go round the lanes in which somebody waits, first come first served in
    each: so a long batch, or a long queue, takes no more than its share from those who wait for one answer.

    :param at_once: Turns at one time.
    :param waiting: Callers that may wait, of all lanes; one more is refused at once, unless it is patient.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self.at_once = at_once
        self._free = at_once
        self._most_waiting = waiting
        # In the order in which turns go round; none of them is empty.
        self._lanes: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def take(self, lane: str = "", *, patient: bool = False) -> AsyncIterator[None]:
        """
        Hold a turn for the block; waits for one within the caller's deadline.

        :param patient: Wait however many wait already: for those whose number is bounded otherwise.
        :raises QueueFull: As many wait already as may.
        """
        await self._enter(lane, patient=patient)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, lane: str, *, patient: bool) -> None:
        if self._free:
            self._free -= 1
            return
        if not patient and sum(map(len, self._lanes.values())) >= self._most_waiting:
            raise QueueFull("as many validations wait as may", retry_after=RETRY_SECONDS)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lanes.setdefault(lane, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(lane, turn)
            else:
                # It was given in the moment in which the caller gave up.
                self._leave()
            raise

    def _forget(self, lane: str, turn: "asyncio.Future[None]") -> None:
        waiting = self._lanes.get(lane, deque())
        # One whose turn came just then has been passed over already.
        if turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del self._lanes[lane]

    def _leave(self) -> None:
        while self._lanes:
            lane = next(iter(self._lanes))
            waiting = self._lanes.pop(lane)
            turn = waiting.popleft()
            if waiting:
                self._lanes[lane] = waiting
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


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
