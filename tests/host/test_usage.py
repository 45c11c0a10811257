"""What tenants use: counted here, written together with what other processes count, and read back by day."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from assay.errors import StoreUnavailable

from host import usage
from host.caller import Caller, acting_for
from host.database import Database, sql
from host.settings import Settings
from host.tally import BYTES, CALLS, SANDBOX_SECONDS, Tally, tallying
from host.usage import KEEP_DAYS, Meter, Used, day_of, metering, own_metering, since
from tests.databases import sqlite_in


def at(database_url: str) -> Database:
    """Return the database at a URL."""
    return Database(Settings(database_url=database_url))


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    """Yield the database at a URL."""
    database = at(database_url)
    try:
        yield database
    finally:
        await database.close()


async def written(database_url: str, tenant: str = "") -> list[tuple[str, str, float]]:
    """Return what the database has."""
    async with opened(database_url) as database:
        used = await database.read(lambda connection: since(connection, 0, tenant))
    return [(one.tenant, one.kind, one.amount) for one in used]


async def test_written(database_url: str) -> None:
    """What was counted is in the database when the meter is closed, added to what was there, by tenant and kind."""
    for _ in range(2):
        async with own_metering(Settings(database_url=database_url)) as meter:
            meter.add("a", CALLS, 1)
            meter.add("a", CALLS, 1)
            meter.add("a", SANDBOX_SECONDS, 0.25)
            meter.add("b", CALLS, 1)
            meter.add("b", CALLS, 0)
    assert sorted(await written(database_url)) == [("a", CALLS, 4), ("a", SANDBOX_SECONDS, 0.5), ("b", CALLS, 2)]
    assert await written(database_url, "b") == [("b", CALLS, 2)]


async def test_of_the_caller(database_url: str) -> None:
    """What the caller used counts for its tenant and in the tally of its call."""
    async with opened(database_url) as database, metering(database) as meter:
        used = Tally()
        with acting_for(Caller("c")), tallying(used):
            meter.used(BYTES, 10)
        assert used.amounts == {BYTES: 10}
        assert await meter.today("c") == {BYTES: 10}
        assert await meter.today("local") == {}


async def test_two_processes(database_url: str) -> None:
    """Each of two processes knows soon what the other one counted, and nothing is counted twice on the way."""
    async with (
        opened(database_url) as one,
        opened(database_url) as two,
        metering(one) as first,
        metering(two) as second,
    ):
        for _ in range(10):
            first.add("a", CALLS, 1)
            second.add("a", CALLS, 1)
            for meter in (first, second):
                assert 1 <= (await meter.today("a")).get(CALLS, 0) <= 20
            await asyncio.sleep(0.05)
        async with asyncio.timeout(10):
            while {(await meter.today("a"))[CALLS] for meter in (first, second)} != {20}:
                await asyncio.sleep(0.1)
    assert await written(database_url) == [("a", CALLS, 20)]


async def test_never_less_than_counted(database_url: str) -> None:
    """What this process counted is never missing from a total, while it is written as before and after."""
    async with opened(database_url) as database:
        meter = Meter(database)
        for count in range(1, 60):
            meter.add("a", CALLS, 1)
            writing = asyncio.create_task(meter.write())
            totals = [(await meter.today("a"))[CALLS] for _ in range(2)]
            await writing
            totals.append((await meter.today("a"))[CALLS])
            assert set(totals) == {count}


async def test_database_that_cannot_be_used(folder: Path) -> None:
    """What cannot be written is kept and written later; what cannot be read is an error, not a total of nothing."""
    folder.joinpath("state").write_text("no folder")
    database = at(sqlite_in(folder / "state"))
    meter = Meter(database)
    meter.add("a", CALLS, 3)
    with pytest.raises(StoreUnavailable):
        await meter.write()
    with pytest.raises(StoreUnavailable):
        await meter.today("a")
    meter.add("a", CALLS, 1)
    folder.joinpath("state").unlink()
    folder.joinpath("state").mkdir()
    await meter.write()
    await database.close()
    assert await written(sqlite_in(folder / "state")) == [("a", CALLS, 4)]


async def test_bounded(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing can be written, no more tenants are remembered than may be; those that are go on counting."""
    monkeypatch.setattr(usage, "MOST_NEW", 3)
    async with opened(database_url) as database:
        meter = Meter(database)
        for number in range(10):
            meter.add(f"t{number}", CALLS, 1)
            meter.add("t0", CALLS, 1)
        await meter.write()
    assert sorted(await written(database_url)) == [("t0", CALLS, 11), ("t1", CALLS, 1), ("t2", CALLS, 1)]


async def test_old_days_go(database_url: str) -> None:
    """Days are kept for a bounded time, and told newest first."""
    today = day_of(time.time())
    days = [
        {"tenant": "a", "kind": CALLS, "day": today - age, "amount": 1} for age in (0, KEEP_DAYS - 1, KEEP_DAYS + 1)
    ]
    async with opened(database_url) as database:
        await database.write(lambda connection: connection.execute(sql(usage.ADD), days))
        meter = Meter(database)
        meter.add("a", CALLS, 1)
        await meter.write()
        found = await database.read(lambda connection: since(connection, 0))
    assert found == [Used("a", CALLS, today, 2), Used("a", CALLS, today - KEEP_DAYS + 1, 1)]


async def test_asked_at_one_time(database_url: str) -> None:
    """Many who ask for a tenant's total at one time get the same, from one look into the database."""
    async with opened(database_url) as database:
        reads = 0
        read = database.read

        async def counted(work: object) -> object:
            nonlocal reads
            reads += 1
            return await read(work)  # type: ignore[arg-type]

        database.read = counted  # type: ignore[method-assign, assignment]
        meter = Meter(database)
        assert await asyncio.gather(*(meter.today("a") for _ in range(50))) == [{}] * 50
    assert reads == 1
