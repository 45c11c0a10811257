"""The queue, shared by processes: each job is made once, and what happened to each is numbered without gaps."""

import asyncio
import json
from collections import Counter

from assay.v1 import validation_pb2

from host.database import Database
from host.settings import Settings
from services.validation.dead import Bounds
from services.validation.queue import Queue
from services.validation.store import Stored
from tests.processes import run_python

JOBS = 200
TENANTS = ("a", "b", "c")
WORKERS = 4
"""In each of two processes."""

PROGRAM = """
import asyncio, json, sys
from assay.v1 import validation_pb2
from host.database import Database
from host.settings import read
from services.validation.dead import Bounds
from services.validation.endings import succeeded
from services.validation.jobs import Happening
from services.validation.queue import Queue

async def main():
    database, made, twice = Database(read()), [], []
    bounds = Bounds(attempts=3, keep=10, seconds=60)
    queue = Queue(
        database, keep=10_000, most=1_000, owner=sys.argv[1], lease=60, told=lambda _: None, bounds=bounds
    )

    async def worker():
        while waiting := await queue.waiting():
            for tenant in waiting:
                job = await queue.take(tenant)
                if job is None:
                    continue
                await queue.happened(job, [("completed/a", Happening()), ("completed/b", Happening())])
                message = validation_pb2.Validation(id=job.row.id, state=validation_pb2.STATE_SUCCEEDED)
                await queue.end(job, succeeded(job.row, message, ""))
                made.append((tenant, job.row.id, job.attempt))

    await asyncio.gather(*(worker() for _ in range(int(sys.argv[2]))))
    await database.close()
    print(json.dumps(made))

asyncio.run(main())
"""


def queue_at(database: Database, most: int = 1_000) -> Queue:
    """Return the queue as a process of the test's own has it."""
    bounds = Bounds(attempts=3, keep=10, seconds=60)
    return Queue(database, keep=10_000, most=most, owner="test", lease=60, told=lambda _: None, bounds=bounds)


async def fill(queue: Queue) -> None:
    """Queue validations of several tenants, many at one time."""
    for first in range(0, JOBS, 20):
        await asyncio.gather(*(queue.create(_row(number), b"") for number in range(first, first + 20)))


def _row(number: int) -> Stored:
    body = validation_pb2.Validation(id=f"val_{number}").SerializeToString()
    return Stored(f"val_{number}", TENANTS[number % 3], f"r{number}", "d", 0, body, validation_pb2.STATE_QUEUED)


async def test_made_once(database_url: str) -> None:
    """Of two processes with four workers each, each job is taken by one, and what happens is numbered without gaps."""
    database = Database(Settings(database_url=database_url))
    queue = queue_at(database)
    await fill(queue)
    environment = {"ASSAY_DATABASE_URL": database_url}
    processes = (run_python("-c", PROGRAM, owner, str(WORKERS), environment=environment) for owner in ("p", "q"))
    done = await asyncio.gather(*processes)
    assert [one.stderr for one in done] == ["", ""]
    made = [tuple(job) for one in done for job in json.loads(one.stdout)]
    assert Counter(made) == {(TENANTS[number % 3], f"val_{number}", 1): 1 for number in range(JOBS)}
    for number in range(JOBS):
        row, events = await queue.since(TENANTS[number % 3], f"val_{number}", 0)
        assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
        assert (row.state, row.sequence) == (validation_pb2.STATE_SUCCEEDED, 5)
    await database.close()


async def test_one_request_id(database_url: str) -> None:
    """However many processes queue one request_id at one time, one validation comes of it, and one job."""
    several = [Database(Settings(database_url=database_url)) for _ in range(3)]
    queues = [queue_at(database) for database in several]
    rows = [Stored(f"val_{number}", "a", "r", "d", 0, b"", validation_pb2.STATE_QUEUED) for number in range(30)]
    answers = await asyncio.gather(*(queues[number % 3].create(row, b"") for number, row in enumerate(rows)))
    assert len({answer.id for answer in answers}) == 1
    assert await queues[0].take("a") is not None
    assert await queues[1].take("a") is None
    for database in several:
        await database.close()


async def test_ends_once(database_url: str) -> None:
    """A validation that is cancelled while it ends, ends in one way, and is told of in one event."""
    several = [Database(Settings(database_url=database_url)) for _ in range(2)]
    one, other = map(queue_at, several)
    for number in range(20):
        await one.create(_row(number * 3), b"")
        job = await one.take("a")
        assert job is not None
        body = validation_pb2.Validation(id=job.row.id, state=validation_pb2.STATE_SUCCEEDED).SerializeToString()
        ended = Stored(job.row.id, "a", "", "", 1, body)
        await asyncio.gather(one.end(job, ended), other.cancel("a", job.row.id), return_exceptions=True)
        row, events = await other.since("a", job.row.id, 0)
        assert [event.sequence for event in events] == [1, 2, 3]
        assert events[-1].state == row.state
    for database in several:
        await database.close()


async def test_bound_over_processes(database_url: str) -> None:
    """Processes that queue at one time do not go beyond the bound of the queue together."""
    several = [Database(Settings(database_url=database_url)) for _ in range(3)]
    queues = [queue_at(one, most=5) for one in several]
    rows = [Stored(f"val_{number}", "a", "", "", 0, b"", validation_pb2.STATE_QUEUED) for number in range(30)]
    done = await asyncio.gather(
        *(queues[number % 3].create(row, b"") for number, row in enumerate(rows)), return_exceptions=True
    )
    assert sum(isinstance(one, Stored) for one in done) == 5
    for database in several:
        await database.close()
