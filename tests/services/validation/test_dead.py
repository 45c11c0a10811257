"""Jobs that were given up: what is kept of them, for how long, and how they begin again; on both kinds of database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy
from assay.errors import AssayError, NotFound, SandboxUnavailable
from assay.v1 import error_reason_pb2, stage_pb2, validation_pb2

from host.database import Database, sql
from host.events.port import Event
from host.settings import Settings
from services.validation import queue as module
from services.validation.announcing import Announcer
from services.validation.dead import MAX_ERROR, Bounds, DeadJobs
from services.validation.endings import failed
from services.validation.jobs import Happening, Job, LeaseLost
from services.validation.queue import Queue
from services.validation.store import Stored

QUEUED, RUNNING, FAILED = validation_pb2.STATE_QUEUED, validation_pb2.STATE_RUNNING, validation_pb2.STATE_FAILED


@dataclass
class Kept:
    """A queue whose jobs are begun twice at most, and its dead."""

    database: Database
    bounds: Bounds = field(default_factory=lambda: Bounds(2, keep=2, seconds=1e9))
    events: list[Event] = field(default_factory=list)

    @property
    def queue(self) -> Queue:
        """The queue."""
        return Queue(
            self.database, keep=100, most=100, owner="p", lease=60, told=lambda _: None,
            bounds=self.bounds, announcer=Announcer(self.events.append),
        )  # fmt: skip

    @property
    def dead(self) -> DeadJobs:
        """Its dead."""
        return DeadJobs(self.database)

    async def add(self, number: int, request: bytes = b"request", tenant: str = "local") -> None:
        """Queue a validation."""
        body = validation_pb2.Validation(id=f"val_{number}", state=QUEUED, labels={"a": "b"}).SerializeToString()
        await self.queue.create(Stored(f"val_{number}", tenant, "", "", 0, body, QUEUED), request, "trace")

    async def fail(self, tenant: str = "local", error: AssayError | None = None) -> Job:
        """Take a job and let its attempt fail."""
        job = await self.queue.take(tenant)
        assert job is not None
        await self.queue.failed(job, error or SandboxUnavailable("no daemon answers"))
        return job

    async def die(self, number: int, request: bytes = b"request", tenant: str = "local") -> None:
        """Queue a validation that fails each time."""
        await self.add(number, request, tenant)
        for _ in range(self.bounds.attempts):
            await self.fail(tenant)

    async def blobs(self) -> dict[str, int]:
        """Return how many refer to each blob, by what is in it."""
        found = await self.database.read(
            lambda connection: connection.execute(sql("SELECT content, uses FROM blobs")).all()
        )
        return {bytes(content).decode(): uses for content, uses in found}


@pytest.fixture
async def kept(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    """Give a queue whose jobs are tried again at once."""
    monkeypatch.setattr(module, "AGAIN_SECONDS", -1.0)
    database = Database(Settings(database_url=database_url))
    yield Kept(database)
    await database.close()


async def test_given_up(kept: Kept) -> None:
    """A job whose attempts all fail ends as failed with the reason, is told of, and is kept with its request."""
    await kept.add(1)
    first = await kept.fail()
    waiting, _ = await kept.queue.since("local", "val_1", 0)
    assert (first.attempt, waiting.state) == (1, QUEUED)
    assert await kept.dead.every() == []
    last = await kept.fail(error=SandboxUnavailable("x" * 1_000))
    ended, events = await kept.queue.since("local", "val_1", 0)
    message = validation_pb2.Validation.FromString(ended.body)
    assert (ended.state, message.state, message.error.reason) == (
        FAILED, FAILED, error_reason_pb2.ERROR_REASON_SANDBOX_UNAVAILABLE,
    )  # fmt: skip
    assert message.error.message.startswith("it was given up after 2 attempts; the last one: xxx")
    assert [event.state for event in events] == [QUEUED, RUNNING, QUEUED, RUNNING, FAILED]
    (dead,) = await kept.dead.every()
    assert (dead.id, dead.tenant, dead.attempts, dead.size, dead.reason) == (
        "val_1", "local", 2, len(b"request"), "SANDBOX_UNAVAILABLE",
    )  # fmt: skip
    assert (len(dead.error), dead.trace) == (MAX_ERROR, "trace")
    assert [(event.kind, event.data.get("reason")) for event in kept.events if "reason" in event.data] == [
        ("validation.failed", "SANDBOX_UNAVAILABLE"), ("validation.dead", "SANDBOX_UNAVAILABLE"),
    ]  # fmt: skip
    assert await kept.blobs() == {"request": 1}
    for late in (kept.queue.failed(last, AssayError("late")), kept.queue.end(last, ended)):
        with pytest.raises(LeaseLost):
            await late


async def test_waits_before_it_is_tried_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an attempt that failed the next one is some time off, and the job waits as one that nobody has."""
    monkeypatch.setattr(module, "AGAIN_SECONDS", 1_000.0)
    await kept.add(1)
    await kept.fail()
    assert await kept.queue.take("local") is None
    assert await kept.queue.waiting() == {}


