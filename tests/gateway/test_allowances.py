"""What processes allow tenants over one database: each by its own connection, as processes of a gateway have it."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from assay.errors import QuotaExceeded, RateLimited, StoreUnavailable

from gateway import allowance_store as store
from gateway import allowances as leasing
from gateway.allowances import Allowances, _Leased
from gateway.quotas import RUNS, Bounds, slots_lot
from host.database import clock
from tests.databases import sqlite_in
from tests.gateway.quotas_setup import bounds, database, process


async def allowed(allowances: Allowances, tenant: str, rate: Bounds, tries: int) -> int:
    """Call so often, and return how often that was allowed."""
    count = 0
    for _ in range(tries):
        try:
            await allowances.call(tenant, rate)
        except RateLimited:
            continue
        count += 1
    return count


async def test_rate_over_processes(database_url: str) -> None:
    """Two processes together allow the burst and the rate, and never more than one lot for each beyond."""
    rate = bounds(calls_per_second=100, burst=60)
    async with process(database_url) as one, process(database_url) as two:
        started = time.monotonic()
        counts = [await asyncio.gather(*(allowed(each, "a", rate, 40) for each in (one, two))) for _ in range(20)]
        seconds = time.monotonic() - started
    total = sum(map(sum, counts))
    assert 60 <= total <= 60 + 100 * (seconds + 0.1) + 2 * rate.lot


async def test_refused_with_a_delay(database_url: str) -> None:
    """Who called too often is told when to come back, and then allowed; other tenants are not concerned."""
    rate = bounds(calls_per_second=0.5, burst=3)
    async with process(database_url) as allowances:
        assert await allowed(allowances, "a", rate, 3) == 3
        with pytest.raises(RateLimited) as caught:
            await allowances.call("a", rate)
        assert 0 < (caught.value.retry_after or 0) <= 2
        await allowances.call("b", rate)
        await asyncio.sleep(caught.value.retry_after or 0)
        await allowances.call("a", rate)


async def test_usually_asks_nobody(database_url: str) -> None:
    """Of many calls only one in a lot needs the database, and a flood of refused ones does not either."""
    rate = bounds(calls_per_second=50, burst=100)
    async with process(database_url) as allowances:
        writes = count_writes(allowances)
        assert await allowed(allowances, "a", rate, 100) >= 100
        assert len(writes) <= 100 // rate.lot + 1
        writes.clear()
        await allowed(allowances, "a", rate, 5_000)
        assert len(writes) <= 200


async def test_all_at_one_time(database_url: str) -> None:
    """Of calls that come at one time as many are allowed as may be, and the others are refused."""
    rate = bounds(calls_per_second=0.1, burst=40)
    async with process(database_url) as allowances:
        results = await asyncio.gather(*(allowances.call("a", rate) for _ in range(100)), return_exceptions=True)
    assert 40 <= sum(result is None for result in results) <= 41
    assert all(result is None or isinstance(result, RateLimited) for result in results)


async def test_slots_over_processes(database_url: str) -> None:
    """Two processes never have more calls under way than may be, and leave free at most what they keep of a lot."""
    most, under_way, highest = 16, 0, 0
    refused = 0

    async def call(allowances: Allowances, seconds: float) -> None:
        nonlocal under_way, highest, refused
        try:
            async with allowances.slot("a", RUNS, most):
                under_way += 1
                highest = max(highest, under_way)
                await asyncio.sleep(seconds)
                under_way -= 1
        except QuotaExceeded:
            refused += 1

    async with process(database_url) as one, process(database_url) as two:
        for number in range(40):
            await asyncio.gather(*(call(each, 0.001 * (number % 7)) for each in (one, two) for _ in range(12)))
    assert most - slots_lot(most) < highest <= most
    assert refused


async def test_a_single_slot_goes_round(database_url: str) -> None:
    """A tenant with one slot uses it through one process after another, and is never refused."""
    async with process(database_url) as one, process(database_url) as two:
        for _ in range(20):
            for allowances in (one, two):
                async with allowances.slot("a", RUNS, 1):
                    with pytest.raises(QuotaExceeded):
                        async with two.slot("a", RUNS, 1):
                            pass
                await asyncio.sleep(leasing.FULL_SECONDS)


async def test_unused_slots_come_back(database_url: str) -> None:
    """What a process keeps and does not use, another one has within two seconds or so."""
    most = 64
    async with process(database_url) as one, process(database_url) as two:
        async with one.slot("a", RUNS, most):
            pass
        async with asyncio.timeout(10):
            while True:
                async with AsyncExitStack() as held:
                    try:
                        for _ in range(most):
                            await held.enter_async_context(two.slot("a", RUNS, most))
                    except QuotaExceeded:
                        await asyncio.sleep(0.2)
                        continue
                    break


async def test_slots_of_a_lost_process(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process held that was lost comes back when its lease has run out, and not before."""
    monkeypatch.setattr(leasing, "LEASE_SECONDS", 1.0)
    own = database(database_url)
    lost = Allowances(own)
    async with AsyncExitStack() as held:
        await held.enter_async_context(lost.slot("a", RUNS, 1))
        async with process(database_url) as other:
            with pytest.raises(QuotaExceeded):
                async with other.slot("a", RUNS, 1):
                    pass
            await asyncio.sleep(1.1)
            async with other.slot("a", RUNS, 1):
                pass
    await own.close()


