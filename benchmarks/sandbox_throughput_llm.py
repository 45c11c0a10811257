"""llm-sandbox from PyPI over Docker: a session for each run, or its pool of sessions that are used again."""

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.sandbox_throughput_backends import LABEL, PYTHON, cpu_bounds, docker, has_no_words_for, limits_of
from benchmarks.sandbox_throughput_process import Finished, judged
from host.settings import SandboxSettings
from sandbox.containers.spec import seccomp_profile
from sandbox.limits import Limits
from tests.corpus.sandbox_cases import Case
from tests.corpus.sandbox_expectations import Observed

VERSION = "0.3.46"
CACHE = Path.home() / ".cache" / "assay-benchmarks"
DRIVER = Path(__file__).with_name("sandbox_throughput_llm_driver.py")
IMAGE = "assay-benchmark-llm-sandbox:latest"
INSTALL_SECONDS = 300
GRACE_SECONDS = 20.0
MOST_LINE = 256 << 20
MOST_MEMORY = 6 << 30

DOCKERFILE = f"""
FROM {PYTHON.image}
USER root
RUN ln -s python3 /usr/bin/python && mkdir -p /sandbox/.sandbox-venv/bin && \
    ln -s /usr/bin/python3 /sandbox/.sandbox-venv/bin/python
ENTRYPOINT []
CMD ["sleep", "infinity"]
"""
"""Our image, with the names under which llm-sandbox looks for the interpreter, so that nothing need be installed."""


def installed() -> Path:
    """Return the interpreter of a virtual environment that has llm-sandbox, made where it is missing."""
    folder = CACHE / f"llm-sandbox-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, timeout=INSTALL_SECONDS)
        wanted = f"llm-sandbox[docker]=={VERSION}"
        subprocess.run([python, "-m", "pip", "install", "-q", wanted], check=True, timeout=INSTALL_SECONDS)
        (folder / "ready").touch()
    return python


@contextmanager
def image() -> Iterator[str]:
    """Give the image that llm-sandbox takes; it is removed afterwards."""
    subprocess.run(
        ["docker", "build", "-q", "-t", IMAGE, "--label", LABEL, "-"],
        input=DOCKERFILE.encode(), capture_output=True, check=True, timeout=INSTALL_SECONDS,
        env={"DOCKER_BUILDKIT": "0", "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    try:
        yield IMAGE
    finally:
        subprocess.run(["docker", "rmi", "-f", IMAGE], capture_output=True, check=False, timeout=INSTALL_SECONDS)


def container(limits: Limits) -> dict[str, Any]:
    """
    Return what llm-sandbox hands to Docker: the service's isolation as far as it can work in it.

    It copies the program into the container's own layer, so that cannot be read-only; it writes it as root for root
    alone, so the program is root, without any capability.
    """
    ulimits = {"nofile": limits.open_files, "fsize": limits.disk_bytes, "core": 0}
    bounds = {name: (bound, bound) for name, bound in ulimits.items()} | {"cpu": cpu_bounds(limits)}
    key, value = LABEL.split("=")
    return {
        "labels": {key: value}, "network_mode": "none", "ipc_mode": "none", "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges", f"seccomp={seccomp_profile()}"],
        "mem_limit": limits.memory_bytes, "memswap_limit": limits.memory_bytes, "pids_limit": limits.processes,
        "nano_cpus": round(SandboxSettings().cpus * 1e9), "environment": dict(PYTHON.environment),
        "log_config": {"Type": "none"}, "stop_signal": "SIGKILL",
        "ulimits": [{"Name": name, "Soft": soft, "Hard": hard} for name, (soft, hard) in bounds.items()],
    }  # fmt: skip


class LlmSandbox:
    """
    A process that speaks to llm-sandbox.

    :param mode: "session" for a session, and so a container, for each run; "pool" for sessions of its pool.
    """

    def __init__(self, python: Path, mode: str, clients: int) -> None:
        # It keeps whatever a program writes, and nothing in it bounds that.
        self._command = ["prlimit", f"--as={MOST_MEMORY}", str(python), str(DRIVER), IMAGE, mode, str(clients)]
        self._pooled = mode == "pool"
        self.name = "llm-sandbox, its pool" if self._pooled else "llm-sandbox, a session a run"
        self.lacks = "read-only root, size of the disk, size of the output, another user than root" + (
            "; nothing between runs is cleaned" if self._pooled else ""
        )
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the process."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=MOST_LINE
        )
        self._reader = asyncio.create_task(self._read(self._process))
        if self._pooled:
            settings: dict[str, Any] = SandboxSettings().default_limits.model_dump()
            self._say(container(Limits(**settings)))

    async def close(self) -> None:
        """End the process; what it leaves is removed by the label."""
        if self._process is None or self._reader is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._reader.cancel()
        self._process = None

    def _say(self, order: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                answer = json.loads(line)
                if (waiting := self._waiting.pop(answer["id"], None)) is not None and not waiting.done():
                    waiting.set_result(answer)
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_result({"error": "the process that speaks to llm-sandbox ended"})
            self._waiting.clear()

    async def run(self, case: Case, slot: int) -> Observed:
        """
        Run a case.

        :raises RuntimeError: It raised an error, or did not answer in time.
        """
        if self._process is None or self._process.returncode is not None:
            await self.close()
            await self.open()
        limits = limits_of(case)
        number = next(self._numbers)
        (_, code, _), *others = case.all_files()
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._say(
            {
                "id": number,
                "code": code.decode(),
                "files": [(path, b64encode(content).decode()) for path, content, _ in others],
                "seconds": limits.wall_seconds,
                "container": container(limits),
            }
        )
        try:
            async with asyncio.timeout(limits.wall_seconds + GRACE_SECONDS):
                answer = await future
        except TimeoutError:
            raise RuntimeError("it did not answer in time") from None
        if "error" in answer:
            raise RuntimeError(answer["error"])
        out, err = b64decode(answer["stdout"]), b64decode(answer["stderr"])
        return judged(Finished(answer["status"], out, err, answer["timed_out"], flooded=False), memory_kills=True)

    def inexpressible(self, case: Case) -> str:
        """Return why a case cannot be told to it."""
        asks = {
            "standard input": case.stdin_bytes(),
            "arguments": case.arguments,
            "environment": case.environment,
            "an entry point": case.entry_point,
            "executable files": [file for file in case.files if file.executable],
        }
        if reason := has_no_words_for(case) or next((name for name, asked in asks.items() if asked), ""):
            return reason
        try:
            case.all_files()[0][1].decode()
        except UnicodeDecodeError:
            return "a program that is not UTF-8"
        return ""


@asynccontextmanager
async def llm_sandbox(mode: str, clients: int) -> AsyncIterator[LlmSandbox]:
    """Give one of the two ways; the image has to be there."""
    backend = LlmSandbox(await asyncio.to_thread(installed), mode, clients)
    await backend.open()
    try:
        yield backend
    finally:
        await backend.close()
        with contextlib.suppress(subprocess.SubprocessError):
            if left := docker("ps", "-aq", "--filter", f"ancestor={IMAGE}").split():
                docker("rm", "-f", *left)
