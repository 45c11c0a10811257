"""Python programs as child processes that end with their test."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

BOUND = 60.0
"""Seconds within which a process has begun to serve, or has ended."""

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


@dataclass
class Server:
    """A process that serves."""

    process: asyncio.subprocess.Process
    address: str
    lines: list[str]

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        assert self.process.stderr is not None
        async with asyncio.timeout(BOUND):
            self.lines += (await self.process.stderr.read()).decode().splitlines()
            return await self.process.wait()


@asynccontextmanager
async def host(*names: str, state: Path, **environment: str) -> AsyncIterator[Server]:
    """Run services in a process of their own, until the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "host", *names, "--listen", "127.0.0.1:0",
        env=clean_environment(ASSAY_STATE_DIR=str(state), **environment),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        async with asyncio.timeout(BOUND):
            line = (await process.stderr.readline()).decode()
        yield Server(process, json.loads(line)["address"], [line])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
