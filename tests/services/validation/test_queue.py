"""The queue in the database: who has a job, for how long, how often, and what happened to it, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from assay.errors import NotFound, QueueFull, RequestIdReused
from assay.v1 import error_reason_pb2, stage_pb2, validation_pb2

from host.database import Database
from host.settings import Settings
from services.validation import jobs
from services.validation import queue as queue_module
from services.validation.dead import Bounds
from services.validation.endings import succeeded
from services.validation.jobs import Happening, Job, LeaseLost
from services.validation.queue import Queue
from services.validation.store import Stored, ValidationStore

QUEUED, RUNNING, SUCCEEDED = validation_pb2.STATE_QUEUED, validation_pb2.STATE_RUNNING, validation_pb2.STATE_SUCCEEDED

ATTEMPTS = 3
BOUNDS = Bounds(ATTEMPTS, keep=3, seconds=1e9)


def row(number: int, request_id: str = "", tenant: str = "local") -> Stored:
    """Return a validation that is to be queued."""
    body = validation_pb2.Validation(id=f"val_{number}").SerializeToString()
    return Stored(f"val_{number}", tenant, request_id, "d" if request_id else "", 0, body, QUEUED)


@asynccontextmanager
async def queues(database_url: str, *leases: float, most: int = 100) -> AsyncIterator[list[Queue]]:
    """Yield the queue as several processes see it, each with a lease of so many seconds."""
    async with AsyncExitStack() as stack:
        made = []
        for number, lease in enumerate(leases):
            held = Database(Settings(database_url=database_url))
            stack.push_async_callback(held.close)
            told: list[str] = []
            made.append(
                Queue(held, keep=1000, most=most, owner=f"p{number}", lease=lease, told=told.append, bounds=BOUNDS)
            )
        yield made


async def taken(queue: Queue) -> Job:
    """Take a job that is there."""
    job = await queue.take("local")
    assert job is not None
    return job


def made(job: Job) -> Stored:
    """Return the end of a job."""
    message = validation_pb2.Validation(id=job.row.id, state=SUCCEEDED, verdict=validation_pb2.VERDICT_AUTHENTIC)
    return succeeded(job.row, message, "key")


async def events_of(queue: Queue, number: int = 1, after: int = 0) -> list[Happening]:
    """Return what happened to a validation."""
    _, events = await queue.since("local", f"val_{number}", after)
    return events


async def test_in_order(database_url: str) -> None:
    """Jobs are taken in the order in which they came, each by one process, and end once."""
    async with queues(database_url, 60, 60) as (one, other):
        for number in range(4):
            queued = await one.create(row(number), b"request %d" % number)
            assert (queued.state, queued.sequence) == (QUEUED, 1)
        assert await other.waiting() == {"local": 0}
        jobs_taken = [await taken(queue) for queue in (one, other, other, one)]
        assert [job.row.id for job in jobs_taken] == [f"val_{number}" for number in range(4)]
        assert [job.request for job in jobs_taken] == [b"request %d" % number for number in range(4)]
        assert {(job.row.state, job.attempt) for job in jobs_taken} == {(RUNNING, 1)}
        assert await one.take("local") is None
        assert await one.waiting() == {}
        await one.end(jobs_taken[0], made(jobs_taken[0]))
        with pytest.raises(LeaseLost):
            await one.end(jobs_taken[0], made(jobs_taken[0]))
        ended, events = await other.since("local", "val_0", 0)
    assert (ended.state, ended.verdict, ended.key, ended.sequence) == (SUCCEEDED, 1, "key", 3)
    assert [(event.sequence, event.state) for event in events] == [(1, QUEUED), (2, RUNNING), (3, SUCCEEDED)]


async def test_one_job_many_takers(database_url: str) -> None:
    """Of processes that look at one time one gets the job."""
    async with queues(database_url, 60, 60, 60) as several:
        await several[0].create(row(1), b"")
        found = await asyncio.gather(*(queue.take("local") for queue in several * 4))
    assert len([job for job in found if job is not None]) == 1


async def test_lost(database_url: str) -> None:
    """A job whose lease ran out is taken again, with what its stages had said, and the lost attempt writes no more."""
    async with queues(database_url, 0.05, 60) as (lost, other):
        await lost.create(row(1), b"request")
        first = await taken(lost)
        result = stage_pb2.StageResult(stage="static", status=stage_pb2.STAGE_STATUS_COMPLETED)
        await lost.happened(first, [("started/static", Happening(stage_started="static"))])
        await lost.happened(first, [("completed/static", Happening(stage_completed=result))])
        await lost.happened(first, [("started/execution", Happening(stage_started="execution"))])
        await asyncio.sleep(0.1)
        again = await taken(other)
        assert (again.attempt, again.request) == (2, b"request")
        assert [event.stage_completed for event in again.done] == [result]
        for late in (
            lost.happened(first, [("started/semantic", Happening(stage_started="semantic"))]),
            lost.end(first, made(first)),
        ):
            with pytest.raises(LeaseLost):
                await late
        assert await lost.renew(["val_1"]) == frozenset()
        # What was said to have begun is not said again.
        await other.happened(again, [("started/execution", Happening(stage_started="execution"))])
        await other.end(again, made(again))
        events = await events_of(other)
    assert [event.WhichOneof("event") for event in events] == [
        "state", "state", "stage_started", "stage_completed", "stage_started", "state", "state",
    ]  # fmt: skip
    assert [event.state for event in events if event.HasField("state")] == [QUEUED, RUNNING, RUNNING, SUCCEEDED]
    assert [event.sequence for event in events] == list(range(1, 8))


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self, _connection: object) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the clock by which leases run out."""
    made = Clock()
    monkeypatch.setattr(queue_module, "clock", made)
    return made


