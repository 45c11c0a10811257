"""The connections of the HTTP server: no more than so many, and none that stands still."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

HEAD_SECONDS = 10.0
"""How long a client may take to say what it wants: its request line and headers."""

GRACE_SECONDS = 20.0
"""How long a body, or a client that reads, may be slower than :data:`BYTES_PER_SECOND`."""

BYTES_PER_SECOND = 32 * 1024
"""How fast a client has to send and to read after that."""

LOOK_SECONDS = 0.5
"""How often all connections are looked at."""

Awaited = Literal["head", "body", "nothing"]


class Connection:
    """
    One connection, with what is waited for on it.

    :param transport: What its bytes go through; abortable.
    """

    def __init__(self, transport: asyncio.Transport, now: float) -> None:
        self.transport = transport
        self._awaited: Awaited = "head"
        self._since = now
        self._received = 0
        self._unread: tuple[float, int] | None = None

    def heard(self, size: int, awaited: Awaited, now: float) -> None:
        """Note that bytes came, and what is waited for after them."""
        if awaited != self._awaited:
            self._awaited, self._since, self._received = awaited, now, 0
        self._received += size

    def stopped_reading(self, now: float) -> None:
        """Note that the client reads more slowly than it is written to."""
        self._unread = now, self.transport.get_write_buffer_size()

    def reads_again(self) -> None:
        """Note that the client has read nearly all that was written."""
        self._unread = None

    def is_overdue(self, now: float) -> bool:
        """Tell whether the client takes longer than it may."""
        if self._unread is None and self.transport.is_closing():
            # What is written last has to be read in its time, too.
            self.stopped_reading(now)
        if self._unread is not None:
            since, size = self._unread
            # Nothing is added in the meantime.
            read = size - self.transport.get_write_buffer_size()
            return now - since > GRACE_SECONDS + read / BYTES_PER_SECOND
        if self._awaited == "head":
            return now - self._since > HEAD_SECONDS
        return self._awaited == "body" and now - self._since > GRACE_SECONDS + self._received / BYTES_PER_SECOND


class Connections:
    """
    All connections of a server.

    :param most: How many there may be at one time, those included whose handshake is not over.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self.now = clock
        self._open: set[Connection] = set()

    def take(self, transport: asyncio.Transport) -> Connection | None:
        """Take a connection in; None where there are too many: then it is closed at once."""
        if len(self._open) >= self._most:
            transport.abort()
            return None
        connection = Connection(transport, self.now())
        self._open.add(connection)
        return connection

    def drop(self, connection: Connection) -> None:
        """Forget a connection that was lost."""
        self._open.discard(connection)

    def close(self) -> None:
        """Cut off all that are left."""
        for connection in list(self._open):
            connection.transport.abort()

    def __len__(self) -> int:
        return len(self._open)

    async def watch(self) -> None:
        """Cut off the connections that stand still, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = self.now()
            for connection in [each for each in self._open if each.is_overdue(now)]:
                connection.transport.abort()


class Watched(asyncio.Protocol):
    """What a protocol tells of the client that it speaks with, whatever it speaks; stands before it as a base class."""

    _watched: Connection
    _all: Connections

    def pause_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().pause_writing()
        self._watched.stopped_reading(self._all.now())

    def resume_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().resume_writing()
        self._watched.reads_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._all.drop(self._watched)
        super().connection_lost(exc)
