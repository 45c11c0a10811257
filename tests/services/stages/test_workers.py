"""The worker processes: their bounds, their ends, and what gets out of them."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from assay.errors import InvalidArgument, PluginFailed, ShuttingDown

from services.stages.workers import ProcessWorkers
from tests.processes import run_python
from tests.services.stages import work

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def workers() -> Iterator[ProcessWorkers]:
    """Give one pool for the tests that leave it whole."""
    pool = ProcessWorkers(count=1, memory_bytes=512 * MIB, task_seconds=30, tasks_per_worker=1000)
    yield pool
    pool.close()


async def written(path: Path) -> int:
    """Wait for a worker to write its process id and return it."""
    async with asyncio.timeout(20):
        while not path.exists() or not path.read_text():
            await asyncio.sleep(0.02)
    return int(path.read_text())


async def gone(process_id: int) -> bool:
    """Wait for the end of a process, within a bound."""
    for _ in range(250):
        try:
            if psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_another_process(workers: ProcessWorkers) -> None:
    """Work runs in another process, whose result comes back."""
    assert await workers.run(work.process_id) != os.getpid()


async def test_error_of_ours(workers: ProcessWorkers) -> None:
    """An error of the suite's own comes out of a worker whole."""
    with pytest.raises(InvalidArgument) as caught:
        await workers.run(work.refuse)
    assert (caught.value.field, caught.value.description) == ("candidate.files[0].path", "it is absolute")
    assert caught.value.metadata == {"index": "0"}


async def test_foreign_exception(workers: ProcessWorkers) -> None:
    """Of a foreign exception only the type's name gets out."""
    with pytest.raises(PluginFailed, match=r"work\.leak raised ValueError") as caught:
        await workers.run(work.leak)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (work.raise_demanding, "raised Demanding"),
        (work.return_function, "return_function raised"),
        (work.return_odd, "return_odd raised ValueError"),
        (work.overflow, "raised RecursionError"),
    ],
)
async def test_what_cannot_cross(workers: ProcessWorkers, function: Callable[[], object], text: str) -> None:
    """What cannot go from one process to another is an error of the plug-in, and the workers go on."""
    with pytest.raises(PluginFailed, match=text):
        await asyncio.wait_for(workers.run(function), 20)
    assert await asyncio.wait_for(workers.run(work.process_id), 20)


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [(work.exit_with, (7,), "exit status 7"), (work.be_killed, (), "SIGKILL")],
)
async def test_death(
    workers: ProcessWorkers, function: Callable[..., None], arguments: tuple[int, ...], text: str
) -> None:
    """A worker's death is an error that says how it died, and another one takes its place."""
    with pytest.raises(PluginFailed, match=text):
        await asyncio.wait_for(workers.run(function, *arguments), 20)
    assert await asyncio.wait_for(workers.run(work.process_id), 20)


async def test_memory(workers: ProcessWorkers) -> None:
    """A worker that wants more memory than it may have is refused it, and says so."""
    assert await workers.run(work.take, 10 * MIB) == 10 * MIB
    with pytest.raises(PluginFailed, match="more memory than a worker may have"):
        await workers.run(work.take, 1024 * MIB)


async def test_death_while_idle(workers: ProcessWorkers) -> None:
    """A worker that dies while it has nothing to do does not stop the work that comes later."""
    victim = await workers.run(work.process_id)
    os.kill(victim, signal.SIGKILL)
    assert await gone(victim)
    await asyncio.sleep(0.5)
    assert await asyncio.wait_for(workers.run(work.process_id), 20) != victim


async def test_cancelled(workers: ProcessWorkers, folder: Path) -> None:
    """Cancelling a call kills the process that it runs in."""
    task = asyncio.create_task(workers.run(work.sleep, str(folder / "pid")))
    process = await written(folder / "pid")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(process)
    assert await asyncio.wait_for(workers.run(work.process_id), 20) != process


