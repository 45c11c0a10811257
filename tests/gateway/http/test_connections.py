"""Connections: how many there may be, and when one stands still."""

import asyncio
from typing import cast

import pytest

from gateway.http.connections import BYTES_PER_SECOND, GRACE_SECONDS, HEAD_SECONDS, Connection, Connections


class Wire:
    """What a connection knows of its transport."""

    def __init__(self) -> None:
        self.unread = 0
        self.closing = False
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        """Say how much is not sent yet."""
        return self.unread

    def is_closing(self) -> bool:
        """Say whether it is being closed."""
        return self.closing

    def abort(self) -> None:
        """Be cut off."""
        self.aborted = True


def connection(wire: Wire) -> Connection:
    """Return a connection that was made at time 0."""
    return Connection(cast(asyncio.Transport, wire), 0.0)


def test_head() -> None:
    """Who says nothing, or not all of what it wants, is waited for so long and no longer."""
    waited = connection(Wire())
    waited.heard(1, "head", 5)
    assert not waited.is_overdue(HEAD_SECONDS)
    assert waited.is_overdue(HEAD_SECONDS + 0.1)


def test_body() -> None:
    """A body may take longer the more of it has come."""
    waited = connection(Wire())
    waited.heard(100, "body", 1)
    waited.heard(10 * BYTES_PER_SECOND, "body", 2)
    assert not waited.is_overdue(1 + GRACE_SECONDS + 9)
    assert waited.is_overdue(1 + GRACE_SECONDS + 11)


def test_what_is_ours_to_do() -> None:
    """While the answer is made nobody is late, and with the next request the time begins anew."""
    waited = connection(Wire())
    waited.heard(100, "nothing", 1)
    assert not waited.is_overdue(10_000)
    waited.heard(1, "head", 10_000)
    assert not waited.is_overdue(10_000 + HEAD_SECONDS)
    assert waited.is_overdue(10_001 + HEAD_SECONDS)


def test_reading() -> None:
    """Who does not read is cut off; who reads on is given the time for it."""
    wire = Wire()
    slow = connection(wire)
    slow.heard(1, "nothing", 0)
    wire.unread = 10 * BYTES_PER_SECOND
    slow.stopped_reading(5)
    assert not slow.is_overdue(5 + GRACE_SECONDS)
    assert slow.is_overdue(6 + GRACE_SECONDS)
    wire.unread = 5 * BYTES_PER_SECOND
    assert not slow.is_overdue(5 + GRACE_SECONDS + 4)
    assert slow.is_overdue(5 + GRACE_SECONDS + 6)
    slow.reads_again()
    assert not slow.is_overdue(1000)


def test_reading_the_last() -> None:
    """What is written before the close has to be read in its time as well."""
    wire = Wire()
    last = connection(wire)
    wire.closing, wire.unread = True, 10
    assert not last.is_overdue(100)
    assert last.is_overdue(101 + GRACE_SECONDS)


async def test_how_many() -> None:
    """A connection too many is cut off at once, and one that is lost makes room."""
    connections = Connections(2)
    wires = [Wire() for _ in range(4)]
    first, second, third = (connections.take(cast(asyncio.Transport, wire)) for wire in wires[:3])
    assert first is not None
    assert second is not None
    assert (third, wires[2].aborted, len(connections)) == (None, True, 2)
    connections.drop(first)
    assert connections.take(cast(asyncio.Transport, wires[3])) is not None


async def test_watch() -> None:
    """Whoever is overdue is cut off, and nobody else."""
    now = 0.0
    connections = Connections(2, lambda: now)
    late, busy = Wire(), Wire()
    connections.take(cast(asyncio.Transport, late))
    kept = connections.take(cast(asyncio.Transport, busy))
    assert kept is not None
    kept.heard(1, "nothing", 0)
    watch = asyncio.create_task(connections.watch())
    now = HEAD_SECONDS + 1
    async with asyncio.timeout(10):
        while not late.aborted:
            await asyncio.sleep(0.05)
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch
    assert not busy.aborted
