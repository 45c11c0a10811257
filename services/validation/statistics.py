"""What validations come to, of all tenants, as the database has them; less those that the suite makes for itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.errors import StoreUnavailable

from host.caller import SYSTEM_TENANT
from host.database import Database, clock, sql

if TYPE_CHECKING:
    from host.database import Connection

KEPT_SECONDS = 3.0
"""How long what was counted is told again: however many ask, the database is asked no more often."""

LOOK_SECONDS = 10.0
"""How often the queue is looked at for the metrics."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """
    The queue.

    :param queued: Validations that wait.
    :param elsewhere: Those that other processes make.
    :param oldest_seconds: How long the oldest of those that wait has waited.
    """

    queued: int = 0
    elsewhere: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """
    All that is kept.

    :param verdicts: How many have each verdict, by its number in the contract; those without one under 0.
    """

    queue: QueueFigures = QueueFigures()
    verdicts: Mapping[int, int] = field(default_factory=dict)


QUEUED = """
    SELECT COUNT(*), MIN(events.created) FROM jobs
    JOIN events ON events.id = jobs.id AND events.sequence = 1
    WHERE jobs.owner IS NULL OR jobs.owner = '' OR jobs.expires < :now
"""
ELSEWHERE = "SELECT COUNT(*) FROM jobs WHERE owner NOT IN ('', :owner) AND expires >= :now"
VERDICTS = "SELECT verdict, COUNT(*) FROM validations WHERE tenant <> :system GROUP BY state, verdict"


class Statistics:
    """
    Counts what a database holds.

    :param owner: Names this process; see :class:`services.validation.queue.Queue`.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._counting = asyncio.Lock()
        self._counted: tuple[Figures, float] | None = None
        self.queue = QueueFigures()
        """The queue as it was when it was looked at last."""

    async def figures(self) -> Figures:
        """
        Return what there is, as it was at most KEPT_SECONDS ago.

        :raises StoreUnavailable: The database cannot be read.
        """
        async with self._counting:
            if self._counted is None or time.monotonic() >= self._counted[1]:
                figures = await self._database.read(self._figures)
                self._counted = figures, time.monotonic() + KEPT_SECONDS
                self.queue = figures.queue
            return self._counted[0]

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look at the queue again and again until the block is left."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            # Whoever uses the database tells why it cannot be read.
            with suppress(StoreUnavailable):
                self.queue = await self._database.read(self._queue)

    def _figures(self, connection: "Connection") -> Figures:
        verdicts: dict[int, int] = {}
        for verdict, count in connection.execute(sql(VERDICTS), {"system": SYSTEM_TENANT}):
            verdicts[verdict] = verdicts.get(verdict, 0) + count
        return Figures(self._queue(connection), verdicts)

    def _queue(self, connection: "Connection") -> QueueFigures:
        now = clock(connection)
        queued, oldest = connection.execute(sql(QUEUED), {"now": now}).one()
        elsewhere = connection.execute(sql(ELSEWHERE), {"now": now, "owner": self._owner}).scalar_one()
        return QueueFigures(queued, elsewhere, 0.0 if oldest is None else max(0.0, now - oldest))
