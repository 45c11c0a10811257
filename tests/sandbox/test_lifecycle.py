"""Containers come and go with the service: cancelled calls, killed services, lost sandboxes, full queues."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from assay.errors import QueueFull, SandboxLost, SandboxUnavailable, ShuttingDown
from assay.stage import SourceFile

from host.settings import SandboxSettings
from sandbox.admission import Admission
from sandbox.containers.backend import Backend
from sandbox.containers.container import Container
from sandbox.containers.owner import DEADLINE, MARK, OWNER, machine
from sandbox.executor import Executor
from sandbox.limits import Limits
from sandbox.outcome import Outcome
from sandbox.program import Program
from sandbox.service import open_backend

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]

SLEEP = "import time; print('up', flush=True); time.sleep(60)"


def docker(*arguments: str) -> str:
    """Run a docker command and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def containers(label: str) -> list[str]:
    """Return the ids of all containers with a label, in whatever state."""
    return docker("ps", "-aq", "--filter", f"label={label}").split()


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


class Suite:
    """A backend and its executor, as the service composes them."""

    def __init__(self, **changes: object) -> None:
        settings = SandboxSettings(**changes)  # type: ignore[arg-type]
        defaults = Limits(**settings.default_limits.model_dump())
        maxima = Limits(**settings.max_limits.model_dump())
        self.backend: Backend = open_backend(settings, defaults, maxima)
        admission = Admission(settings.max_concurrent_runs, settings.queue_size)
        self.executor: Executor[Container] = Executor(self.backend, self.backend.languages, admission, defaults, maxima)

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


async def test_cancelled_call_ends_the_container() -> None:
    """A cancelled call's container is gone within two seconds, also where the program floods the machine."""
    async with Suite(pool_size=1, refill_concurrency=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        for text in (SLEEP, "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"):
            await until(lambda: suite.backend.ready_count("python") == 1, 20)
            victim = suite.running()
            call = asyncio.create_task(suite.executor.execute(program(text), {}))
            await asyncio.sleep(1.0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await until(lambda: not set(suite.running()) & set(victim), 2.0) < 2.0  # noqa: B023


async def test_stop_leaves_nothing() -> None:
    """A stopped backend has removed every container, those in the making included."""
    suite = Suite(pool_size=3)
    async with suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        assert suite.running()
    assert suite.running() == []


SERVICE = textwrap.dedent("""
    import asyncio, sys
    sys.path.insert(0, sys.argv[1])
    from test_lifecycle import SLEEP, Suite, program

    async def main():
        async with Suite(pool_size=2) as suite:
            await suite.outcome("print(1)")
            print(suite.backend.owner_label, flush=True)
            await suite.executor.execute(program(SLEEP), {})

    asyncio.run(main())
    """)


async def test_killed_service_leaves_nothing() -> None:
    """After SIGKILL of a service in mid-run, no container of it is left within fifteen seconds."""
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVICE,
        str(Path(__file__).parent),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert service.stdout is not None
    label = ""
    while not label.startswith(OWNER):
        label = (await asyncio.wait_for(service.stdout.readline(), 60)).decode().strip()
    await until(lambda: len(containers(label)) >= 2, 20)
    await asyncio.sleep(0.7)
    service.send_signal(signal.SIGKILL)
    await service.wait()
    assert await until(lambda: not containers(label), 15) < 15


async def test_killed_service_leaves_no_created_container() -> None:
    """A service that is killed between creating and starting a container leaves that behind for seconds only."""
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE, str(Path(__file__).parent)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert service.stdout is not None
    label = ""
    while not label.startswith(OWNER):
        label = (await asyncio.wait_for(service.stdout.readline(), 60)).decode().strip()
    created = docker("create", "--label", label, "--network", "none", "debian:trixie-slim", "sleep", "60")
    service.send_signal(signal.SIGKILL)
    await service.wait()
    assert created[:12] in containers(label)
    assert await until(lambda: not containers(label), 15) < 15


async def test_frozen_service_is_outlived_by_no_container() -> None:
    """The runner ends itself at the end of its life, though the service holds the connection."""
    from dataclasses import replace

    suite = Suite(pool_size=1)
    maker = suite.backend._makers["python"]
    maker._isolation = replace(maker._isolation, life_seconds=2.0)
    suite.backend._events.open()
    container = await maker.make(suite.backend._size)
    assert container.usable(60)
    await until(lambda: not suite.running(), 15)
    assert not container.usable(60)
    await suite.backend.close()


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


async def test_queue_is_bounded_and_in_order() -> None:
    """Callers wait in order; one too many is turned away at once and told when to come back."""
    async with Suite(pool_size=1, max_concurrent_runs=1, queue_size=2) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        order: list[int] = []

        async def call(number: int) -> None:
            await suite.outcome("import time; time.sleep(0.3)")
            order.append(number)

        tasks = [asyncio.create_task(call(number)) for number in range(3)]
        await asyncio.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(QueueFull) as caught:
            await suite.outcome("print(1)")
        assert time.monotonic() - started < 0.2
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 0
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2]


async def test_others_containers_are_left_alone() -> None:
    """Starting and sweeping removes leftovers of dead owners, and nothing that a live service or anyone else owns."""
    image = docker("images", "-q", "debian:trixie-slim")
    dead = f"{machine()}.999999999.1.x"
    alive = f"{machine()}.{os.getpid()}.{psutil_born()}.x"
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


def psutil_born() -> str:
    """Return when this process began, as the kernel counts."""
    return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]


def left(ids: dict[str, str]) -> set[str]:
    """Return the names of those containers that are still there."""
    there = set(docker("ps", "-aq", "--no-trunc").split())
    return {name for name, identity in ids.items() if identity in there}


async def test_no_daemon() -> None:
    """Without a daemon the service starts, says what is missing, and is ready as soon as there is one."""
    async with Suite(docker_url="unix:///nonexistent/docker.sock") as suite:
        with pytest.raises(SandboxUnavailable, match="scripts/docker-up"):
            await suite.outcome("print(1)")


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
        from dataclasses import replace

        maker = suite.backend._makers["python"]
        maker._language = replace(maker._language, image="assay-sandbox-python:none")
        with pytest.raises(SandboxUnavailable, match="scripts/sandbox-image python"):
            await suite.outcome("print(1)")


async def test_claim_after_stop() -> None:
    """A backend that is stopping takes no more work."""
    suite = Suite(pool_size=1)
    async with suite:
        pass
    with pytest.raises(ShuttingDown):
        await suite.outcome("print(1)")


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_500_runs_grow_nothing() -> None:
    """After five hundred runs there are no more containers, descriptors or threads than after ten."""
    process = psutil.Process()
    async with Suite(pool_size=4, max_concurrent_runs=4) as suite:
        sizes: list[tuple[int, int]] = []
        for count in (10, 490):
            for start in range(0, count, 10):
                batch = [suite.outcome("print(1)") for _ in range(min(10, count - start))]
                assert set(await asyncio.gather(*batch)) == {Outcome.OK}
            await until(lambda: suite.backend.ready_count("python") == 4 and len(suite.running()) == 4, 60)
            sizes.append((process.num_fds(), process.num_threads()))
        assert sizes[1][0] <= sizes[0][0] + 5
        assert sizes[1][1] <= sizes[0][1] + 5
        assert len(suite.backend._events._evidence) == 4
        assert len(suite.backend._remover.known) == 4
