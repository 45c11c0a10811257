"""Following validations that were queued: from the database, so that it does not matter which process makes them."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from assay.errors import InvalidArgument, ShuttingDown
from assay.v1 import validation_pb2

from host.waiting import a_while
from services.validation.convert import validation_from_row
from services.validation.jobs import Happening
from services.validation.queue import Queue
from services.validation.store import Stored

LOOK_SECONDS = 1.0
"""How often the database is asked where nobody tells of a change: another process may make the validation."""


class Changes:
    """Tells those who wait in this process that something happened to a validation."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}

    def tell(self, identifier: str) -> None:
        """Wake those who listen for a validation."""
        for heard in self._listeners.get(identifier, ()):
            heard.set()

    @contextmanager
    def listening(self, identifier: str) -> Iterator[asyncio.Event]:
        """Yield what is set whenever something happened to a validation."""
        heard = asyncio.Event()
        listeners = self._listeners.setdefault(identifier, set())
        listeners.add(heard)
        try:
            yield heard
        finally:
            listeners.discard(heard)
            if not listeners:
                self._listeners.pop(identifier, None)


class Watching:
    """
    Follows validations.

    :param stopping: Set when the service is about to stop.
    """

    def __init__(self, queue: Queue, changes: Changes, stopping: asyncio.Event) -> None:
        self._queue = queue
        self._changes = changes
        self._stopping = stopping

    async def follow(self, tenant: str, identifier: str, after: int) -> AsyncGenerator[Happening]:
        """
        Yield a validation as it is, what happens to it, and at its end what it is then.

        What a slow reader has not taken stays in the database, so nothing grows for it.

        :param after: The number of what was seen last; 0: from now on.
        :raises NotFound: There is none, or it is another tenant's.
        :raises InvalidArgument: Nothing with that number has happened to it.
        :raises ShuttingDown: The service is stopping; the number of what came last says where to go on.
        """
        with self._changes.listening(identifier) as heard:
            row, _ = await self._queue.since(tenant, identifier, after)
            if not 0 <= after <= row.sequence:
                raise InvalidArgument("after_sequence", "nothing with that number happened to this validation")
            # A reader that goes on has not seen what lies between: its place is where it was.
            seen = after if after and not row.ended else row.sequence
            yield _snapshot(row, seen)
            if row.ended:
                return
            while True:
                heard.clear()
                row, events = await self._queue.since(tenant, identifier, seen)
                for event in events:
                    yield event
                    seen = event.sequence
                if not events and row.ended:
                    break
                if not events:
                    await self._wait(heard)
            yield _snapshot(row, row.sequence)

    async def _wait(self, heard: asyncio.Event) -> None:
        if self._stopping.is_set():
            raise ShuttingDown("the service is stopping; go on with after_sequence elsewhere, or later")
        await a_while(heard, LOOK_SECONDS)

    async def ended(self, tenant: str, identifier: str) -> validation_pb2.Validation:
        """
        Wait for a validation to end and return it.

        :raises AssayError: See :meth:`follow`.
        """
        async with aclosing(self.follow(tenant, identifier, 0)) as happenings:
            snapshots = [happening.snapshot async for happening in happenings if happening.HasField("snapshot")]
        return snapshots[-1]


def _snapshot(row: Stored, sequence: int) -> Happening:
    happening = Happening(sequence=sequence, snapshot=validation_from_row(row))
    happening.event_time.GetCurrentTime()
    return happening
