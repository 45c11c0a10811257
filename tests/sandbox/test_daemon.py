"""A daemon that is missing, comes, goes and is shared; containers that die in mid-run."""

import asyncio
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from assay.errors import SandboxLost, SandboxUnavailable

from sandbox.containers.owner import DEADLINE, MARK, OWNER, machine
from sandbox.outcome import Outcome
from tests.sandbox.suite import SLEEP, Suite, docker, program, until

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]


async def test_lost_sandbox_is_replaced_once() -> None:
    """A sandbox that dies in mid-run is replaced and the program run again; when that dies too, the call says so."""
    async with Suite(pool_size=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        await until(lambda: suite.backend.ready_count("python") == 1, 20)

        async def kill_running(times: int) -> None:
            for _ in range(times):
                await asyncio.sleep(1.0)
                for container in filter(_is_busy, suite.running()):
                    docker("kill", container)

        quick = "import time; time.sleep(1.6); print('through')"
        call = asyncio.create_task(suite.executor.execute(program(quick), {}))
        await kill_running(1)
        result = await call
        assert (result.outcome, result.stdout.content) == (Outcome.OK, b"through\n")
        call = asyncio.create_task(suite.executor.execute(program(SLEEP), {}))
        with pytest.raises(SandboxLost):
            await asyncio.gather(call, kill_running(4))


def _is_busy(container: str) -> bool:
    # A waiting interpreter's socket is its descriptor 3; one that runs a program has none but the streams.
    try:
        processes = docker("top", container, "-eo", "pid,args").splitlines()[1:]
        pids = [line.split()[0] for line in processes if "boot.py" in line]
        return any(len(os.listdir(f"/proc/{pid}/fd")) == 3 for pid in pids)
    except (subprocess.CalledProcessError, OSError):
        return False


async def test_no_daemon() -> None:
    """Without a daemon the service starts, says what is missing, and is ready as soon as there is one."""
    async with Suite(docker_url="unix:///nonexistent/docker.sock") as suite:
        with pytest.raises(SandboxUnavailable, match="scripts/docker-up"):
            await suite.outcome("print(1)")


@pytest.mark.slow
async def test_daemon_comes_and_goes() -> None:
    """A daemon that appears is used without a restart, and one that goes in mid-run is told as such."""
    path = Path("/tmp") / f"assay-{os.getpid()}.sock"
    async with Suite(docker_url=f"unix://{path}", pool_size=1) as suite:
        with pytest.raises(SandboxUnavailable):
            await suite.outcome("print(1)")
        door = Door(path)
        await door.open()
        await asyncio.sleep(1.1)
        assert await suite.outcome("print(1)") is Outcome.OK
        call = asyncio.create_task(suite.outcome(SLEEP))
        await asyncio.sleep(1.0)
        await door.close()
        with pytest.raises((SandboxUnavailable, SandboxLost)):
            await call
        await door.open()
        await asyncio.sleep(1.1)
        assert await suite.outcome("print(1)") is Outcome.OK
        await until(lambda: len(suite.running()) <= 2, 30)
    await door.close()
    assert suite.running() == []


class Door:
    """A socket before the real daemon's, which can be shut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Let calls through."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def close(self) -> None:
        """Cut every connection, and refuse new ones."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection("/var/run/docker.sock")
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()


async def test_missing_image() -> None:
    """A missing image is told by the script that builds it."""
    async with Suite(pool_size=1) as suite:
        maker = suite.backend._makers["python"]
        maker._language = replace(maker._language, image="assay-sandbox-python:none")
        with pytest.raises(SandboxUnavailable, match="scripts/sandbox-image python"):
            await suite.outcome("print(1)")


async def test_others_containers_are_left_alone() -> None:
    """Starting and sweeping removes leftovers of dead owners, and nothing that a live service or anyone else owns."""
    image = docker("images", "-q", "debian:trixie-slim")
    dead = f"{machine()}.999999999.1.x"
    alive = f"{machine()}.{os.getpid()}.{own_birth()}.x"
    elsewhere = "somewhere.1.1.x"
    future, past = str(int(time.time()) + 900), str(int(time.time()) - 5)
    made = {
        "dead owner": ({MARK: "1", OWNER: dead, DEADLINE: future}, True),
        "deadline passed": ({MARK: "1", OWNER: elsewhere, DEADLINE: past}, True),
        "live owner": ({MARK: "1", OWNER: alive, DEADLINE: future}, False),
        "owner elsewhere": ({MARK: "1", OWNER: elsewhere, DEADLINE: future}, False),
        "somebody's": ({"com.example": "x"}, False),
    }
    ids = {}
    try:
        for name, (labels, _) in made.items():
            flags = [flag for key, value in labels.items() for flag in ("--label", f"{key}={value}")]
            ids[name] = docker("run", "-d", "--network", "none", *flags, image, "sleep", "120")
        async with Suite(pool_size=1) as suite, Suite(pool_size=1) as other:
            assert await suite.outcome("print(1)") is Outcome.OK
            assert await other.outcome("print(1)") is Outcome.OK
            await until(lambda: suite.backend.ready_count("python") == other.backend.ready_count("python") == 1, 20)
            await suite.backend._remover.sweep()
            await until(lambda: not (left(ids) & {name for name, (_, gone) in made.items() if gone}), 15)
            assert left(ids) == {name for name, (_, gone) in made.items() if not gone}
            assert suite.backend.ready_count("python") == other.backend.ready_count("python") == 1
            assert await other.outcome("print(1)") is Outcome.OK
    finally:
        for identity in ids.values():
            subprocess.run(["docker", "rm", "-f", identity], capture_output=True, timeout=60, check=False)


def own_birth() -> str:
    """Return when this process began, as the kernel counts."""
    return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]


def left(ids: dict[str, str]) -> set[str]:
    """Return the names of those containers that are still there."""
    there = set(docker("ps", "-aq", "--no-trunc").split())
    return {name for name, identity in ids.items() if identity in there}
