"""
Telling outside of the database what waits in it: permits to take jobs, and which jobs are dead.

What is to be told is written in the transactions that make it, and marked once it was told. So a permit is issued
whenever NATS is there again, however long it was away, and one that is issued twice changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from assay.errors import StoreUnavailable, Unavailable

from host.beside import beside
from host.database import Database, clock
from host.permits import Issued, Permits
from host.waiting import a_while
from services.validation import jobs
from services.validation.dead import Bounds, DeadJobs

if TYPE_CHECKING:
    from host.database import Connection

_log = structlog.get_logger("assay.validation")

LOOK_SECONDS = 1.0
"""How often it is looked for what other processes left untold, or what may be tried again."""

RETRY_SECONDS = 5.0
"""When to look again after the database could not be used."""

FORGET_SECONDS = 600.0
"""How often dead jobs are removed that are too old."""

BATCH = 100
"""Permits that are issued at one time."""


class Relay:
    """
    Issues permits for the jobs of a database, and tells of its dead ones.

    :param work: Is called where there are no permits: whoever makes jobs is to look for them.
    """

    def __init__(self, database: Database, permits: Permits, bounds: Bounds, work: Callable[[], None]) -> None:
        self._database = database
        self._dead = DeadJobs(database)
        self._permits = permits
        self._bounds = bounds
        self._work = work
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something was queued, or given up."""
        self._news.set()
        if not self._permits.are_there:
            self._work()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Tell until the block is left."""
        async with beside(self._tell(), self._forget()):
            yield

    async def _tell(self) -> None:
        while True:
            self._news.clear()
            if self._permits.are_there:
                await self._told()
            await a_while(self._news, LOOK_SECONDS)

    async def _told(self) -> None:
        try:
            while await self._issued():
                pass
            for dead in await self._dead.untold(BATCH):
                await self._permits.bury(dead.told())
                await self._dead.told(dead)
        except StoreUnavailable as error:
            await _log.awarning("what is queued cannot be told", reason=error.message)
            await asyncio.sleep(RETRY_SECONDS)
        except Unavailable as error:
            # It stays untold, and whoever makes jobs looks for them meanwhile.
            await _log.awarning("what is queued cannot be told yet", reason=error.message)
            self._work()
        except Exception as error:  # noqa: BLE001  # whatever it is, the next time may be better
            await _log.aexception("what is queued cannot be told", exc_info=error)

    async def _issued(self) -> bool:
        """Issue some permits, and return whether there may be more to issue."""
        waiting = await self._database.read(lambda connection: jobs.unissued(connection, clock(connection), BATCH))
        if not waiting:
            return False
        await self._permits.issue(
            [Issued(identifier, f"{number}.{attempts}", trace) for identifier, number, attempts, trace in waiting]
        )

        def mark(connection: "Connection") -> None:
            for identifier, number, attempts, _ in waiting:
                jobs.issued(connection, identifier, number, attempts)

        await self._database.write(mark)
        return len(waiting) == BATCH

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            try:
                await self._dead.forget(self._bounds)
            except StoreUnavailable as error:
                await _log.awarning("dead jobs cannot be removed", reason=error.message)