async def test_renewed(database_url: str, clock: Clock) -> None:
    """A process that renews its leases keeps its jobs, and hears which are not its own any more."""
    async with queues(database_url, 3, 60) as (one, other):
        for number in (1, 2):
            await one.create(row(number), b"")
            await taken(one)
        for _ in range(4):
            clock.now += 2
            assert await one.renew(["val_1", "val_2", "val_3"]) == {"val_1", "val_2"}
            assert await other.take("local") is None
        await other.cancel("local", "val_1")
        assert await one.renew(["val_1", "val_2"]) == {"val_2"}


async def test_clock_that_is_set(database_url: str, clock: Clock) -> None:
    """Where the clock is set back an hour nobody holds a job for that hour, and its attempt writes no more."""
    async with queues(database_url, 3, 60) as (lost, other):
        await lost.create(row(1), b"")
        held = await taken(lost)
        clock.now -= 3600
        assert (await taken(other)).attempt == 2
        assert await lost.renew(["val_1"]) == frozenset()
        with pytest.raises(LeaseLost):
            await lost.end(held, made(held))


async def test_left(database_url: str, clock: Clock) -> None:
    """A job that its process left, and holds no longer, is taken again, also by the same process."""
    async with queues(database_url, 3) as (queue,):
        for number in (1, 2):
            await queue.create(row(number), b"")
            await taken(queue)
        for _ in range(3):
            clock.now += 2
            assert await queue.renew(["val_2"]) == {"val_2"}
        again = await taken(queue)
        assert (again.row.id, again.attempt) == ("val_1", 2)


async def test_too_often(database_url: str) -> None:
    """A job that was lost as often as may be is given up, and the one behind it is taken."""
    async with queues(database_url, 0.0, 60) as (lost, other):
        await lost.create(row(1), b"")
        for attempt in range(1, ATTEMPTS + 1):
            assert (await taken(lost)).attempt == attempt
            await asyncio.sleep(0.01)
        await lost.create(row(2), b"")
        assert (await taken(other)).row.id == "val_2"
        failed, events = await other.since("local", "val_1", 0)
        message = validation_pb2.Validation.FromString(failed.body)
    assert (failed.state, message.state) == (validation_pb2.STATE_FAILED,) * 2
    assert message.error.message == "it was given up after 3 attempts; the last one: the process that made it was lost"
    assert message.error.reason == error_reason_pb2.ERROR_REASON_INTERNAL
    assert [event.state for event in events] == [QUEUED, RUNNING, RUNNING, RUNNING, validation_pb2.STATE_FAILED]


async def test_given_back(database_url: str) -> None:
    """What is given back waits again as if it had not been begun, however often."""
    async with queues(database_url, 60, 60) as (one, other):
        await one.create(row(1), b"")
        for _ in range(ATTEMPTS + 2):
            assert (await taken(one)).attempt == 1
            await one.give_back()
            waiting, _ = await one.since("local", "val_1", 0)
            assert waiting.state == QUEUED
        await other.give_back()
        assert (await taken(other)).attempt == 1


async def test_cancelled(database_url: str) -> None:
    """What is cancelled is no job any more, whoever had it; what has ended stays, and only its tenant can."""
    async with queues(database_url, 60, 60) as (one, other):
        await one.create(row(1), b"")
        await one.create(row(2), b"")
        job = await taken(one)
        with pytest.raises(NotFound):
            await other.cancel("another", "val_1")
        stopped = await other.cancel("local", "val_1")
        assert stopped.state == validation_pb2.STATE_CANCELLED
        assert await other.cancel("local", "val_1") == stopped
        with pytest.raises(LeaseLost):
            await one.end(job, made(job))
        waiting = await other.cancel("local", "val_2")
        assert await one.take("local") is None
        assert [event.state for event in await events_of(one, 2)] == [QUEUED, waiting.state]