async def test_requeued(kept: Kept) -> None:
    """A dead job that is queued again waits as on its first day, with all attempts, and its stages begin anew."""
    await kept.add(1)
    job = await kept.queue.take("local")
    assert job is not None
    result = stage_pb2.StageResult(stage="static", status=stage_pb2.STAGE_STATUS_COMPLETED)
    await kept.queue.happened(job, [("completed/static", Happening(stage_completed=result))])
    await kept.queue.failed(job, AssayError("first"))
    again = await kept.queue.take("local")
    assert again is not None
    assert [event.stage_completed for event in again.done] == [result]
    await kept.queue.failed(again, AssayError("second"))
    before, events = await kept.queue.since("local", "val_1", 0)
    dead = await kept.dead.requeue("val_1")
    assert (dead.reason, dead.error) == ("INTERNAL", "second")
    row, later = await kept.queue.since("local", "val_1", before.sequence)
    message = validation_pb2.Validation.FromString(row.body)
    assert (row.state, message.state, message.labels["a"]) == (QUEUED, QUEUED, "b")
    assert not message.HasField("error")
    assert not message.HasField("end_time")
    assert [event.state for event in later] == [QUEUED]
    assert (await kept.queue.since("local", "val_1", 0))[1][: len(events)] == events
    assert await kept.dead.every() == []
    taken = await kept.queue.take("local")
    assert taken is not None
    assert (taken.attempt, taken.request, taken.done, taken.trace) == (1, b"request", (), "trace")
    await kept.queue.happened(taken, [("completed/static", Happening(stage_completed=result))])
    await kept.queue.failed(taken, AssayError("third"))
    await kept.fail()
    assert [dead.id for dead in await kept.dead.every()] == ["val_1"]
    await kept.dead.requeue("val_1")


async def test_none(kept: Kept) -> None:
    """There is no dead job that is not dead, and none is queued again twice."""
    await kept.add(1)
    for asked in (kept.dead.get("val_1"), kept.dead.requeue("val_1"), kept.dead.requeue("' OR 1")):
        with pytest.raises(NotFound, match="dead job"):
            await asked


async def test_bounds(kept: Kept) -> None:
    """The newest are kept, for a while; with the others their requests go, if nobody else refers to them."""
    for number, request in enumerate((b"same", b"same", b"other")):
        await kept.die(number, request)
    assert [dead.id for dead in await kept.dead.every()] == ["val_2", "val_1"]
    assert await kept.blobs() == {"same": 1, "other": 1}
    await kept.die(3, b"same", "blue")
    assert [dead.id for dead in await kept.dead.every("blue")] == ["val_3"]
    assert await kept.blobs() == {"same": 1, "other": 1}
    await kept.dead.forget(Bounds(2, 2, -1))
    assert await kept.dead.every() == []
    assert await kept.blobs() == {}


async def test_blobs(kept: Kept) -> None:
    """A request is kept once for each tenant, and goes with the last job that has it, however that ends."""
    for number in range(3):
        await kept.add(number)
    await kept.add(3, tenant="blue")
    assert sorted(await kept.database.read(uses)) == [("blue", 1), ("local", 3)]
    await kept.queue.cancel("local", "val_0")
    job = await kept.queue.take("local")
    assert job is not None
    await kept.queue.end(job, failed(job.row, AssayError("x")))
    assert sorted(await kept.database.read(uses)) == [("blue", 1), ("local", 1)]
    await kept.queue.cancel("local", "val_2")
    await kept.queue.cancel("blue", "val_3")
    assert await kept.database.read(uses) == []


def uses(connection: sqlalchemy.Connection) -> list[tuple[str, int]]:
    """Return how often a blob of each tenant is referred to."""
    found = connection.execute(sql("SELECT tenant, uses FROM blobs"))
    return [(tenant, count) for tenant, count in found]
