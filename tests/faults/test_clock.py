"""The clock is set an hour forward and back under load: nothing is lost, nothing hangs, nobody is kept out."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.faults.clock import Clock
from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import RECOVER_SECONDS, load, whole
from tests.scenarios.backed import Backed

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

HOUR = 3600.0

SECONDS = 6.0
"""How long the clock stays as it was set."""

LIMITS = {"ASSAY_VALIDATION__LEASE_SECONDS": "4"}

QUOTA = {"ASSAY_GATEWAY__QUOTA": json.dumps({"calls_per_second": 40, "burst": 80})}
"""Such that a bucket that is not filled any more is soon empty."""


def mixed(number: int) -> Job:
    """Return a job: one in three is run, and takes a while."""
    return running(number // 3, seconds=1.5) if number % 3 == 2 else reading(number)


async def test_of_a_machine(folder: Path, both: Backed) -> None:
    """The clock of all processes goes forward and back, also while one is killed that holds jobs."""
    clock, ledger = Clock(folder), Ledger()
    environment = {**LIMITS, **clock.environment}
    async with whole(folder, both, environment=environment, own={"gateway": QUOTA}) as (suite, client):
        async with load(client, ledger, mixed, every=0.4):
            for seconds in (HOUR, 0.0, -HOUR, 0.0):
                since = asyncio.get_running_loop().time()
                clock.set(seconds)
                await asyncio.sleep(SECONDS)
                await ledger.recovered(since, RECOVER_SECONDS)
            # A lease that was given an hour ahead.
            clock.set(HOUR)
            await asyncio.sleep(SECONDS)
            since = asyncio.get_running_loop().time()
            await suite.members["validation"].kill()
            ledger.kills.append("validation, an hour ahead")
            clock.set(0.0)
            await suite.members["validation"].start()
            await ledger.recovered(since, RECOVER_SECONDS)
        found = await account(client, ledger, suite.members["sandbox"].lines)
    check("the clock of all processes an hour forward and back", ledger, found)


async def test_of_one_replica(folder: Path, both: Backed) -> None:
    """The clock of one of two replicas is an hour ahead, then an hour behind; each time it is killed with its jobs."""
    clock, ledger = Clock(folder), Ledger()
    own = {"validation-2": clock.environment}
    async with whole(folder, both, replicas=2, environment=LIMITS, own=own) as (suite, client):
        async with load(client, ledger, mixed, every=0.4):
            for seconds in (HOUR, -HOUR):
                clock.set(seconds)
                await asyncio.sleep(SECONDS)
                since = asyncio.get_running_loop().time()
                await suite.members["validation-2"].kill()
                ledger.kills.append(f"a replica, {seconds:+.0f} s")
                await ledger.recovered(since, RECOVER_SECONDS)
                await suite.members["validation-2"].start()
            clock.set(0.0)
        found = await account(client, ledger, suite.members["sandbox"].lines)
    check("the clock of one replica of two an hour ahead, and behind", ledger, found)
