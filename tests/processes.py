"""Python programs as child processes that end with their test."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass
class Done:
    """What a process left behind."""

    returncode: int
    stdout: str
    stderr: str


async def run_python(*arguments: str, cwd: Path | None = None, seconds: float = 60, **environment: str) -> Done:
    """Run Python to its end, within a bound."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd,
        env=clean_environment(**environment),
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
