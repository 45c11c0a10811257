"""A backend and its executor as the service composes them, and a look at Docker from outside."""

import asyncio
import subprocess
import textwrap
import time
from collections.abc import Callable

from assay.stage import SourceFile
from assay.v1 import sandbox_pb2 as pb

from host.settings import SandboxSettings
from sandbox.admission import Admission
from sandbox.containers.backend import Backend
from sandbox.containers.container import Container
from sandbox.executor import Executor
from sandbox.limits import Limits
from sandbox.outcome import Outcome
from sandbox.planning import Planner
from sandbox.program import Program
from sandbox.service import open_backend

SLEEP = "import time; print('up', flush=True); time.sleep(60)"


def docker(*arguments: str) -> str:
    """Run a docker command and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def containers(label: str) -> list[str]:
    """Return the ids of all containers with a label, in whatever state."""
    return docker("ps", "-aq", "--filter", f"label={label}").split()


def pause(name: str) -> None:
    """Pause a container; on a busy machine runc gives up at times ("unable to freeze")."""
    for left in reversed(range(5)):
        try:
            docker("pause", name)
        except subprocess.CalledProcessError as error:
            if not left or "unable to freeze" not in error.stderr:
                raise
        else:
            return


def sandboxes(pid: int, *states: str, run: Callable[..., str] = docker) -> list[str]:
    """Return the names of the sandboxes of a service's process, where states are given those in them alone."""
    line = '{{.Names}} {{.State}} {{.Label "assay.sandbox.owner"}}'
    found = (entry.split() for entry in run("ps", "-a", "--format", line).splitlines())
    return [entry[0] for entry in found if f".{pid}." in entry[-1] and (not states or entry[1] in states)]


async def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait until a condition holds; return how long that took, or fail."""
    started = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() - started < seconds, "it did not come about in time"
        await asyncio.sleep(0.05)
    return time.monotonic() - started


def program(text: str) -> Program:
    """Return a Python program of one file."""
    return Program("python", (SourceFile("main.py", text.encode()),), "main.py")


def code(text: str) -> str:
    """Return a program without the indentation that it has in a test."""
    return textwrap.dedent(text)


def outcome(result: pb.ExecutionResult) -> str:
    """Return the outcome's name without its prefix."""
    return pb.Outcome.Name(result.outcome).removeprefix("OUTCOME_")


class Suite:
    """
    A backend and its executor, as the service composes them.

    :param pool_size: How many Python sandboxes wait ready, neither more nor less.
    """

    def __init__(self, pool_size: int | None = None, **changes: object) -> None:
        if pool_size is not None:
            changes["pools"] = {"python": {"floor": pool_size, "ceiling": pool_size}}
        settings = SandboxSettings(**changes)  # type: ignore[arg-type]
        defaults = Limits(**settings.default_limits.model_dump())
        maxima = Limits(**settings.max_limits.model_dump())
        self.backend: Backend = open_backend(settings, defaults, maxima)
        admission = Admission(settings.max_concurrent_runs, settings.queue_size)
        planner = Planner(self.backend.specs, defaults, maxima)
        self.executor: Executor[Container] = Executor(self.backend, planner, admission)

    async def __aenter__(self) -> "Suite":
        self.backend.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.backend.close()

    async def outcome(self, text: str, **asked: float) -> Outcome:
        """Run a program and return its outcome."""
        return (await asyncio.wait_for(self.executor.execute(program(text), asked), 60)).outcome

    def running(self) -> list[str]:
        """Return the containers of this backend."""
        return containers(self.backend.owner_label)
