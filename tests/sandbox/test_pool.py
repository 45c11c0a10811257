"""The pool and its keeper: single use, checked, shared out, refilled within bounds, drained at the end."""

import asyncio
import time

import pytest
from assay.errors import SandboxUnavailable, ShuttingDown

from sandbox import keeper as keeper_module
from sandbox.keeper import Keeper, Pace
from sandbox.pool import Bounds, NothingToMakeItOf, OneNotMade, Pool

PACE = Pace(make_concurrency=2, refill_concurrency=2, refill_rate=1000.0, max_idle=32)


class Thing:
    """A pooled thing that can die, or fall silent."""

    def __init__(self) -> None:
        self.alive = True
        self.answers = True
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
        self.began_at: list[float] = []
        self.error: Exception | None = None

    async def make(self) -> Thing:
        """Make one."""
        self.began_at.append(time.monotonic())
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
        """End one; never twice."""
        assert not thing.discarded
        thing.discarded = True

    def pool(self, floor: int, ceiling: int | None = None) -> Pool[Thing]:
        """Return a pool of such things."""
        return Pool("things", self.make, self.discard, Bounds(floor, ceiling or floor), max_age_seconds=60)


async def answers(thing: Thing) -> bool:
    """Ask a thing, which may be silent for good."""
    await asyncio.sleep(0.001)
    return thing.answers


def kept(*pools: Pool[Thing], pace: Pace = PACE) -> Keeper[Thing]:
    """Return a keeper at work."""
    keeper = Keeper(pools, pace, answers)
    keeper.open()
    return keeper


async def filled(pool: Pool[Thing], count: int) -> None:
    """Wait until so many are ready."""
    async with asyncio.timeout(5):
        while pool.ready != count:
            await asyncio.sleep(0.005)


async def test_each_is_handed_out_once() -> None:
    """No thing is ever handed out twice, and the pool fills up again, never more than so many at one time."""
    maker = Maker()
    pool = maker.pool(3)
    keeper = kept(pool)
    claimed = await asyncio.gather(*(pool.claim() for _ in range(20)))
    assert len(set(map(id, claimed))) == 20
    await filled(pool, 3)
    assert maker.most_under_way == 2
    assert pool.stats().made == 23
    await keeper.close()


async def test_dead_ones_are_not_handed_out() -> None:
    """One that died while it waited is discarded, and another handed out."""
    maker = Maker()
    pool = maker.pool(3)
    keeper = kept(pool)
    await filled(pool, 3)
    for thing in maker.made:
        thing.alive = False
    assert (await pool.claim()).alive
    assert all(thing.discarded for thing in maker.made[:3])
    assert pool.stats().discarded["unusable"] == 3
    await keeper.close()


async def test_silent_ones_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that wait, the ones that give no answer are found without a claim; the others stay."""
    monkeypatch.setattr(keeper_module, "LOOK_SECONDS", 0.05)
    maker = Maker()
    pool = maker.pool(3)
    keeper = kept(pool)
    await filled(pool, 3)
    frozen, *others = maker.made
    frozen.answers = False
    async with asyncio.timeout(3):
        while not frozen.discarded:
            await asyncio.sleep(0.01)
    await filled(pool, 3)
    assert not any(thing.discarded for thing in others)
    assert pool.stats().discarded == {"silent": 1}
    await keeper.close()


async def test_one_that_is_looked_at_serves_whoever_waits() -> None:
    """A claim that comes while the last one is being asked gets it, and nothing more is made for that claim."""
    maker = Maker()
    pool = maker.pool(1)
    keeper = kept(pool)
    await filled(pool, 1)
    asked = asyncio.Event()

    async def alive(_: Thing) -> bool:
        await asked.wait()
        return True

    look = asyncio.create_task(pool.look(alive))
    await asyncio.sleep(0)
    claim = asyncio.create_task(pool.claim())
    await asyncio.sleep(0.03)
    assert not claim.done()
    assert len(maker.made) == 1
    asked.set()
    assert await asyncio.wait_for(claim, 1) is maker.made[0]
    await look
    await keeper.close()


async def test_failure_reaches_those_who_wait_and_passes() -> None:
    """Whoever waits is told why nothing could be made; the next claim tries anew, without waiting for the backoff."""
    maker = Maker()
    maker.error = SandboxUnavailable("no daemon")
    pool = maker.pool(3)
    keeper = kept(pool)
    for _ in range(3):
        with pytest.raises(SandboxUnavailable):
            await asyncio.wait_for(pool.claim(), 2)
    maker.error = None
    assert (await asyncio.wait_for(pool.claim(), 1)).alive
    await filled(pool, 3)
    await keeper.close()


async def test_unattended_pool_backs_off() -> None:
    """With nobody waiting, failures are tried again more and more rarely; what is missing altogether, seldom."""
    unreachable, imageless = Maker(), Maker()
    unreachable.error, imageless.error = SandboxUnavailable("no daemon"), NothingToMakeItOf("no image")
    keeper = kept(unreachable.pool(3), imageless.pool(3))
    await asyncio.sleep(1.0)
    assert 2 <= len(unreachable.began_at) <= 8
    assert len(imageless.began_at) <= 2
    await keeper.close()


async def test_close_drains() -> None:
    """A closed pool has discarded all that waited, and refuses claims, also those under way."""
    maker = Maker()
    pool = maker.pool(3)
    keeper = kept(pool)
    await filled(pool, 3)
    for _ in range(3):
        await pool.claim()
    waiting = asyncio.create_task(pool.claim())
    await asyncio.sleep(0)
    await keeper.close()
    with pytest.raises(ShuttingDown):
        await waiting
    with pytest.raises(ShuttingDown):
        await pool.claim()
    assert all(thing.discarded for thing in maker.made[3:])
    assert maker.under_way == 0


async def test_abandoned_claims_lose_nothing() -> None:
    """What was made for a caller who gave up goes to the next, or back into the pool."""
    maker = Maker()
    pool = maker.pool(1)
    keeper = kept(pool)
    claims = [asyncio.create_task(pool.claim()) for _ in range(4)]
    await asyncio.sleep(0.012)
    for claim in claims[1:]:
        claim.cancel()
    await asyncio.gather(*claims, return_exceptions=True)
    await filled(pool, 1)
    held = sum(not claim.cancelled() and claim.exception() is None for claim in claims)
    assert len([thing for thing in maker.made if not thing.discarded]) == held + pool.ready
    assert pool.stats().waiting == 0
    await keeper.close()


async def test_target_follows_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool grows from its floor to what a burst asked for, not above its ceiling, and shrinks when it is quiet."""
    maker = Maker()
    pool = maker.pool(1, 4)
    keeper = kept(pool)
    await filled(pool, 1)
    for count, expected in ((3, 3), (9, 4)):
        for _ in range(count):
            pool.demand.claimed()
            await pool.claim()
        await filled(pool, expected)
    later = time.monotonic() + 120
    monkeypatch.setattr(pool.demand, "_clock", lambda: later)
    await filled(pool, 1)
    assert pool.stats().discarded["surplus"] >= 3
    await keeper.close()


