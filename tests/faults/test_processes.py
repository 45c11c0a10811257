"""Each process of a suite is killed under load and started again: nothing is lost, or told twice."""

from pathlib import Path

import pytest

from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import kill_in_turn, load, process, server, whole
from tests.scenarios.backed import Backed

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


NATS_KILLS = 20


def mixed(number: int) -> Job:
    """Return a job: one in four is run."""
    return running(number // 4) if number % 4 == 3 else reading(number)


async def test_each_in_turn(folder: Path, both: Backed) -> None:
    """
    Whichever service is killed, or PostgreSQL, every job that was acknowledged has one end. An end that was written in
    the moment before may be told to no subscriber (docs/decisions/0010); it is in the table, and never told twice.
    """
    ledger = Ledger()
    async with whole(folder, both) as (suite, client):
        victims = [*(process(suite, name) for name in KILLED), *[server("postgres", both.postgres)] * 3]
        async with load(client, ledger, mixed, every=0.4):
            await kill_in_turn(ledger, victims)
        found = await account(client, ledger, suite.members["sandbox"].lines)
    check("each process killed in turn", ledger, found)


async def test_nats(folder: Path, both: Backed) -> None:
    """However often NATS is killed, every job that was acknowledged has one end, which is told once."""
    ledger = Ledger()
    async with whole(folder, both) as (suite, client):
        async with load(client, ledger, mixed, every=0.4):
            await kill_in_turn(ledger, [server("nats", both.nats)] * NATS_KILLS)
        found = await account(client, ledger, suite.members["sandbox"].lines)
    check(f"NATS killed {NATS_KILLS} times", ledger, found)
    assert not found.untold
