"""The workers that plug-ins are given in their tests: what the suite's own do, one process for each task."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from assay.errors import InvalidArgument, PluginFailed, Unavailable
from assay.testing import LocalWorkers, Resources

from tests.services.stages import work


async def test_another_process() -> None:
    """Each task has a process of its own, and its result comes back, whatever it prints."""
    workers = LocalWorkers()
    processes = {await workers.run(work.process_id) for _ in range(2)}
    assert len(processes | {os.getpid()}) == 3
    await workers.run(print, "x")


async def test_error_of_ours() -> None:
    """An error of the suite's own comes out of a worker whole."""
    with pytest.raises(InvalidArgument, match="it is absolute"):
        await LocalWorkers().run(work.refuse)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (work.leak, r"work\.leak raised ValueError$"),
        (work.return_function, "return_function raised"),
        (work.be_killed, "exit status -9"),
        (work.overflow, "raised RecursionError"),
    ],
)
async def test_broken(function: Callable[[], object], text: str) -> None:
    """A task that breaks is an error that says how, and nothing of an exception's text."""
    with pytest.raises(PluginFailed, match=text):
        await LocalWorkers().run(function)


async def test_time_out(folder: Path) -> None:
    """A task that takes longer than it may is killed."""
    with pytest.raises(PluginFailed, match="took longer than 3 s"):
        await LocalWorkers(60).within(3).within(50).run(work.sleep, str(folder / "pid"))
    assert not psutil.pid_exists(int((folder / "pid").read_text()))


async def test_cancelled(folder: Path) -> None:
    """Cancelling a call kills its process."""
    task = asyncio.create_task(LocalWorkers().run(work.sleep, str(folder / "pid")))
    async with asyncio.timeout(20):
        while not (folder / "pid").exists() or not (folder / "pid").read_text():
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not psutil.pid_exists(int((folder / "pid").read_text()))


def test_resources() -> None:
    """A stage in a test has its options, and no service to call."""
    resources = Resources({"forbidden": "os"})
    assert resources.options == {"forbidden": "os"}
    with pytest.raises(Unavailable):
        resources.channel("sandbox")