async def test_time_out(folder: Path) -> None:
    """Work that takes longer than it may is killed and is an error that says how long it had."""
    workers = ProcessWorkers(count=1, memory_bytes=512 * MIB, task_seconds=0.5, tasks_per_worker=10)
    try:
        with pytest.raises(PluginFailed, match=r"took longer than 0\.5 s"):
            await workers.run(work.sleep, str(folder / "pid"))
        assert await gone(int((folder / "pid").read_text()))
    finally:
        workers.close()


async def test_hurried(workers: ProcessWorkers, folder: Path) -> None:
    """Workers can be had with a shorter time for each task, counted from its beginning, and never with a longer one."""
    waiting = asyncio.create_task(workers.run(work.nap, 1.0))
    assert await workers.within(0.9).run(work.process_id) == await waiting
    with pytest.raises(PluginFailed, match=r"took longer than 0\.5 s"):
        await workers.within(60).within(0.5).within(60).run(work.sleep, str(folder / "pid"))
    assert await gone(int((folder / "pid").read_text()))


async def test_recycled() -> None:
    """A worker is replaced after the number of tasks that it may run."""
    workers = ProcessWorkers(count=1, memory_bytes=512 * MIB, task_seconds=30, tasks_per_worker=2)
    try:
        seen = [await workers.run(work.process_id) for _ in range(4)]
    finally:
        workers.close()
    assert len(set(seen)) == 2


async def test_closed_in_mid_work(folder: Path) -> None:
    """Closing ends the workers, tells those who wait, and refuses more work."""
    workers = ProcessWorkers(count=1, memory_bytes=512 * MIB, task_seconds=30, tasks_per_worker=10)
    task = asyncio.create_task(workers.run(work.sleep, str(folder / "pid")))
    process = await written(folder / "pid")
    workers.close()
    with pytest.raises(ShuttingDown):
        await asyncio.wait_for(task, 10)
    assert await gone(process)
    with pytest.raises(ShuttingDown):
        await workers.run(work.process_id)


PROGRAM = """
import asyncio, os, sys, time
from services.stages.workers import ProcessWorkers
from tests.services.stages import work

async def main():
    workers = ProcessWorkers(count=2, memory_bytes=2**29, task_seconds=30, tasks_per_worker=10)
    task = asyncio.create_task(workers.run(work.sleep, sys.argv[1]))
    await asyncio.sleep(float(sys.argv[2]))
    if sys.argv[3] == "die":
        while not os.path.exists(sys.argv[1]):
            await asyncio.sleep(0.02)
        os.kill(os.getpid(), 9)
    workers.close()
    await asyncio.gather(task, return_exceptions=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("after", [0.0, 0.05, 0.15, 0.3])
async def test_closed_while_starting(folder: Path, after: float) -> None:
    """Closing while workers are starting ends at once and prints nothing."""
    (folder / "program.py").write_text(PROGRAM)
    done = await run_python(str(folder / "program.py"), str(folder / "pid"), str(after), "close", seconds=20)
    assert (done.returncode, done.stderr) == (0, "")


async def test_the_server_is_killed(folder: Path) -> None:
    """Workers die with the server, even when that is killed."""
    (folder / "program.py").write_text(PROGRAM)
    done = await run_python(str(folder / "program.py"), str(folder / "pid"), "0", "die", seconds=20)
    assert done.returncode == -signal.SIGKILL
    assert await gone(int((folder / "pid").read_text()))


async def test_side_by_side(folder: Path) -> None:
    """As many tasks as there are workers run at the same time."""
    workers = ProcessWorkers(count=2, memory_bytes=512 * MIB, task_seconds=30, tasks_per_worker=10)
    try:
        tasks = [asyncio.create_task(workers.run(work.sleep, str(folder / name))) for name in "ab"]
        started = time.monotonic()
        assert await written(folder / "a") != await written(folder / "b")
        assert time.monotonic() - started < 30
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        workers.close()
