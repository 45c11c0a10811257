"""A job that brings down whoever makes it, each time: it ends as a dead job, and those behind it finish."""

import asyncio
from pathlib import Path

import grpc.aio
import pytest
from assay.client import Suite
from assay.v1 import validation_pb2

from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import whole
from tests.scenarios.backed import Backed
from tests.scenarios.fleet import Fleet

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

BEHIND = 50

ATTEMPTS = 5

SETTINGS = {"ASSAY_VALIDATION__LEASE_SECONDS": "2", "ASSAY_VALIDATION__MAX_ATTEMPTS": str(ATTEMPTS)}

BOUND = 240.0


async def state_of(client: Suite, job: Job) -> validation_pb2.Validation:
    """Return a job's validation, however often its services have to be asked."""
    while True:
        try:
            asked = validation_pb2.GetValidationRequest(id=job.id)
            return (await client.validation.GetValidation(asked, timeout=5)).validation
        except grpc.aio.AioRpcError:
            # What was killed is on its way back.
            await asyncio.sleep(0.2)


async def kill_whoever_makes(suite: Fleet, client: Suite, job: Job, ledger: Ledger) -> None:
    """Kill the process that makes a job whenever it has begun with it, until the job has ended."""
    seen = 0
    async with asyncio.timeout(BOUND):
        while (found := await state_of(client, job)).state < validation_pb2.STATE_SUCCEEDED:
            if found.state == validation_pb2.STATE_RUNNING and found.sequence > seen:
                await suite.members["validation"].kill()
                ledger.kills.append("validation")
                seen = (await restarted(suite, client, job)).sequence
            await asyncio.sleep(0.1)


async def restarted(suite: Fleet, client: Suite, job: Job) -> validation_pb2.Validation:
    """Start the process again, and return the job as it was left."""
    await suite.members["validation"].start()
    return await state_of(client, job)


async def test_poison(folder: Path, both: Backed) -> None:
    """After its attempts it has failed, with the reason; the fifty behind it have their verdicts."""
    ledger = Ledger()
    async with whole(folder, both, environment=SETTINGS) as (suite, client):
        following = asyncio.create_task(ledger.follow(client))
        poison = running(0, seconds=8)
        loop = asyncio.get_running_loop()
        await ledger.ask(client, poison, loop.time() + 30)
        await asyncio.gather(*(ledger.ask(client, reading(n), loop.time() + 60) for n in range(BEHIND)))
        await kill_whoever_makes(suite, client, poison, ledger)
        await ledger.settled(60)
        following.cancel()
        found = await account(client, ledger, suite.members["sandbox"].lines)
    assert poison.validation.state == validation_pb2.STATE_FAILED, poison.validation
    assert poison.validation.error.message
    assert len(ledger.kills) == ATTEMPTS
    check(f"a poison job before {BEHIND} others: {poison.validation.error.message}", ledger, found)
    assert not set(found.open_ended) - {poison.marker}
