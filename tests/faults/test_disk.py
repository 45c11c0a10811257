"""The disk of NATS is full under load: queued work goes on by the database, and by NATS once there is room."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.backing import Nats
from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import load, whole
from tests.scenarios.backed import backed

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

STORE_MIB = 24

SECONDS = 15.0
"""For how long it is full."""

BOUND = 60.0


def mixed(number: int) -> Job:
    """Return a job: one in four is run."""
    return running(number // 4) if number % 4 == 3 else reading(number)


def fill(nats: Nats) -> None:
    """Leave no room on the disk, to the last byte."""
    nats.run("sh", "-c", "cat /dev/zero >/data/full || true")


async def test_full(folder: Path, backing_ready: None, docker_ready: None) -> None:
    """
    What is acknowledged while there is no room has its end too. Then NATS is started anew, by its operator, with an
    empty disk: the worst that can come of it.
    """
    ledger = Ledger()
    async with backed(folder, store_mib=STORE_MIB) as both, whole(folder, both) as (suite, client):
        async with load(client, ledger, mixed, every=0.4):
            await ledger.recovered(time.monotonic(), BOUND)
            await asyncio.to_thread(fill, both.nats)
            ledger.kills.append("the disk of NATS, full")
            full = time.monotonic()
            await ledger.recovered(full, BOUND)
            await asyncio.sleep(max(0.0, SECONDS - (time.monotonic() - full)))
            await ledger.recovered(time.monotonic(), BOUND)
            await asyncio.to_thread(both.nats.restart)
            ledger.kills.append("nats, with all that it stored")
            await ledger.recovered(time.monotonic(), BOUND)
        said = both.nats.logs()
        found = await account(client, ledger, suite.members["sandbox"].lines)
    assert "no space left on device" in said.lower(), said[-2000:]
    check(f"the disk of NATS full for {SECONDS:.0f} s, then lost", ledger, found)
    assert not found.open_ended
