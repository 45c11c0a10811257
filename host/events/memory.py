"""The bus of one process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from opentelemetry import metrics

from host.events.port import Event

_dropped = metrics.get_meter("assay.events").create_counter(
    "assay.events.dropped", "{event}", "Events that there was no room for"
)


def count_dropped(event: Event) -> None:
    """Count an event that there was no room for."""
    _dropped.add(1, {"kind": event.kind})


class MemoryListener:
    """
    A :class:`host.events.port.Listener` of a :class:`MemoryBus`.

    :param most: How many events may wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[Event] = []
        self._told = asyncio.Event()
        self._is_hushed = False
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """See :class:`host.events.port.Listener`."""
        return len(self._waiting)

    def tell(self, event: Event) -> None:
        """Let an event wait, if there is room."""
        if self._is_hushed:
            return
        if len(self._waiting) < self._most:
            self._waiting.append(event)
            self._told.set()
        else:
            self.dropped += 1
            count_dropped(event)

    async def heard(self) -> None:
        """See :class:`host.events.port.Listener`."""
        await self._told.wait()

    def take(self) -> Sequence[Event]:
        """See :class:`host.events.port.Listener`."""
        taken, self._waiting = self._waiting, []
        self._told.clear()
        return taken

    def hush(self) -> None:
        """See :class:`host.events.port.Listener`."""
        self._is_hushed = True


class MemoryBus:
    """A :class:`host.events.port.Bus` within one event loop."""

    def __init__(self) -> None:
        self._listeners: set[MemoryListener] = set()

    def publish(self, event: Event) -> None:
        """See :class:`host.events.port.Bus`."""
        for listener in self._listeners:
            listener.tell(event)

    @asynccontextmanager
    async def listen(self, most: int) -> AsyncIterator[MemoryListener]:
        """See :class:`host.events.port.Bus`."""
        listener = MemoryListener(most)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