async def test_bound(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue refuses by number and by size, keeps nothing of what it refused, and still knows request_ids."""
    async with queues(database_url, 60, most=2) as (queue,):
        await queue.create(row(1, "r"), b"")
        await queue.create(row(2), b"")
        with pytest.raises(QueueFull) as caught:
            await queue.create(row(3), b"")
        assert caught.value.retry_after == queue_module.RETRY_SECONDS
        with pytest.raises(NotFound):
            await queue.since("local", "val_3", 0)
        assert (await queue.create(row(4, "r"), b"")).id == "val_1"
        job = await taken(queue)
        await queue.end(job, made(job))
        monkeypatch.setattr(queue_module, "MOST_BYTES", 10)
        with pytest.raises(QueueFull):
            await queue.create(row(5), b"x" * 11)
        await queue.create(row(5), b"x" * 10)


async def test_bound_of_tenants(database_url: str) -> None:
    """Where one tenant has filled the queue, others still have their equal share of it, and no more than that."""
    queued: list[str] = []
    async with queues(database_url, 60, most=6) as (queue,):

        async def fill(tenant: str) -> int:
            before = len(queued)
            with suppress(QueueFull):
                for _ in range(100):
                    await queue.create(row(len(queued), tenant=tenant), b"")
                    queued.append(tenant)
            return len(queued) - before

        assert [await fill(tenant) for tenant in ("a", "b", "a", "c", "d", "b")] == [6, 3, 0, 2, 1, 0]
        assert await queue.waiting() == dict.fromkeys("abcd", 0)
        for tenant in "db":
            assert (await queue.take(tenant)) is not None
        assert list((await queue.waiting()).items()) == [("a", 0), ("b", 1), ("c", 0)]


@pytest.mark.parametrize(
    ("total", "own", "more", "tenants", "room"),
    [
        (9, 9, 1, 1, True), (10, 10, 1, 1, False), (10, 0, 1, 2, True), (10, 5, 1, 2, False), (14, 4, 1, 2, True),
        (19, 0, 1, 5, True), (20, 0, 1, 5, False), (19, 0, 2, 5, False), (10, 0, 1, 11, False),
    ],
)  # fmt: skip
def test_has_room(total: int, own: int, more: int, tenants: int, room: bool) -> None:
    """There is room for ten of anybody's, and twice that in all for those with less than their share of the ten."""
    assert queue_module.has_room(total, own, more, tenants, 10) is room


async def test_of_one_tenant(database_url: str) -> None:
    """A tenant's jobs are taken in their order, whatever others have queued before; another's are not among them."""
    async with queues(database_url, 60) as (queue,):
        for number, tenant in enumerate("aabab"):
            await queue.create(row(number, tenant=tenant), b"")
        found = [await queue.take(tenant) for tenant in "bbba"]
    assert [job and (job.row.id, job.row.tenant) for job in found] == [
        ("val_2", "b"), ("val_4", "b"), None, ("val_0", "a"),
    ]  # fmt: skip


async def test_request_id_of_another(database_url: str) -> None:
    """A request_id of one tenant is nothing to another."""
    async with queues(database_url, 60) as (queue,):
        ids = [(await queue.create(row(number, "r", f"t{number}"), b"")).id for number in range(2)]
    assert ids == ["val_0", "val_1"]


async def test_request_id(database_url: str) -> None:
    """A request_id queues once, for one request."""
    async with queues(database_url, 60, 60) as several:
        answers = await asyncio.gather(
            *(queue.create(row(2 * n + k, "r"), b"") for n in range(5) for k, queue in enumerate(several))
        )
        assert len({answer.id for answer in answers}) == 1
        other = Stored("val_x", "local", "r", "another", 0, b"", QUEUED)
        with pytest.raises(RequestIdReused):
            await several[0].create(other, b"")


async def test_pages_of_events(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened is read in bounded pages, none of which is empty where there is more."""
    async with queues(database_url, 60) as (queue,):
        await queue.create(row(1), b"")
        job = await taken(queue)
        for number in range(100):
            await queue.happened(job, [(f"started/{number}", Happening(stage_started="s" * 1000))])
        assert [event.sequence for event in await events_of(queue)] == list(range(1, jobs.PAGE_EVENTS + 1))
        monkeypatch.setattr(jobs, "PAGE_BYTES", 2500)
        assert [event.sequence for event in await events_of(queue, after=10)] == [11, 12, 13]
        monkeypatch.setattr(jobs, "PAGE_BYTES", 1)
        assert [event.sequence for event in await events_of(queue, after=101)] == [102]


async def test_forgotten(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened to validations that ended long ago is forgotten; what happens to those that run is not."""
    monkeypatch.setattr(jobs, "EVENTS_KEPT_SECONDS", -1.0)
    async with queues(database_url, 60) as (queue,):
        for number in (1, 2):
            await queue.create(row(number), b"")
        job = await taken(queue)
        await queue.end(job, made(job))
        assert await events_of(queue, 1) == []
        assert len(await events_of(queue, 2)) == 1


async def test_kept_however_many_come(database_url: str) -> None:
    """A validation that waits is not among the oldest that give way."""
    held = Database(Settings(database_url=database_url))
    queue = Queue(held, keep=3, most=100, owner="p", lease=60, told=lambda _: None, bounds=BOUNDS)
    store = ValidationStore(held, 3)
    await queue.create(row(1), b"")
    for number in range(10, 20):
        await store.add(Stored(f"val_{number}", "local", "", "", 1, b""))
    assert (await taken(queue)).row.id == "val_1"
    rows, _ = await store.page("local", 100, "")
    await held.close()
    assert [one.id for one in rows] == ["val_19", "val_18", "val_17", "val_1"]
