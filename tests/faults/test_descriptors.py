"""A service has no file descriptors left for a while, under load: what it refuses is asked again, nothing is lost."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from assay.client import connect

from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, check
from tests.faults.load import load, whole
from tests.scenarios.backed import Backed
from tests.scenarios.fleet import Fleet

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

STARVED = ("gateway", "validation", "static", "placeholder", "execution", "sandbox", "events")

SECONDS = 5.0
"""How long each has none."""

STRANGERS = 20
"""Further clients that connect at that time, each with a connection of its own."""


def mixed(number: int) -> Job:
    """Return a job: one in four is run."""
    return running(number // 4) if number % 4 == 3 else reading(number)


@asynccontextmanager
async def starved(suite: Fleet, name: str) -> AsyncIterator[None]:
    """Let a process have no more descriptors than it has open."""
    server = suite.members[name].server
    assert server is not None
    process = psutil.Process(server.process.pid)
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (max(process.num_fds(), 3), before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)


async def stranger(suite: Fleet, ledger: Ledger, number: int, until: float) -> None:
    """Ask for a job on a connection of its own."""
    async with connect(**suite.door) as client:
        await ledger.ask(client, reading(number), until)


async def test_each_in_turn(folder: Path, both: Backed) -> None:
    """Whichever service has none left, every job that was acknowledged has one end, and the service goes on."""
    ledger = Ledger()
    async with whole(folder, both) as (suite, client):
        async with load(client, ledger, mixed, every=0.4), asyncio.TaskGroup() as strangers:
            for name in STARVED:
                async with starved(suite, name):
                    until = time.monotonic() + 60
                    for number in range(STRANGERS if name == "gateway" else 0):
                        strangers.create_task(stranger(suite, ledger, number, until))
                    await asyncio.sleep(SECONDS)
                ledger.kills.append(f"starved {name}")
                await ledger.recovered(time.monotonic(), 60)
        ended = [name for name, member in suite.members.items() if not member.runs]
        found = await account(client, ledger, suite.members["sandbox"].lines)
    check(f"no descriptors left for {SECONDS:.0f} s, in turn", ledger, found)
    assert ended == []
