"""Telling outside of the database what waits in it, as soon as it can be told; on both kinds of database."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from assay.errors import AssayError, Unavailable
from assay.v1 import validation_pb2

from host.database import Database
from host.permits import Issued, NoPermits
from host.settings import Settings
from services.validation import queue as queue_module
from services.validation import relay as module
from services.validation.dead import Bounds
from services.validation.queue import Queue
from services.validation.relay import Relay
from services.validation.store import Stored

QUEUED = validation_pb2.STATE_QUEUED
BOUNDS = Bounds(2, 10, 1e9)


class Recorded(NoPermits):
    """Takes what it is told, or does not."""

    def __init__(self) -> None:
        self.are_there = False
        self.failing = 0
        self.issued: list[Issued] = []
        self.buried: list[Mapping[str, Any]] = []

    async def issue(self, permits: Sequence[Issued]) -> None:
        """See :class:`host.permits.Permits`."""
        self._fail()
        self.issued += permits

    async def bury(self, dead: Mapping[str, Any]) -> None:
        """See :class:`host.permits.Permits`."""
        self._fail()
        self.buried.append(dead)

    def _fail(self) -> None:
        if self.failing:
            self.failing -= 1
            raise Unavailable("away")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(queue_module, "AGAIN_SECONDS", -1.0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give a database."""
    made = Database(Settings(database_url=database_url))
    yield made
    await made.close()


def queue_of(database: Database) -> Queue:
    """Return the queue of a database."""
    return Queue(database, keep=100, most=500, owner="p", lease=60, told=lambda _: None, bounds=BOUNDS)


async def add(queue: Queue, *numbers: int) -> None:
    """Queue validations."""
    for number in numbers:
        body = validation_pb2.Validation(id=f"val_{number}", state=QUEUED).SerializeToString()
        await queue.create(Stored(f"val_{number}", "local", "", "", 0, body, QUEUED), b"", "trace")


@asynccontextmanager
async def relayed(database: Database, permits: Recorded) -> AsyncIterator[list[str]]:
    """Relay until the block is left; yields how often whoever makes jobs was called."""
    called: list[str] = []
    relay = Relay(database, permits, BOUNDS, lambda: called.append("work"))
    async with relay.at_work():
        relay.wake()
        yield called


async def come(found: Sequence[object], count: int) -> None:
    """Wait until so many have come, and a moment longer for those that should not."""
    async with asyncio.timeout(20):
        while len(found) < count:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert len(found) == count


async def test_permits(database: Database) -> None:
    """A permit is issued of each job that waits, once, as soon as it can be; meanwhile work is looked for."""
    queue, permits = queue_of(database), Recorded()
    await add(queue, *range(module.BATCH + 5))
    async with relayed(database, permits) as called:
        await come(called, 1)
        assert permits.issued == []
        permits.failing, permits.are_there = 2, True
        await come(permits.issued, module.BATCH + 5)
        assert [(one.id, one.trace) for one in permits.issued] == [
            (f"val_{number}", "trace") for number in range(module.BATCH + 5)
        ]
        assert len(called) == 3
    async with relayed(database, other := Recorded()):
        other.are_there = True
        await add(queue, 1_000)
        await come(other.issued, 1)


async def test_taken_meanwhile(database: Database) -> None:
    """Of a job that somebody has already no permit is issued; of one that is to be tried again a new one is."""
    queue, permits = queue_of(database), Recorded()
    await add(queue, 1, 2)
    job = await queue.take("local")
    assert job is not None
    permits.are_there = True
    async with relayed(database, permits):
        await come(permits.issued, 1)
        await queue.failed(job, AssayError("x"))
        await come(permits.issued, 2)
        again = await queue.take("local")
        assert again is not None
        await queue.failed(again, AssayError("x"))
        await come(permits.buried, 1)
        assert len(permits.issued) == 2
    assert [one.id for one in permits.issued] == ["val_2", "val_1"]
    assert permits.issued[1].mark.endswith(".1")
    (dead,) = permits.buried
    assert (dead["id"], dead["attempts"], dead["reason"]) == ("val_1", 2, "INTERNAL")
    assert "error" not in dead
