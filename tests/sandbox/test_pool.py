"""The pool: single use, checked before hand-out, refilled within bounds, drained at the end."""

import asyncio
import time

import pytest
from assay.errors import QueueFull, SandboxUnavailable, ShuttingDown

from sandbox.admission import Admission
from sandbox.pool import Pool


class Thing:
    """A pooled thing that can die."""

    def __init__(self) -> None:
        self.alive = True
        self.discarded = False

    def usable(self, max_age_seconds: float) -> bool:
        """Tell whether it lives."""
        return self.alive and max_age_seconds > 0


class Maker:
    """Makes things, slowly, or fails."""

    def __init__(self) -> None:
        self.made: list[Thing] = []
        self.under_way = 0
        self.most_under_way = 0
        self.error: Exception | None = None

    async def make(self) -> Thing:
        """Make one."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0.01)
            if self.error is not None:
                raise self.error
            self.made.append(Thing())
            return self.made[-1]
        finally:
            self.under_way -= 1

    def discard(self, thing: Thing) -> None:
        """End one."""
        thing.discarded = True


def pool_of(maker: Maker, size: int = 3) -> Pool[Thing]:
    """Return an open pool."""
    pool = Pool(maker.make, maker.discard, size=size, concurrency=2, max_age_seconds=60)
    pool.open()
    return pool


async def filled(pool: Pool[Thing], count: int) -> None:
    """Wait until so many are ready."""
    async with asyncio.timeout(5):
        while pool.ready_count() != count:
            await asyncio.sleep(0.005)


async def test_each_is_handed_out_once() -> None:
    """No thing is ever handed out twice, and the pool fills up again, never more than so many at one time."""
    maker = Maker()
    pool = pool_of(maker)
    claimed = await asyncio.gather(*(pool.claim() for _ in range(20)))
    assert len(set(map(id, claimed))) == 20
    await filled(pool, 3)
    assert maker.most_under_way == 2
    await pool.close()


async def test_dead_ones_are_not_handed_out() -> None:
    """One that died while it waited is discarded, and another handed out."""
    maker = Maker()
    pool = pool_of(maker)
    await filled(pool, 3)
    for thing in maker.made:
        thing.alive = False
    assert (await pool.claim()).alive
    assert all(thing.discarded for thing in maker.made[:3])
    await pool.close()


async def test_failure_reaches_those_who_wait_and_passes() -> None:
    """Whoever waits is told why nothing could be made; the next claim tries anew, without waiting for the backoff."""
    maker = Maker()
    maker.error = SandboxUnavailable("no daemon")
    pool = pool_of(maker)
    for _ in range(3):
        with pytest.raises(SandboxUnavailable):
            await asyncio.wait_for(pool.claim(), 2)
    maker.error = None
    assert (await asyncio.wait_for(pool.claim(), 1)).alive
    await filled(pool, 3)
    await pool.close()


async def test_unattended_pool_backs_off() -> None:
    """With nobody waiting, failures are tried again more and more rarely."""
    maker = Maker()
    maker.error = SandboxUnavailable("no daemon")
    attempts = 0

    async def make() -> Thing:
        nonlocal attempts
        attempts += 1
        return await maker.make()

    pool = Pool(make, maker.discard, size=3, concurrency=2, max_age_seconds=60)
    pool.open()
    await asyncio.sleep(1.0)
    assert attempts <= 8
    await pool.close()


async def test_close_drains() -> None:
    """A closed pool has discarded all that waited, and refuses claims, also those under way."""
    maker = Maker()
    pool = pool_of(maker)
    await filled(pool, 3)
    for _ in range(3):
        await pool.claim()
    waiting = asyncio.create_task(pool.claim())
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(ShuttingDown):
        await waiting
    with pytest.raises(ShuttingDown):
        await pool.claim()
    assert all(thing.discarded for thing in maker.made[3:])


async def test_abandoned_claim_loses_nothing() -> None:
    """What was made for a caller who gave up goes to the next, or back into the pool."""
    maker = Maker()
    pool = pool_of(maker, size=1)
    claims = [asyncio.create_task(pool.claim()) for _ in range(4)]
    await asyncio.sleep(0.012)
    for claim in claims[1:]:
        claim.cancel()
    await asyncio.gather(*claims, return_exceptions=True)
    await filled(pool, 1)
    held = sum(not claim.cancelled() and claim.exception() is None for claim in claims)
    assert len([thing for thing in maker.made if not thing.discarded]) == held + pool.ready_count()
    await pool.close()


async def test_admission_is_first_in_first_out() -> None:
    """Turns are given in the order of arrival; a waiter who gives up is passed over."""
    door = Admission(running=1, waiting=3)
    order: list[int] = []

    async def call(number: int) -> None:
        async with door.turn():
            order.append(number)
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(call(number)) for number in range(4)]
    await asyncio.sleep(0.001)
    with pytest.raises(QueueFull) as caught:
        await call(9)
    assert caught.value.retry_after
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 3]
    started = time.monotonic()
    await call(5)
    assert time.monotonic() - started < 5


async def test_closed_admission_turns_everyone_away() -> None:
    """Closing ends the wait of those in the queue."""
    door = Admission(running=1, waiting=3)
    async with door.turn():
        waiter = asyncio.create_task(door.turn().__aenter__())
        await asyncio.sleep(0)
        door.close()
        with pytest.raises(ShuttingDown):
            await waiter
    with pytest.raises(ShuttingDown):
        await door.turn().__aenter__()
