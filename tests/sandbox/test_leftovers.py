"""What a service that was killed leaves behind goes at the next start; what lives, whoever's it is, stays."""

import asyncio
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from sandbox.containers.owner import OWNER
from sandbox.outcome import Outcome
from tests.sandbox.suite import Suite, containers, docker, pause, until

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]

SERVICE = textwrap.dedent("""
    import asyncio, sys
    from tests.sandbox.suite import Suite, program, until

    async def main():
        async with Suite(pool_size=2, languages=["python"]) as suite:
            await suite.outcome("print(1)")
            sleeper = program("import time; time.sleep(200)")
            run = asyncio.create_task(suite.executor.execute(sleeper, {"wall_seconds": 200}))
            await until(lambda: suite.backend._claimed and suite.backend.ready_count("python") == 2, 30)
            [(_, busy)] = suite.backend._claimed.values()
            print(suite.backend.owner_label, busy.id[:12], flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            run.cancel()

    asyncio.run(main())
    """)
"""A service with two sandboxes that wait and one that runs a program, until its input ends."""


class Other:
    """
    A service in a process of its own.

    :param busy: The container that has a program.
    """

    def __init__(self, process: asyncio.subprocess.Process, label: str, busy: str) -> None:
        self._process = process
        self.label = label
        self.busy = busy

    def containers(self, *states: str) -> list[str]:
        """Return the ids of its containers, those in the states alone where some are given."""
        if not states:
            return containers(self.label)
        filters = [word for state in states for word in ("--filter", f"status={state}")]
        return docker("ps", "-aq", "--filter", f"label={self.label}", *filters).split()

    def stop(self) -> None:
        """Have it stop in order, by the end of its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill_with_its_janitor(self) -> None:
        """Kill it, and before it the process that would clean up after it."""
        for process in [*psutil.Process(self._process.pid).children(), psutil.Process(self._process.pid)]:
            process.send_signal(signal.SIGKILL)


@asynccontextmanager
async def another_service() -> AsyncIterator[Other]:
    """Start a service in a process of its own; at the end it goes, and whatever it has by then."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdin is not None
    label = ""
    try:
        while not label.startswith(OWNER):
            line = await asyncio.wait_for(process.stdout.readline(), 90)
            assert line, "the service ended"
            label, *busy = line.decode().split() or [""]
        yield Other(process, label, *busy)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 60)
        finally:
            if process.returncode is None:
                process.kill()
            if label and (left := containers(label)):
                docker("rm", "-f", *left)


async def test_next_start_removes_what_a_killed_service_left() -> None:
    """What cannot end by itself, being paused or never started, goes at the next start; a neighbour keeps its own."""
    async with another_service() as dead, another_service() as alive:
        paused = dead.busy
        pause(paused)
        created = docker("create", "--label", dead.label, "--label", "assay.sandbox=1", "debian:trixie-slim", "true")[
            :12
        ]
        dead.kill_with_its_janitor()
        # Those that run end with their input.
        await until(lambda: set(dead.containers()) == {paused, created}, 20)
        async with Suite(pool_size=1, languages=["python"]) as suite:
            assert await suite.outcome("print(1)") is Outcome.OK
            await until(lambda: dead.containers() == [], 20)
            await suite.backend._remover.sweep()
            # On a busy machine one that only waits may be found silent, and replaced; never one with a program.
            assert alive.busy in alive.containers("running")
            await until(lambda: len(alive.containers("running")) == 3, 30)


async def test_stop_leaves_no_paused_container() -> None:
    """A service that is stopped removes its paused containers too, a waiting one and one with a program in it."""
    async with another_service() as other:
        # One that waits may be found silent, and replaced, before the last one stands still.
        for container in other.containers("running"):
            with suppress(subprocess.CalledProcessError):
                pause(container)
        assert other.containers("paused")
        other.stop()
        await until(lambda: other.containers() == [], 30)


async def test_sweep_finds_what_was_lost_track_of() -> None:
    """A container that carries a live service's label but is none that it knows of goes at its next sweep."""
    async with Suite(pool_size=1, languages=["python"]) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        await until(lambda: suite.backend.ready_count("python") == 1, 20)
        label = suite.backend.owner_label
        stray = docker("create", "--label", label, "--label", "assay.sandbox=1", "debian:trixie-slim", "true")
        assert stray[:12] in suite.running()
        assert await suite.backend._remover.sweep() == 1
        await until(lambda: stray[:12] not in suite.running(), 20)
        await until(lambda: suite.backend.ready_count("python") == len(suite.running()) == 1, 30)