async def test_clock_that_is_set_back(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written down an hour ahead keeps nobody out for that hour: neither calls nor slots of a lost process."""
    rate = bounds(calls_per_second=10, burst=3)
    own = database(database_url)
    lost = Allowances(own)
    async with AsyncExitStack() as held:
        with monkeypatch.context() as ahead:
            ahead.setattr(store, "clock", lambda connection: clock(connection) + 3600)
            assert await allowed(lost, "a", rate, 3) == 3
            await held.enter_async_context(lost.slot("a", RUNS, 1))
        async with process(database_url) as other:
            await allowed(other, "a", rate, 1)
            await asyncio.sleep(0.2)
            await other.call("a", rate)
            async with other.slot("a", RUNS, 1):
                pass
    await own.close()


async def test_slots_of_a_living_process(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process holds stays its own for longer than a lease, as long as it lives."""
    monkeypatch.setattr(leasing, "LEASE_SECONDS", 2.0)
    monkeypatch.setattr(leasing, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(leasing, "RENEW_SECONDS", 0.2)
    async with process(database_url) as one, process(database_url) as two, one.slot("a", RUNS, 1):
        for _ in range(25):
            await asyncio.sleep(0.1)
            with pytest.raises(QuotaExceeded):
                async with two.slot("a", RUNS, 1):
                    pass


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.002, 0.01])
async def test_given_up(database_url: str, seconds: float) -> None:
    """Calls that are given up at any moment, also while a slot is being taken, leave no slot taken."""
    async with process(database_url) as allowances:

        async def call() -> None:
            async with allowances.slot("a", RUNS, 2):
                await asyncio.sleep(0.005)

        for _ in range(30):
            tasks = [asyncio.create_task(call()) for _ in range(4)]
            await asyncio.sleep(seconds)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(leasing.FULL_SECONDS)
        async with allowances.slot("a", RUNS, 2), allowances.slot("a", RUNS, 2):
            pass


async def test_without_a_bound(folder: Path) -> None:
    """What has no bound asks nobody, so also where the database cannot be used; what has one is refused there."""
    folder.joinpath("state").write_text("no folder")
    async with process(sqlite_in(folder / "state")) as allowances:
        await allowances.call("a", bounds())
        async with allowances.slot("a", RUNS, 0):
            pass
        with pytest.raises(StoreUnavailable):
            await allowances.call("a", bounds(calls_per_second=1))
        with pytest.raises(StoreUnavailable):
            async with allowances.slot("a", RUNS, 1):
                pass


async def test_nothing_is_left(database_url: str) -> None:
    """A process that ends in good order gives back all that it held."""
    for _ in range(3):
        async with process(database_url) as allowances, AsyncExitStack() as held:
            for _ in range(8):
                await held.enter_async_context(allowances.slot("a", RUNS, 8))


def count_writes(allowances: Allowances) -> list[object]:
    """Return a list to which each transaction of these allowances is added from now on."""
    own, writes = allowances._database, list[object]()
    write = own.write

    async def counted(work: object) -> object:
        writes.append(work)
        return await write(work)  # type: ignore[arg-type]

    own.write = counted  # type: ignore[method-assign, assignment]
    return writes


async def test_a_pause_after_a_refusal(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal stays one however long this process is held up before it is told: nothing is allowed instead."""
    monkeypatch.setattr(leasing, "FULL_SECONDS", 0.0)
    rate = bounds(calls_per_second=1e9, burst=1)
    async with process(database_url) as allowances:
        for _ in range(200):
            with suppress(RateLimited):
                await allowances.call("a", rate)
            assert allowances._calls["a"].held >= 0
        async with allowances.slot("a", RUNS, 1):
            for _ in range(20):
                with pytest.raises(QuotaExceeded):
                    async with allowances.slot("a", RUNS, 1):
                        pass


async def test_one_that_is_done() -> None:
    """Who asks in the moment between the end of a taking and the word of it does not go round for ever."""
    leased = _Leased()
    takings = 0

    async def more() -> int:
        nonlocal takings
        takings += 1
        return 1

    first = asyncio.ensure_future(leased.take(more))
    while leased._taking is None or not leased._taking.done():
        await asyncio.sleep(0)
    # Its end is told in the next turn of the loop; here it is asked for before that.
    assert await leased.take(more) == 1
    assert takings == 2
    assert await first == 1
    await asyncio.sleep(0)
    assert not leased.is_changing
