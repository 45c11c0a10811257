"""Containers that are killed or paused behind the service's back, and a daemon that stands still or is restarted."""

import asyncio
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import takewhile
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import grpc.aio
import pytest
from assay.client import CHANNEL_OPTIONS
from assay.errors import SandboxLost
from assay.v1 import sandbox_pb2_grpc

from host.server import serving
from sandbox.batch import Batch, CaseRequest, CaseResult
from sandbox.language import load_all
from sandbox.outcome import Outcome
from sandbox.streaming import Chunk, Input, StreamedRun
from tests.sandbox.conftest import sandbox_settings
from tests.sandbox.mixed_load import LOST, Load, jobs
from tests.sandbox.own_daemon import OwnDaemon, own_daemon
from tests.sandbox.suite import SLEEP, Suite, docker, pause, program, sandboxes, until

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]

POOL = 4
RUNS = 1000
LOAD_SEED, KILL_SEED = 20, 22
KILL_EVERY_SECONDS = 1.0
ALL_KINDS = {"fine": 40, "slow": 20, "exit": 10, "signal": 5, "cpu": 5, "wall": 8, "flood": 6, "memory": 6}


@asynccontextmanager
async def served(**changes: object) -> "AsyncIterator[SandboxServiceAsyncStub]":
    """Give a client of a service with a pool for Python alone."""
    pools = {"python": {"floor": POOL, "ceiling": POOL}}
    settings = sandbox_settings(languages=["python"], pools=pools, max_concurrent_runs=POOL, **changes)
    with TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        async with (
            serving(["sandbox"], f"unix:{folder}/s", settings) as address,
            grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel,
        ):
            yield sandbox_pb2_grpc.SandboxServiceStub(channel)


def mine(*states: str) -> list[str]:
    """Return the names of this process's sandboxes at the usual daemon."""
    return sandboxes(os.getpid(), *states)


