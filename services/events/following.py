"""
Following events: first from the database, then as they are stored.

Who begins far back reads pages of the database, and nothing is held for it. Near the end it joins its tenant's feed:
what is new is read once, and handed to all who follow. A feed and a reader that joins it each know the number up to
which they have read, and numbers are seen in their order; so between the two nothing is missing, and nothing comes
twice.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from contextvars import Context
from dataclasses import replace

import structlog
from assay.errors import AssayError, InvalidArgument, QueueFull, ShuttingDown, SlowReader

from host.waiting import a_while
from services.events.store import PAGE_EVENTS, EventStore, Page, Stored
from services.events.wanted import Wanted

_log = structlog.get_logger("assay.events")

LOOK_SECONDS = 1.0
"""How often the database is asked where nobody tells of events: another process may store some."""

RETRY_SECONDS = 5.0
"""When to come back where too many follow."""


POLL_SECONDS = 0.01
PATIENCE = 25
"""How often, that far apart, reading on looks whether all have room for more, before those who have none are cut off.
Looks are counted and not seconds, so that a pause of this process makes nobody slow."""


class Reader:
    """
    One who follows a feed.

    :param seen: The number of the last event that it knows of, wanted or not.
    :param most: Events that may wait for it.
    """

    def __init__(self, wanted: Wanted, seen: int, most: int) -> None:
        self._wanted = wanted
        self._seen = seen
        self._most = most
        self._waiting: deque[Stored] = deque()
        self._failure: AssayError | None = None
        self._heard = asyncio.Event()

    @property
    def room(self) -> int:
        """How many more events may wait for it."""
        return self._most - len(self._waiting)

    def tell(self, events: Sequence[Stored]) -> None:
        """Let those events wait that it wants and does not know of; with too many, it is ended."""
        for event in events:
            if self._failure is not None or event.number <= self._seen or not self._wanted.takes(event):
                continue
            if not self.room:
                self.end(SlowReader(f"more than {self._most} events waited; go on after the last that came"))
                return
            self._waiting.append(event)
            self._heard.set()

    def end(self, error: AssayError) -> None:
        """Tell it of nothing more, and hold nothing for it."""
        self._waiting.clear()
        self._failure = self._failure or error
        self._heard.set()

    async def next(self) -> Stored:
        """
        Return the next event.

        :raises AssayError: It was ended.
        """
        while not self._waiting:
            if self._failure is not None:
                raise self._failure
            self._heard.clear()
            await self._heard.wait()
        return self._waiting.popleft()


class Feed:
    """
    What is new of one tenant, read once for all who follow.

    :param seen: The number up to which everything was read.
    :param most: Events that are read at one time, no more than a reader has room for.
    """

    def __init__(self, store: EventStore, tenant: str, seen: int, most: int) -> None:
        self._store = store
        self._tenant = tenant
        self._most = most
        self.seen = seen
        self.readers: set[Reader] = set()
        self.heard = asyncio.Event()
        # Not a part of the call, nor of the trace, of whoever happened to be the first to follow.
        self.reading = asyncio.create_task(self._read(), context=Context())

    async def _read(self) -> None:
        try:
            while True:
                self.heard.clear()
                page = await self._store.since(self._tenant, self.seen, most=self._most)
                await self._room()
                self.seen = page.upto
                for reader in self.readers:
                    reader.tell(page.events)
                if page.is_last:
                    await a_while(self.heard, LOOK_SECONDS)
        except AssayError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, those who follow are told
            await _log.aexception("events cannot be read", exc_info=error)
            self._fail(AssayError("an error of the suite; its log has the details"))

    async def _room(self) -> None:
        """Wait a moment for those who have no room for what was read: a burst makes nobody slow."""
        for _ in range(PATIENCE):
            if all(reader.room >= self._most for reader in self.readers):
                return
            await asyncio.sleep(POLL_SECONDS)

    def _fail(self, error: AssayError) -> None:
        for reader in self.readers:
            reader.end(error)


class Following:
    """
    All who follow events.

    :param most_behind: Events that may wait for one of them.
    :param most: How many may follow at one time.
    :param stopping: Set when the service is about to stop.
    """

    def __init__(self, store: EventStore, *, most_behind: int, most: int, stopping: asyncio.Event) -> None:
        self._store = store
        self._most_behind = most_behind
        self._most = most
        self._stopping = stopping
        self._count = 0
        self._feeds: dict[str, Feed] = {}

    @property
    def feeds(self) -> int:
        """The tenants whose events somebody follows."""
        return len(self._feeds)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Serve those who follow until the block is left; they are ended as soon as the service is about to stop."""
        ending = asyncio.create_task(self._end())
        try:
            yield
        finally:
            tasks = [ending, *(feed.reading for feed in self._feeds.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _end(self) -> None:
        await self._stopping.wait()
        for feed in self._feeds.values():
            for reader in feed.readers:
                reader.end(_stopping())

    def tell(self, tenants: Collection[str]) -> None:
        """Have read what is new of tenants."""
        for tenant in tenants:
            if (feed := self._feeds.get(tenant)) is not None:
                feed.heard.set()

    async def place(self, tenant: str, after: int) -> int:
        """
        Return the number after which a subscriber begins.

        :param after: The number of the last event that it knows of; 0: none; -1: all that there were until now.
        :raises InvalidArgument: No event has had that number yet.
        :raises StoreUnavailable: The database cannot be read.
        """
        last = await self._store.last(tenant)
        if after > last:
            raise InvalidArgument("after_sequence", "no event of yours has had that sequence yet")
        return last if after < 0 else after

    async def follow(self, tenant: str, wanted: Wanted, after: int) -> AsyncGenerator[Stored]:
        """
        Yield the events of a tenant that are wanted, in their order, those that are kept first, until it is left.

        :param after: The number after which it begins; see :meth:`place`.
        :raises QueueFull: As many follow as may.
        :raises SlowReader: Too much waited for it; ``sequence`` of the metadata says where to go on.
        :raises ShuttingDown: The service is stopping; the same.
        :raises StoreUnavailable: The database cannot be read.
        """
        given = after
        with self._counted():
            try:
                async with aclosing(self._events(tenant, wanted, after)) as events:
                    async for event in events:
                        yield event
                        given = event.number
            except (SlowReader, ShuttingDown) as error:
                error.metadata["sequence"] = str(given)
                raise

    async def _events(self, tenant: str, wanted: Wanted, seen: int) -> AsyncGenerator[Stored]:
        """Yield what is stored until there is no more, then what joining a feed leaves out, then what it brings."""
        is_last = False
        while not is_last:
            page = await self._page(tenant, wanted, seen)
            for event in page.events:
                yield event
            seen, is_last = page.upto, page.is_last
        with self._joined(tenant, wanted, seen) as (reader, feed_seen):
            while seen < feed_seen:
                page = await self._page(tenant, wanted, seen)
                for event in page.events:
                    if event.number <= feed_seen:
                        yield event
                seen = page.upto
            while True:
                yield await reader.next()

    async def _page(self, tenant: str, wanted: Wanted, after: int) -> Page:
        if self._stopping.is_set():
            raise _stopping()
        page = await self._store.since(tenant, after, wanted.resource)
        return replace(page, events=[event for event in page.events if wanted.takes(event)])

    @contextmanager
    def _joined(self, tenant: str, wanted: Wanted, seen: int) -> Iterator[tuple[Reader, int]]:
        """Join the feed of a tenant, and yield with the reader the number above which it brings everything."""
        feed = self._feeds.get(tenant)
        if feed is None or feed.reading.done():
            feed = self._feeds[tenant] = Feed(self._store, tenant, seen, min(PAGE_EVENTS, self._most_behind))
        reader = Reader(wanted, seen, self._most_behind)
        feed.readers.add(reader)
        if self._stopping.is_set():
            reader.end(_stopping())
        try:
            yield reader, feed.seen
        finally:
            feed.readers.discard(reader)
            if not feed.readers:
                feed.reading.cancel()
                if self._feeds.get(tenant) is feed:
                    del self._feeds[tenant]

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if self._count >= self._most:
            raise QueueFull("as many follow events as may", retry_after=RETRY_SECONDS)
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


def _stopping() -> ShuttingDown:
    return ShuttingDown("the service is stopping; go on after the last event that came, elsewhere or later")
