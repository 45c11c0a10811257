"""
The keeper of all pools: decides how many sandboxes wait in each, and what is made next.

Those who wait come first, in the order of their arrival whatever they wait for. What is made ahead of demand is bounded
in number at one time and in rate, since making a container takes the processors from the programs that run.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from sandbox.pool import Pool, S

SETTLE_SECONDS = 0.05
"""A burst of claims is let pass before refilling begins: making a container takes the processor from the runs."""

CALM_SECONDS = 0.2
"""The same for a pool that is more than half full: what was claimed runs by itself until it ends, mostly, and so does
what its caller makes of the result. A pool that is asked for steadily falls below half, and is filled meanwhile."""

TICK_SECONDS = 1.0
LOOK_SECONDS = 5.0
"""A sandbox that waits is asked this often whether it still answers."""


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How fast sandboxes are made, for all pools together.

    :param make_concurrency: At one time, where callers wait for them.
    :param refill_concurrency: At one time, where nobody waits.
    :param refill_rate: Begun a second, where nobody waits.
    :param max_idle: The most that wait ready in all pools; pools that are used least give way.
    """

    make_concurrency: int
    refill_concurrency: int
    refill_rate: float
    max_idle: int


class Keeper(Generic[S]):
    """
    Keeps pools filled.

    :param alive: Asks a waiting sandbox whether it is alive, within a bounded time.
    """

    def __init__(self, pools: Sequence[Pool[S]], pace: Pace, alive: Callable[[S], Awaitable[bool]]) -> None:
        self._pools = pools
        self._pace = pace
        self._alive = alive
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._tokens = float(pace.refill_concurrency)
        self._counted_at = time.monotonic()
        for pool in pools:
            pool.changed = self._wake.set
        self._share()

    def open(self) -> None:
        """Begin to fill; returns at once."""
        self._tasks = [
            asyncio.create_task(self._keep(), name="sandbox-keeper"),
            asyncio.create_task(self._look_round(), name="sandbox-look-round"),
        ]

    async def close(self) -> None:
        """Stop filling, and close all pools."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self._pools))

    async def _keep(self) -> None:
        while True:
            self._wake.clear()
            self._share()
            for pool in self._pools:
                pool.trim()
            self._serve()
            pause = self._refill()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def _share(self) -> None:
        """Set how many wait in each pool: what its last minute asked for, while there is room for all."""
        room = self._pace.max_idle
        by_use = sorted(self._pools, key=lambda pool: (pool.demand.in_window(), pool.demand.last_claim), reverse=True)
        for pool in by_use:
            wanted = max(pool.bounds.floor, min(pool.demand.largest_burst(), pool.bounds.ceiling))
            pool.target = min(wanted, room)
            room -= pool.target

    def _serve(self) -> None:
        """Begin to make what callers wait for."""
        while self._making() < self._pace.make_concurrency:
            unserved = [(since, pool) for pool in self._pools if (since := pool.unserved_since()) is not None]
            if not unserved:
                return
            min(unserved, key=lambda entry: entry[0])[1].begin()

    def _refill(self) -> float:
        """Begin to make what may be asked for next; return the seconds after which there can be more to do."""
        now = time.monotonic()
        settled_at = max((pool.demand.last_claim for pool in self._pools), default=0.0) + SETTLE_SECONDS
        if now < settled_at:
            return settled_at - now
        calm_at = settled_at - SETTLE_SECONDS + CALM_SECONDS
        while self._making() < self._pace.refill_concurrency:
            wanting = [(pool, pool.retry_at if pool.low else max(pool.retry_at, calm_at)) for pool in self._wanting()]
            short = [pool for pool, since in wanting if now >= since]
            if not short:
                return min([TICK_SECONDS, *(since - now for _, since in wanting)])
            if (pause := self._until_token(now)) > 0:
                return pause
            self._tokens -= 1
            # The emptiest first, and of equally empty ones that which is used most.
            min(short, key=lambda pool: (1 - pool.missing() / pool.target, -pool.demand.in_window())).begin()
        return TICK_SECONDS

    def _wanting(self) -> list[Pool[S]]:
        return [pool for pool in self._pools if pool.missing() > 0]

    def _until_token(self, now: float) -> float:
        most = float(self._pace.refill_concurrency)
        self._tokens = min(most, self._tokens + (now - self._counted_at) * self._pace.refill_rate)
        self._counted_at = now
        return max(0.0, (1 - self._tokens) / self._pace.refill_rate)

    def _making(self) -> int:
        return sum(pool.making for pool in self._pools)

    async def _look_round(self) -> None:
        """Look at one waiting sandbox at a time, for ever."""
        while True:
            waiting = [(seen, pool) for pool in self._pools if (seen := pool.seen_at()) is not None]
            seen, pool = min(waiting, key=lambda entry: entry[0], default=(time.monotonic(), None))
            due = seen + LOOK_SECONDS - time.monotonic()
            if pool is None or due > 0:
                await asyncio.sleep(max(0.05, min(due, TICK_SECONDS)))
            else:
                await pool.look(self._alive)
