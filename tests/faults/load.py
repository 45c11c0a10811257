"""A suite under load, and what is killed of it meanwhile."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from assay.client import Suite, connect

from tests.backing import Backing
from tests.faults.jobs import Job
from tests.faults.ledger import Ledger
from tests.scenarios.backed import Backed
from tests.scenarios.fleet import Fleet, fleet

RECOVER_SECONDS = 90.0
"""What has not recovered by then hangs."""

GIVE_UP_SECONDS = 60.0
"""How long one job is asked for, again and again."""

MOST_OPEN = 16
"""Jobs that may be asked for or open when there is another one."""

AWAY_SECONDS = 0.5
"""How long what was killed is away before it is started again: a supervisor takes so long to notice."""


@dataclass(frozen=True)
class Victim:
    """
    What is killed.

    :param kill: Kills it and sees it gone.
    :param start: Starts it where it was, and sees it at work.
    """

    name: str
    kill: Callable[[], Awaitable[None]]
    start: Callable[[], Awaitable[None]]


@asynccontextmanager
async def whole(
    folder: Path,
    both: Backed,
    *,
    replicas: int = 1,
    environment: Mapping[str, str] | None = None,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[tuple[Fleet, Suite]]:
    """Run a whole suite over its NATS and PostgreSQL and connect to its door; see :mod:`tests.scenarios.fleet`."""
    own = own or {}
    settings = {name: {**both.own.get(name, {}), **own.get(name, {})} for name in both.own.keys() | own.keys()}
    everywhere = {**both.environment, **(environment or {})}
    async with (
        fleet(folder, sandbox=True, replicas=replicas, environment=everywhere, own=settings) as suite,
        connect(**suite.door) as client,
    ):
        yield suite, client


@asynccontextmanager
async def load(suite: Suite, ledger: Ledger, make: Callable[[int], Job], every: float) -> AsyncIterator[None]:
    """
    Ask for a job again and again, and follow what becomes of all, until the block is left; then ask for no more.

    :param every: Seconds from one to the next.
    """
    asking: set[asyncio.Task[None]] = set()

    async def ask() -> None:
        number = 0
        while True:
            # No more than a slow machine comes to: recovery is not to wait behind a queue that only grows.
            if len(ledger.open) + sum(not task.done() for task in asking) < MOST_OPEN:
                asking.add(asyncio.create_task(ledger.ask(suite, make(number), time.monotonic() + GIVE_UP_SECONDS)))
                number += 1
            await asyncio.sleep(every)

    tasks = [asyncio.create_task(ask()), asyncio.create_task(ledger.follow(suite))]
    try:
        yield
        tasks[0].cancel()
        await asyncio.wait(asking)
        await ledger.settled(RECOVER_SECONDS)
    finally:
        for task in (*tasks, *asking):
            task.cancel()
        await asyncio.gather(*tasks, *asking, return_exceptions=True)


def process(suite: Fleet, name: str) -> Victim:
    """Return a process of a suite as what is killed."""
    return Victim(name, suite.members[name].kill, suite.members[name].start)


def server(name: str, backing: Backing) -> Victim:
    """Return NATS or PostgreSQL as what is killed."""
    return Victim(name, lambda: asyncio.to_thread(backing.kill), lambda: asyncio.to_thread(backing.start))


async def kill_in_turn(ledger: Ledger, victims: Sequence[Victim]) -> None:
    """Kill one after another, each when the one before has been got over, and write down how long that took."""
    for victim in victims:
        await asyncio.sleep(random.uniform(0.3, 1.0))
        since = time.monotonic()
        await victim.kill()
        ledger.kills.append(victim.name)
        await asyncio.sleep(AWAY_SECONDS)
        await victim.start()
        await ledger.recovered(since, RECOVER_SECONDS)
