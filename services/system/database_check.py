"""Whether the database takes what is written, and has room for more."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from host.database import Database, sql
from services.system.checkup import Found, Status

SLOW_SECONDS = 1.0
LITTLE_BYTES = 1024**3
TOO_LITTLE_BYTES = 64 * 1024**2

WRITE = """
    INSERT INTO system_probe (name, at) VALUES ('health', :at) ON CONFLICT (name) DO UPDATE SET at = excluded.at
"""
READ = "SELECT at FROM system_probe WHERE name = 'health'"


class DatabaseCheck:
    """
    Writes a row, reads it, and looks at the room that is left.

    :param url: Returns the database's URL.
    """

    name = "database"

    def __init__(self, database: Database, url: Callable[[], str]) -> None:
        self._database = database
        self._url = url

    async def look(self) -> Found:
        """See :class:`services.system.checkup.Check`."""
        await self._database.open()
        started = time.monotonic()
        await self._database.write(lambda connection: connection.execute(sql(WRITE), {"at": time.time()}))
        await self._database.read(lambda connection: connection.execute(sql(READ)).scalar_one())
        seconds = time.monotonic() - started
        figures = {"write_and_read_seconds": seconds}
        free = await asyncio.to_thread(free_bytes, self._url())
        if free is not None:
            figures["free_bytes"] = float(free)
            if free < TOO_LITTLE_BYTES:
                return Found(Status.UNHEALTHY, "there is next to no room left where the database lies", figures)
            if free < LITTLE_BYTES:
                return Found(Status.DEGRADED, "there is little room left where the database lies", figures)
        if seconds > SLOW_SECONDS:
            return Found(Status.DEGRADED, f"writing and reading a row took {seconds:.1f} s", figures)
        return Found(Status.HEALTHY, figures=figures)


def free_bytes(url: str) -> int | None:
    """Return the bytes that are free where a database of SQLite lies; None for others."""
    prefix = "sqlite:///"
    if not url.startswith(prefix):
        return None
    return shutil.disk_usage(Path(url.removeprefix(prefix).partition("?")[0]).absolute().parent).free