async def test_least_used_pools_give_way() -> None:
    """All pools together hold no more than they may; those that are asked for least hold fewer, or none."""
    makers = [Maker() for _ in range(3)]
    quiet, busy, idle = pools = [maker.pool(2, 4) for maker in makers]
    keeper = kept(*pools, pace=Pace(make_concurrency=2, refill_concurrency=2, refill_rate=1000.0, max_idle=5))
    quiet.demand.claimed()
    for _ in range(4):
        busy.demand.claimed()
    await filled(busy, 4)
    await filled(quiet, 1)
    await filled(idle, 0)
    assert sum(pool.ready for pool in pools) <= 5
    await keeper.close()


async def test_waiting_callers_come_before_refills() -> None:
    """Those who wait are served in the order in which they came, whatever they wait for, with hands of their own."""
    first, second = Maker(), Maker()
    one, two = first.pool(4), second.pool(0, 1)
    keeper = kept(one, two, pace=Pace(make_concurrency=3, refill_concurrency=1, refill_rate=1000.0, max_idle=32))
    order: list[int] = []

    async def call(number: int) -> None:
        await (one, two)[number % 2].claim()
        order.append(number)

    await asyncio.gather(*(call(number) for number in range(9)))
    assert order == sorted(order)
    assert first.most_under_way + second.most_under_way > 1
    first.most_under_way = 0
    await filled(one, 4)
    assert first.most_under_way == 1
    await keeper.close()


async def test_refill_keeps_to_its_rate() -> None:
    """What nobody waits for is begun no faster than so many a second, beside a first few."""
    maker = Maker()
    pool = maker.pool(8)
    keeper = kept(pool, pace=Pace(make_concurrency=4, refill_concurrency=2, refill_rate=20.0, max_idle=32))
    await filled(pool, 8)
    assert maker.began_at[-1] - maker.began_at[0] >= (8 - 2) / 20 - 0.05
    await keeper.close()


@pytest.mark.parametrize(("claims", "seconds"), [(1, keeper_module.CALM_SECONDS), (2, keeper_module.SETTLE_SECONDS)])
async def test_settles_first(claims: int, seconds: float) -> None:
    """A burst of claims is let pass before anything is made to refill; longer where more than half are left."""
    maker = Maker()
    pool = maker.pool(4)
    keeper = kept(pool)
    await filled(pool, 4)
    for _ in range(claims):
        pool.demand.claimed()
        await pool.claim()
    claimed_at = time.monotonic()
    await filled(pool, 4)
    assert claimed_at + seconds - 0.005 <= maker.began_at[4] < claimed_at + keeper_module.TICK_SECONDS
    await keeper.close()


async def test_one_that_fails_fails_one_caller() -> None:
    """What says nothing of the next reaches the first who waits alone; the others get theirs."""
    maker = Maker()
    attempts = 0

    async def make() -> Thing:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise OneNotMade("it ended")
        return await maker.make()

    pool = Pool("things", make, maker.discard, Bounds(0, 1), max_age_seconds=60)
    keeper = kept(pool)
    answers = await asyncio.wait_for(asyncio.gather(*(pool.claim() for _ in range(3)), return_exceptions=True), 5)
    assert [type(answer) for answer in answers] == [OneNotMade, Thing, Thing]
    await keeper.close()
