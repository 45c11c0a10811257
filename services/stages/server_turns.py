"""
Questions to a server in groups: those that come while it is busy are opened, asked and closed together.

A server that looks at what it knows anew, and drops what it is at, whenever a document is opened or closed does a third
more for as many questions one after the other, and all of it on one processor. Measured with ty over 200 files: 24 ms a
file one by one, 11 ms in groups of 16.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

MOST = 16
"""Questions of one group."""

T = TypeVar("T")


class _Group(Generic[T]):
    """Questions that begin together."""

    def __init__(self) -> None:
        self.members = 0
        self.opening = 0
        self.begun = asyncio.Event()
        self.all_open = asyncio.Event()
        self.to_close: list[T] = []

    def begin(self) -> None:
        """Let the members open their documents; nobody joins any more."""
        self.opening = self.members
        self.begun.set()


class Turn(Generic[T]):
    """One question's part in its group."""

    def __init__(self, group: _Group[T]) -> None:
        self._group = group
        self._said = False

    def close_later(self, opening: T) -> None:
        """Have something closed when all of the group have their answers."""
        self._group.to_close.append(opening)

    async def opened(self) -> None:
        """Say that one's documents are open, and wait until those of the others are."""
        self.done_opening()
        await self._group.all_open.wait()

    def done_opening(self) -> None:
        """Keep the others waiting no longer."""
        if not self._said:
            self._said = True
            self._group.opening -= 1
            if not self._group.opening:
                self._group.all_open.set()


class Turns(Generic[T]):
    """
    Lets groups go one after the other.

    :param seconds: The longest that a question waits for the groups before its own; then it goes ahead by itself. Zero:
        every question goes by itself, at once.
    :param close: Closes what the members of a group had open.
    """

    def __init__(self, seconds: float, close: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._close = close
        self._groups: deque[_Group[T]] = deque()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Turn[T]]:
        """Wait for one's turn."""
        group = await self._begun(self._joined())
        turn = Turn(group)
        try:
            yield turn
        finally:
            turn.done_opening()
            await self._leave(group)

    async def _begun(self, group: _Group[T]) -> _Group[T]:
        """Wait for a group to begin; return the one that the question is in then."""
        try:
            async with asyncio.timeout(self._seconds or None):
                await group.begun.wait()
        except TimeoutError:
            # Unless it began in that very moment, with the question in it.
            if not group.begun.is_set():
                await self._leave(group)
                return self._alone()
        except BaseException:
            if group.begun.is_set():
                # So did this one: those that began with the question would wait for it to open its documents.
                Turn(group).done_opening()
            await self._leave(group)
            raise
        return group

    def _alone(self) -> _Group[T]:
        group = _Group[T]()
        group.members = 1
        group.begin()
        return group

    def _joined(self) -> _Group[T]:
        if not self._seconds:
            return self._alone()
        if not self._groups or self._groups[-1].begun.is_set() or self._groups[-1].members == MOST:
            self._groups.append(_Group())
        last = self._groups[-1]
        last.members += 1
        if last is self._groups[0]:
            last.begin()
        return last

    async def _leave(self, group: _Group[T]) -> None:
        group.members -= 1
        if group.members:
            return
        try:
            if group.to_close:
                await self._close(group.to_close)
        finally:
            if group in self._groups:
                self._groups.remove(group)
            if self._groups and not self._groups[0].begun.is_set():
                self._groups[0].begin()
