"""Allowances and admissions over a database of a test's own, as gateway processes have them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway import allowance_store
from gateway.allowances import Allowances, allowing
from gateway.quotas import Bounds
from host import usage
from host.database import Database, url_of
from host.settings import Settings

UNBOUNDED = {
    "calls_per_second": 0.0, "burst": 1, "concurrent_runs": 0, "concurrent_streams": 0,
    "sandbox_seconds_per_day": 0.0, "bytes_per_day": 0, "ai_micro_usd_per_day": 0,
}  # fmt: skip


def bounds(**some: float) -> Bounds:
    """Return what a tenant may use: without a bound, where a test does not say one."""
    return Bounds(**(UNBOUNDED | some))  # type: ignore[arg-type]


def database(folder: Path) -> Database:
    """Return the database in a folder, with the tables of usage and of allowances."""

    def prepare(connection: object) -> None:
        usage.prepare(connection)  # type: ignore[arg-type]
        allowance_store.prepare(connection)  # type: ignore[arg-type]

    return Database(lambda: url_of(Settings(state_dir=folder)), prepare)


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[Allowances]:
    """Yield the allowances of one process: with a connection, and a name, of its own."""
    own = database(folder)
    try:
        async with allowing(own) as allowances:
            yield allowances
    finally:
        await own.close()
