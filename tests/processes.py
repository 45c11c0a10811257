"""Python programs as child processes that end with their test."""

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

BOUND = 60.0
"""Seconds within which a process has begun to serve, or has ended."""

MOST_LINES = 5_000
"""What is kept of the lines that a process writes."""

LINE_BYTES = 1024 * 1024
"""The longest of them."""

ROOT = Path(__file__).parent.parent


@dataclass
class Done:
    """What a process left behind."""

    returncode: int
    stdout: str
    stderr: str


async def run_python(
    *arguments: str, cwd: Path | None = None, seconds: float = BOUND, environment: Mapping[str, str] | None = None
) -> Done:
    """Run Python to its end, within a bound."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd,
        env=clean_environment(**(environment or {})),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        stdout, stderr = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Done(process.returncode or 0, stdout.decode(), stderr.decode())


def clean_environment(**more: str) -> dict[str, str]:
    """Return this process's environment without settings of the suite, plus some."""
    return {key: value for key, value in os.environ.items() if not key.startswith("ASSAY_")} | more


class Server:
    """
    A process that serves. What it writes to standard error is read all the time, so that it never waits for a reader.

    :param process: Its standard error is a pipe.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.address = ""
        """Where it is called: a gateway's door, or else the server's own."""
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        """The last lines that it wrote."""
        self._serves = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))
            if not self._serves.is_set():
                self._look(self.lines[-1])

    def _look(self, line: str) -> None:
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("event") in {"gateway", "serving"}:
            self.address = self.address or told["address"]
        if told.get("event") == "serving":
            self._serves.set()

    async def serving(self) -> None:
        """
        Wait until it serves.

        :raises AssertionError: It has ended instead.
        :raises TimeoutError: It says nothing for so long.
        """
        waiting = asyncio.create_task(self._serves.wait())
        async with asyncio.timeout(BOUND):
            await asyncio.wait({waiting, self._reading}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert self._serves.is_set(), "\n".join(self.lines)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(BOUND):
            status = await self.process.wait()
            await self._reading
        return status

    async def end(self) -> None:
        """End it at once, if it runs."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        # What it has started may hold the pipe open for longer.
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


async def started(*names: str, state: Path, listen: str = "127.0.0.1:0", **environment: str) -> Server:
    """Start a process that serves some services, and return it at once; whoever starts it ends it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "host", *names, "--listen", listen,
        env=clean_environment(ASSAY_STATE_DIR=str(state), **environment),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )  # fmt: skip
    return Server(process)


@asynccontextmanager
async def host(*names: str, state: Path, **environment: str) -> AsyncIterator[Server]:
    """Run services in a process of their own, until the block is left."""
    server = await started(*names, state=state, **environment)
    try:
        await server.serving()
        yield server
    finally:
        await server.end()
