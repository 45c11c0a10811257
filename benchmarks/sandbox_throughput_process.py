"""One child process with every bound on it, and what its end is taken to mean where a tool tells nothing more."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from tests.corpus.sandbox_expectations import Observed, Stream

PIECE = 65_536
END_SECONDS = 5.0
"""How long a process that was killed may take to be gone."""


@dataclass(frozen=True, slots=True)
class Finished:
    """
    How a child process ended.

    :param status: Its exit status; negative where a signal ended it.
    :param timed_out: It was killed because its time was over.
    :param flooded: It was killed because it wrote too much.
    """

    status: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    flooded: bool


async def run_bounded(command: Sequence[str], stdin: bytes = b"", *, seconds: float, most_bytes: int) -> Finished:
    """
    Run a command to its end; kill it, with its process group, after so many seconds or more bytes on one stream.

    :param stdin: What it reads; none: it finds the end at once.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    out, err = bytearray(), bytearray()
    timed_out = flooded = False
    assert process.stdout is not None
    assert process.stderr is not None
    streams = [
        asyncio.create_task(_keep(process.stdout, out, most_bytes)),
        asyncio.create_task(_keep(process.stderr, err, most_bytes)),
    ]
    writing = asyncio.create_task(_write(process.stdin, stdin)) if process.stdin is not None else None
    try:
        async with asyncio.timeout(seconds):
            flooded = not all(await _first_false(streams))
            if not flooded:
                await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for task in [*streams, *([writing] if writing is not None else [])]:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
    status = process.returncode if process.returncode is not None else -signal.SIGKILL
    return Finished(status, bytes(out), bytes(err), timed_out, flooded)


async def _keep(stream: asyncio.StreamReader, kept: bytearray, most: int) -> bool:
    """Read to the end; return whether it came before the bound."""
    while piece := await stream.read(PIECE):
        kept += piece
        if len(kept) > most:
            return False
    return True


async def _first_false(tasks: Sequence["asyncio.Task[bool]"]) -> list[bool]:
    """Wait until all are done, or one is false."""
    waiting = set(tasks)
    results = []
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        results += [task.result() for task in done]
        if not all(results):
            break
    return results


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        stream.write(data)
        await stream.drain()
    stream.close()


def judged(finished: Finished, *, memory_kills: bool) -> Observed:
    """
    Return what a run was, told from no more than an exit status.

    The most favourable reading of it: killed by us for time or for output is a limit; 137 is MEMORY_LIMIT where a
    control group kills for memory, as is usual with Docker, and signal 9 elsewhere; 152 and 153 (SIGXCPU, SIGXFSZ) are
    the limits that send them; every other status above 128 is a signal; the rest is what it says. Nothing tells a
    program that ends with 137 by itself from one that was killed, or that a child of it was killed for memory.
    """
    status = 128 - finished.status if finished.status < 0 else finished.status
    outcome, signalled = _outcome(finished, status, memory_kills=memory_kills)
    return Observed(
        outcome=outcome,
        exit_code=status if outcome in {"OK", "NONZERO_EXIT"} else None,
        signal=status - 128 if signalled else None,
        stdout=Stream(finished.stdout, len(finished.stdout), truncated=False),
        stderr=Stream(finished.stderr, len(finished.stderr), truncated=False),
        compiler=b"",
        evidence={},
        artifacts={},
        artifacts_omitted={},
    )


def _outcome(finished: Finished, status: int, *, memory_kills: bool) -> tuple[str, bool]:
    if finished.flooded:
        return "OUTPUT_LIMIT", False
    if finished.timed_out:
        return "WALL_TIME_LIMIT", False
    limits = {signal.SIGXCPU: "CPU_TIME_LIMIT", signal.SIGXFSZ: "DISK_LIMIT"}
    if memory_kills:
        limits[signal.SIGKILL] = "MEMORY_LIMIT"
    if (number := status - 128) in limits:
        return limits[signal.Signals(number)], False
    if 128 < status <= 128 + signal.NSIG:
        return "SIGNALED", True
    return ("NONZERO_EXIT" if status else "OK"), False
