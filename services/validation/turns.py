"""Who goes when: a bound on how many validations are under way, and one after another where they must be."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.errors import QueueFull

RETRY_SECONDS = 1.0

Lane = deque["asyncio.Future[None]"]


class Turns:
    """
    Hands out a bounded number of turns. They go round the tenants that have somebody waiting, and for each tenant round
    its lanes, first come first served in each: so neither a tenant with much to do, nor a long batch, nor a long queue,
    takes more than its share from those who wait for one answer.

    :param at_once: Turns at one time.
    :param waiting: Callers that may wait in lanes without a name, of all tenants.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self.at_once = at_once
        self._free = at_once
        self._most_waiting = waiting
        # In the order in which turns go round; none of them is empty.
        self._lines: dict[str, dict[str, Lane]] = {}

    @asynccontextmanager
    async def take(self, tenant: str, lane: str = "") -> AsyncIterator[None]:
        """
        Hold a turn for the block; waits for one within the caller's deadline.

        Where as many wait as may, a caller whose tenant has fewer waiting than another takes the place of the last who
        came of the tenant with the most; so one tenant alone never fills the line for the others.

        :param lane: Which of the tenant's lines to wait in. Empty: that of those who wait for one answer, which is
            bounded. In the others the number is bounded otherwise.
        :raises QueueFull: As many wait already as may, or somebody took this place.
        """
        await self._enter(tenant, lane)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, tenant: str, lane: str) -> None:
        if self._free:
            self._free -= 1
            return
        if not lane:
            self._make_room(tenant)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(tenant, {}).setdefault(lane, deque()).append(turn)
        try:
            await turn
        except BaseException:
            if turn.cancelled() or turn.exception() is not None:
                self._forget(tenant, lane, turn)
            else:
                # It was given in the moment in which the caller gave up.
                self._leave()
            raise

    def _make_room(self, tenant: str) -> None:
        """Where no place is left take the last one of the tenant with the most, or raise :class:`QueueFull`."""
        waiting = {name: lanes[""] for name, lanes in self._lines.items() if "" in lanes}
        if sum(map(len, waiting.values())) < self._most_waiting:
            return
        largest = max(waiting, key=lambda name: len(waiting[name]), default=tenant)
        if len(waiting.get(tenant, ())) >= len(waiting.get(largest, ())):
            raise _full()
        last = waiting[largest][-1]
        self._forget(largest, "", last)
        # One who gave up in this very moment is not told any more.
        if not last.done():
            last.set_exception(_full())

    def _forget(self, tenant: str, lane: str, turn: "asyncio.Future[None]") -> None:
        lanes = self._lines.get(tenant, {})
        waiting = lanes.get(lane, deque())
        # One whose turn came just then has been passed over already.
        if turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del lanes[lane]
            if not lanes:
                del self._lines[tenant]

    def _leave(self) -> None:
        while self._lines:
            turn = self._next()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _next(self) -> "asyncio.Future[None]":
        tenant = next(iter(self._lines))
        lanes = self._lines.pop(tenant)
        lane = next(iter(lanes))
        waiting = lanes.pop(lane)
        turn = waiting.popleft()
        if waiting:
            lanes[lane] = waiting
        if lanes:
            self._lines[tenant] = lanes
        return turn


def _full() -> QueueFull:
    return QueueFull("as many validations wait as may", retry_after=RETRY_SECONDS)


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
