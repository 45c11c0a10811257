"""Each process of a suite is killed under load and started again: nothing is lost, or told twice."""

from pathlib import Path

import pytest
from assay.client import connect

from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import Victim, kill_in_turn, load
from tests.scenarios.fleet import fleet

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

KILLED = (
    "validation",
    "gateway",
    "static",
    "placeholder",
    "execution",
    "sandbox",
    "scoring",
    "semantic",
    "system",
    "events",
)


def mixed(number: int) -> Job:
    """Return a job: one in four is run."""
    return running(number // 4) if number % 4 == 3 else reading(number)


async def test_each_in_turn(folder: Path, docker_ready: None) -> None:
    """Whichever service is killed, every job that was acknowledged has one end, the right one, and soon."""
    ledger = Ledger()
    async with fleet(folder, sandbox=True) as suite, connect(**suite.door) as client:
        victims = [Victim(name, suite.members[name].kill, suite.members[name].start) for name in KILLED]
        async with load(client, ledger, mixed, every=0.4):
            await kill_in_turn(ledger, victims)
        found = await account(client, ledger, suite.members["sandbox"].lines)
    check("each process killed in turn", ledger, found)
