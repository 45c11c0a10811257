"""Storing what is heard on the bus: together what comes together, and nothing is told that is not stored."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from assay.errors import StoreUnavailable

from host.beside import beside
from host.caller import SYSTEM_TENANT
from host.events.port import Event, Listener
from services.events.convert import stored
from services.events.store import EventStore, Stored

_log = structlog.get_logger("assay.events")

BATCH_SECONDS = 0.05
"""How long what was told waits for more to be stored with it: for what tells it the database is free meanwhile."""

BATCH_EVENTS = 1_000
"""What is stored in one transaction."""

RETRY_SECONDS = 1.0
"""When to try again after the database could not be used. What is told meanwhile waits on the bus."""

FORGET_SECONDS = 30.0
"""How often what is too old is removed where nothing is added."""


class Writer:
    """
    Stores what a listener hears.

    :param told: Hears of the tenants of which something was stored.
    """

    def __init__(self, listener: Listener, store: EventStore, told: Callable[[Collection[str]], None]) -> None:
        self._listener = listener
        self._store = store
        self._told = told
        self._waiting: list[Stored] = []
        self._dropped = 0

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Store until the block is left; what was told until then is stored before it is."""
        try:
            async with beside(self._write(), self._forget()):
                yield
        finally:
            await self._finish()

    async def _write(self) -> None:
        while True:
            if not self._waiting:
                await self._listener.heard()
            await asyncio.sleep(BATCH_SECONDS)
            try:
                await self._store_all()
            except StoreUnavailable as error:
                await _log.awarning("events cannot be stored yet", reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:  # noqa: BLE001  # whatever it is, what comes after is stored all the same
                lost = self._waiting[:BATCH_EVENTS]
                del self._waiting[: len(lost)]
                await _log.aexception("events are lost", count=len(lost), exc_info=error)

    async def _finish(self) -> None:
        # On a bus of several processes others go on telling: what comes now is for another writer.
        self._listener.hush()
        try:
            await self._store_all()
        except StoreUnavailable as error:
            left = len(self._waiting) + self._listener.waiting
            await _log.aerror("events are not stored", count=left, reason=error.message)

    async def _store_all(self) -> None:
        """Store what waits. What could not be stored waits on, and what was is not stored twice: ids are unique."""
        while self._waiting or self._take():
            batch = self._waiting[:BATCH_EVENTS]
            await self._store.add(batch)
            del self._waiting[: len(batch)]
            self._told({event.tenant for event in batch})

    def _take(self) -> bool:
        """Take what was heard, and return whether there was anything."""
        self._waiting.extend(_kept(self._listener.take()))
        if self._listener.dropped > self._dropped:
            _log.warning("events were dropped", count=self._listener.dropped - self._dropped)
            self._dropped = self._listener.dropped
        return bool(self._waiting)

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            with suppress(StoreUnavailable):
                await self._store.forget()


def _kept(events: Sequence[Event]) -> Iterator[Stored]:
    """Yield events as they are kept, less those that nobody could ever hear of."""
    for event in events:
        if event.tenant == SYSTEM_TENANT:
            continue
        try:
            yield stored(event)
        except (TypeError, ValueError) as error:
            # A defect of whoever told it; the others' events are stored all the same.
            _log.error("an event cannot be kept", kind=event.kind, error=type(error).__name__)
