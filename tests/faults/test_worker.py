"""
A replica that makes validations is killed between having run a program and having said so: to the database, and to
NATS. The program may be run again, which is another container; the end is one.
"""

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
import pytest
from assay.v1 import validation_pb2

from tests.backing import Nats
from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import load, process, whole
from tests.faults.withheld import Withholding
from tests.scenarios.backed import Backed, backed
from tests.scenarios.fleet import Fleet

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

TIMES = 3

RUNNING = validation_pb2.STATE_RUNNING

BOUND = 60.0

SETTINGS = {"ASSAY_VALIDATION__LEASE_SECONDS": "3"}


@asynccontextmanager
async def locked(both: Backed, job: Job) -> AsyncIterator[None]:
    """Let nobody write down anything about a validation that has begun: a database that is slow at the wrong moment."""
    name = urlsplit(both.environment["ASSAY_DATABASE_URL"]).path[1:]
    connection = await asyncpg.connect(both.postgres.url_of(name))
    try:
        async with asyncio.timeout(BOUND):
            while await connection.fetchval("SELECT state FROM validations WHERE id = $1", job.id) != RUNNING:
                await asyncio.sleep(0.05)
        async with connection.transaction():
            await connection.fetch("SELECT 1 FROM validations WHERE id = $1 FOR UPDATE", job.id)
            yield
    finally:
        await connection.close()


def runs(suite: Fleet, job: Job) -> int:
    """Return how many programs were run for a job, to their ends."""
    lines = suite.members["sandbox"].lines
    return sum("SandboxService/Execute" in line and job.trace in line for line in lines)


def ran_again(suite: Fleet, job: Job) -> bool:
    """Return whether a job's program was run more than once, to its ends."""
    return runs(suite, job) > 1


async def until(what: Callable[[], object], seconds: float = BOUND) -> None:
    """Wait until a function says so."""
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.05)


async def test_before_it_is_written(folder: Path, both: Backed) -> None:
    """What was run and not written down is run again, in another container, and ends once."""
    ledger = Ledger()
    twice: list[Job] = []
    async with whole(folder, both, environment=SETTINGS) as (suite, client):
        async with load(client, ledger, reading, every=0.5):
            for number in range(TIMES):
                job = running(number, seconds=4.0)
                await ledger.ask(client, job, time.monotonic() + BOUND)
                async with locked(both, job):
                    await until(partial(runs, suite, job))
                    since = time.monotonic()
                    await process(suite, "validation").kill()
                ledger.kills.append("validation, which had run and not written")
                await suite.members["validation"].start()
                await ledger.recovered(since, BOUND)
                # The next kill is for the next job: it would end this one's second run too.
                await until(partial(ran_again, suite, job))
                twice.append(job)
            await ledger.settled(BOUND)
        found = await account(client, ledger, suite.members["sandbox"].lines)
        again = [runs(suite, job) for job in twice]
    check("a replica killed after it ran and before it wrote that down", ledger, found)
    assert again == [2] * TIMES
    assert not found.open_ended


def permits(nats: Nats) -> int:
    """Return how many permits there are in the queue of JetStream, handed out or not."""
    with urllib.request.urlopen(f"http://127.0.0.1:{nats.monitoring_port}/jsz?streams=true", timeout=5) as answer:
        streams = json.load(answer)["account_details"][0]["stream_detail"]
    (messages,) = [stream["state"]["messages"] for stream in streams if stream["name"] == "ASSAY_JOBS"]
    return int(messages)


async def test_before_it_is_acknowledged(folder: Path, backing_ready: None, docker_ready: None) -> None:
    """What has ended, and was not acknowledged to NATS, is handed out again, and is not made again."""
    ledger = Ledger()
    async with backed(folder, encrypted=False) as both:
        between = Withholding(both.nats.port)
        async with between.listening() as port:
            own = {"validation": {"ASSAY_NATS__URL": f"nats://127.0.0.1:{port}"}}
            async with whole(folder, both, environment=SETTINGS, own=own) as (suite, client):
                async with load(client, ledger, reading, every=0.5):
                    for number in range(TIMES):
                        between.withheld.clear()
                        between.withholds = True
                        job = running(number)
                        await ledger.ask(client, job, time.monotonic() + BOUND)
                        await asyncio.wait_for(between.withheld.wait(), BOUND)
                        await until(partial(getattr, job, "ended"))
                        since = time.monotonic()
                        await process(suite, "validation").kill()
                        ledger.kills.append("validation, which had ended and not acknowledged")
                        between.withholds = False
                        await suite.members["validation"].start()
                        await ledger.recovered(since, BOUND)
                # Permits that were handed out to who was killed come back after half a minute, and find nothing.
                await until(lambda: permits(both.nats) == 0, 2 * BOUND)
                found = await account(client, ledger, suite.members["sandbox"].lines)
    check("a replica killed after the end was written and before it was acknowledged", ledger, found)
    assert found.starts == found.running
    assert not found.open_ended
