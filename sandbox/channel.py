"""A bounded way from what happens in a sandbox to a caller who may be slow to read."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """
    A queue of items with sizes, for one writer and one reader.

    :param room_bytes: What may wait before the writer should.
    """

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._items: deque[tuple[T, int]] = deque()
        self._waiting_bytes = 0
        self._closed = False
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def put(self, item: T, size: int = 0) -> None:
        """Add an item, room or not: its writer has another bound on how often it does so."""
        self._items.append((item, size))
        self._waiting_bytes += size
        if self._waiting_bytes >= self._room_bytes:
            self._writable.clear()
        self._readable.set()

    async def room(self) -> None:
        """Wait until less waits than may."""
        await self._writable.wait()

    def close(self) -> None:
        """Say that nothing more comes."""
        self._closed = True
        self._readable.set()

    async def items(self) -> AsyncGenerator[T, None]:
        """Yield the items until the channel is closed and empty."""
        while True:
            while self._items:
                item, size = self._items.popleft()
                self._waiting_bytes -= size
                if self._waiting_bytes < self._room_bytes:
                    self._writable.set()
                yield item
            if self._closed:
                return
            self._readable.clear()
            await self._readable.wait()
