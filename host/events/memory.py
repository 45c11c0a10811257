"""The bus of one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry import metrics

from host.events.port import Event

_dropped = metrics.get_meter("assay.events").create_counter(
    "assay.events.dropped", "{event}", "Events that a listener had no room for"
)


class MemoryBus:
    """A :class:`host.events.port.Bus` within one event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Event]] = set()

    def publish(self, event: Event) -> None:
        """See :class:`host.events.port.Bus`."""
        for queue in self._listeners:
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                _dropped.add(1, {"kind": event.kind})

    @asynccontextmanager
    async def listen(self, most: int) -> AsyncIterator[AsyncIterator[Event]]:
        """See :class:`host.events.port.Bus`."""
        queue: asyncio.Queue[Event] = asyncio.Queue(most)
        self._listeners.add(queue)
        try:
            yield _told(queue)
        finally:
            self._listeners.discard(queue)


async def _told(queue: asyncio.Queue[Event]) -> AsyncIterator[Event]:
    while True:
        yield await queue.get()
