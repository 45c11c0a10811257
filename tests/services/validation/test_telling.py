"""What happens to a queued validation is written down in its order, together where it comes together."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from assay.errors import Unavailable
from assay.stage import StageResult, StageStatus
from assay.v1 import validation_pb2

from host.database import Database
from host.settings import Settings
from services.validation.dead import Bounds
from services.validation.jobs import Happening, Job, LeaseLost
from services.validation.judgement import Round
from services.validation.queue import Queue
from services.validation.store import Stored
from services.validation.telling import JobFollower

ROUND = Round(1, "fixes", ("f",), "a diff", None, kept=False, reason="no time")


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[Queue]:
    """Give a queue with one job."""
    database = Database(Settings(database_url=database_url))
    made = Queue(database, keep=100, most=100, owner="p", lease=60, told=lambda _: None, bounds=Bounds(3, 3, 1e9))
    body = validation_pb2.Validation(id="val_1").SerializeToString()
    await made.create(Stored("val_1", "local", "", "", 0, body, validation_pb2.STATE_QUEUED), b"")
    yield made
    await database.close()


async def taken(queue: Queue) -> Job:
    """Take the job."""
    job = await queue.take("local")
    assert job is not None
    return job


async def told(queue: Queue) -> list[Happening]:
    """Return what was written after the job was taken."""
    return (await queue.since("local", "val_1", 2))[1]


async def test_in_order(queue: Queue) -> None:
    """What a stage said, and a round of repair came to, stand there in the order in which they came."""
    follower = JobFollower(queue, await taken(queue))
    result = StageResult(StageStatus.COMPLETED, stage="static", version="1", details={"a": "b"})
    await follower.started("static")
    await follower.completed(result)
    await follower.written()
    await follower.repaired(ROUND)
    await follower.written()
    began, ended, repaired = await told(queue)
    assert (began.stage_started, ended.stage_completed.stage) == ("static", "static")
    assert (repaired.repair_round.reason, list(repaired.repair_round.mended)) == ("no time", ["f"])
    await queue.give_back()
    assert JobFollower(queue, await taken(queue)).done == {"static": result}


async def test_unreachable(queue: Queue) -> None:
    """A stage that cannot be reached ends an attempt, unless it is the last one: that keeps what it comes to."""
    error = Unavailable("the stage 'static': it cannot be reached")
    job = await taken(queue)
    for attempt in (1, 2):
        with pytest.raises(Unavailable):
            await JobFollower(queue, replace(job, attempt=attempt)).unreachable(error)
    await JobFollower(queue, replace(job, attempt=3)).unreachable(error)


async def test_nobody_waits(queue: Queue) -> None:
    """Stages that begin together do so although nothing is written yet, and are written together."""
    follower = JobFollower(queue, await taken(queue))
    written: list[int] = []
    happened = queue.happened

    async def counted(job: Job, events: list[tuple[str, Happening]]) -> None:
        written.append(len(events))
        await happened(job, events)

    queue.happened = counted  # type: ignore[method-assign, assignment]
    for name in "abc":
        await follower.started(name)
    assert written == []
    await asyncio.sleep(0)
    for name in "def":
        await follower.started(name)
    await follower.written()
    assert written == [3, 3]
    assert [event.stage_started for event in await told(queue)] == list("abcdef")


async def test_lost(queue: Queue) -> None:
    """A job that is another's by now is noticed when the next thing happens, or at the end; no more is written."""
    follower = JobFollower(queue, await taken(queue))
    await queue.cancel("local", "val_1")
    await follower.started("static")
    with pytest.raises(LeaseLost):
        await follower.written()
    with pytest.raises(LeaseLost):
        await follower.started("semantic")
    follower.close()
    assert [event.state for event in await told(queue)] == [validation_pb2.STATE_CANCELLED]