class Killer:
    """Ends one container each second, whichever, in one of the ways in which that happens."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.killed: Counter[str] = Counter()

    async def work(self) -> None:
        """Go on until cancelled."""
        while True:
            started = time.monotonic()
            await asyncio.to_thread(self._kill_one)
            await asyncio.sleep(max(0.0, KILL_EVERY_SECONDS - (time.monotonic() - started)))

    def _kill_one(self) -> None:
        # One that ended in between is nobody's: the next second brings the next.
        with suppress(subprocess.SubprocessError, ProcessLookupError):
            names = mine("running")
            if not names:
                return
            victim, way = self._random.choice(names), self._random.choice(("kill", "rm -f", "SIGKILL of process 1"))
            if way == "SIGKILL of process 1":
                pid = int(docker("inspect", "--format", "{{.State.Pid}}", victim))
                if pid > 1:
                    os.kill(pid, signal.SIGKILL)
            else:
                docker(*way.split(), victim)
            self.killed[way] += 1


@pytest.mark.slow
@pytest.mark.timeout(1500)
async def test_containers_killed_behind_the_services_back() -> None:
    """Of 1,000 runs, while a container is killed every second, each is right or SANDBOX_LOST, and nothing is left."""
    before = mine()
    async with served() as stub:
        load, killer, started = Load(stub, 120.0), Killer(KILL_SEED), time.monotonic()
        killing = asyncio.create_task(killer.work())
        await load.drive(jobs(ALL_KINDS, LOAD_SEED, RUNS), POOL)
        killing.cancel()
        seconds = time.monotonic() - started
        print(f"\n{load.tally}; killed {dict(killer.killed)} in {seconds:.0f} s")  # noqa: T201 - the figures
        assert load.tally.wrong == []
        assert set(load.tally.failed) <= {LOST}, load.tally.messages
        assert load.tally.right.total() + load.tally.failed[LOST] == RUNS
        assert killer.killed.total() > seconds / 3
        assert len(killer.killed) == 3
        await until(lambda: len(set(mine()) - set(before)) == len(mine("running")) == POOL, 60)
    assert mine() == before


QUICK = "import time; time.sleep(2); print('through')"


def claimed(suite: Suite) -> str:
    """Return the name of the one sandbox that has a program."""
    [(_, container)] = suite.backend._claimed.values()
    return container.name


@pytest.mark.parametrize(
    "paused_for",
    [
        pytest.param(1.0, id="within its time"),
        pytest.param(5.0, id="beyond its time", marks=pytest.mark.slow),
        pytest.param(None, id="for ever", marks=pytest.mark.slow),
    ],
)
async def test_paused_in_mid_run(paused_for: float | None) -> None:
    """A program whose container is paused while it runs is never late for that: it is run to its end, or run again."""
    async with Suite(pool_size=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        await until(lambda: suite.backend.ready_count("python") == 1, 20)
        call = asyncio.create_task(suite.executor.execute(program(QUICK), {"wall_seconds": 4.0}))
        await asyncio.sleep(0.5)
        name = claimed(suite)
        pause(name)
        if paused_for is not None:
            await asyncio.sleep(paused_for)
            docker("unpause", name)
        result = await asyncio.wait_for(call, 60)
        assert (result.outcome, result.stdout.content) == (Outcome.OK, b"through\n"), result.evidence
        await until(lambda: len(suite.running()) <= 1, 20)
    assert suite.running() == []


async def test_killed_after_a_case_without_memory() -> None:
    """A case whose sandbox is killed is run again, though the case before was ended for memory in the same sandbox."""
    text = "import sys, time; b'x' * (400 << 20) if sys.argv[1:] else time.sleep(2); print('through')"
    async with Suite(pool_size=1) as suite:
        cases = [CaseRequest(arguments=("much",)), CaseRequest()]
        ended = []
        async for event in Batch(suite.executor, program(text), {}, cases).events():
            if not isinstance(event, CaseResult):
                continue
            ended.append(event.result.outcome)
            if len(ended) == 1:
                await asyncio.sleep(0.5)
                docker("kill", claimed(suite))
        assert ended == [Outcome.MEMORY_LIMIT, Outcome.OK]


@pytest.mark.slow
async def test_paused_before_its_run() -> None:
    """A container that is paused while it waits is nobody's sandbox for long: the run gets another."""
    async with Suite(pool_size=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        await until(lambda: suite.backend.ready_count("python") == len(suite.running()) == 1, 20)
        [waiting] = suite.running()
        pause(waiting)
        result = await asyncio.wait_for(suite.executor.execute(program(QUICK), {"wall_seconds": 4.0}), 90)
        assert (result.outcome, result.stdout.content) == (Outcome.OK, b"through\n"), result.evidence
        await until(lambda: waiting not in suite.running(), 20)
    assert suite.running() == []


async def collect(events: AsyncIterator[object]) -> list[object]:
    """Return all further events."""
    return [event async for event in events]


@pytest.mark.slow
async def test_paused_after_its_first_output() -> None:
    """A streamed run whose container is paused is lost, never late: what its caller has seen cannot be run again."""
    async with Suite(pool_size=1) as suite:
        text = "import time; print('seen', flush=True); time.sleep(2)"
        run = StreamedRun(suite.executor, program(text), {"wall_seconds": 4.0}, Input())
        events = run.events()
        while not isinstance(await anext(events), Chunk):
            pass
        pause(claimed(suite))
        with pytest.raises(SandboxLost):
            await asyncio.wait_for(collect(events), 60)
        await until(lambda: len(suite.running()) <= 1, 20)
    assert suite.running() == []


@pytest.fixture(scope="module")
def daemon() -> Iterator[OwnDaemon]:
    """Give a daemon that may be frozen and killed."""
    with own_daemon([load_all([])["python"].image]) as started:
        yield started


@pytest.mark.slow
async def test_daemon_frozen_until_a_limit_has_passed(daemon: OwnDaemon) -> None:
    """A daemon that carries nothing for a while makes no program late that had ended, and no late one on time."""
    async with Suite(pool_size=2, docker_url=daemon.url, languages=["python"]) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        await asyncio.sleep(3.0)
        texts = {QUICK: Outcome.OK, SLEEP: Outcome.WALL_TIME_LIMIT}
        calls = [asyncio.create_task(suite.executor.execute(program(text), {"wall_seconds": 4.0})) for text in texts]
        await asyncio.sleep(0.6)
        daemon.freeze()
        try:
            # The runner is told at 4 s, given up at 7 s, and the daemon asked from 8 s to 11 s.
            await asyncio.sleep(8.4)
        finally:
            daemon.thaw()
        results = await asyncio.wait_for(asyncio.gather(*calls), 60)
        assert [result.outcome for result in results] == list(texts.values()), [result.evidence for result in results]


DEADLINE_SECONDS = 8.0
AWAY_SECONDS = 12.0
MOST_CASES = 3
"""So that no call takes as long as its deadline where all is well, on a busy machine either."""

BACK_WITHIN_SECONDS = 10.0
WELL_SECONDS = 8.0
QUICK_KINDS = {"fine": 60, "slow": 20, "exit": 10, "signal": 4, "wall": 4, "flood": 2}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", ["frozen", "restarted"])
async def test_daemon_goes_and_returns_under_load(daemon: OwnDaemon, fault: str) -> None:
    """While the daemon is away calls end within their deadlines, no outcome is wrong, and 10 s after all is well."""
    theirs = partial(sandboxes, os.getpid(), run=daemon.docker)
    async with served(docker_url=daemon.url) as stub:
        load = Load(stub, DEADLINE_SECONDS)
        # The first container of a daemon takes seconds of its own.
        await Load(stub, 60.0).drive(jobs(QUICK_KINDS, LOAD_SEED, 20, MOST_CASES), POOL)
        stop = asyncio.Event()
        endless = takewhile(lambda _: not stop.is_set(), jobs(QUICK_KINDS, LOAD_SEED, 10**9, MOST_CASES))
        driving = asyncio.create_task(load.drive(endless, POOL))
        await asyncio.sleep(4.0)
        calm = load.tally.right.total()
        await asyncio.to_thread(daemon.freeze if fault == "frozen" else daemon.kill)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(daemon.thaw if fault == "frozen" else daemon.start)
        returned = time.monotonic()
        await asyncio.sleep(BACK_WITHIN_SECONDS)
        at_return = load.tally.right.total()
        await asyncio.sleep(WELL_SECONDS)
        stop.set()
        await driving
        after = load.tally.right.total() - at_return
        last = max([moment - returned for moment in load.tally.failures], default=0.0)
        figures = f"last failure {last:.1f} s after its return; {calm} right before, {after} right after"
        print(f"\n{fault}: {load.tally}; {figures}")  # noqa: T201
        assert load.tally.wrong == []
        allowed = {LOST, "SANDBOX_UNAVAILABLE", "DEADLINE_EXCEEDED"}
        assert set(load.tally.failed) <= allowed, load.tally.messages
        assert load.tally.failures
        assert load.tally.longest < DEADLINE_SECONDS + 1.0
        assert last < BACK_WITHIN_SECONDS
        assert after > 0
        await until(lambda: len(theirs()) == len(theirs("running")) == POOL, 30)
    assert theirs() == []
