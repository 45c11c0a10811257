"""What the service costs its host: memory of an idle container, time to start, and a daemon that is restarted."""

import asyncio
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio

from benchmarks.sandbox_throughput_backends import PYTHON, docker
from benchmarks.sandbox_throughput_regimes import PRINT
from benchmarks.sandbox_throughput_service import Service, service

MIB = 1 << 20
SETTLE_SECONDS = 2.0
BACK_SECONDS = 60.0
LOAD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class IdleCost:
    """
    MiB of one idle container, on average.

    :param processes: PSS of what runs in it.
    :param shim: PSS of the shim beside it.
    :param group: What its control group counts.
    :param host: What the host's free memory became less by, everything counted: the kernel and the daemon too.
    """

    count: int
    processes: float
    shim: float
    group: float
    host: float


async def idle_cost(count: int) -> IdleCost:
    """Let a service hold so many idle containers, and divide."""
    before = _available()
    async with service(pools={"python": {"floor": count, "ceiling": count}}, max_idle=count) as own:
        await own.until_full(count)
        await asyncio.sleep(SETTLE_SECONDS)
        containers = set(own.containers())
        host = before - _available() - _pss(own.process)
        inside, shims = 0, 0
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if "shim" in words[0] and containers & set(words):
                    shims += _pss(int(folder.name))
                elif any(container in (folder / "cgroup").read_text() for container in containers):
                    inside += _pss(int(folder.name))
        group = sum(_group_bytes(container) for container in containers)
    found = len(containers)
    return IdleCost(found, *(value / found / MIB for value in (inside, shims, group, host)))


def _available() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _group_bytes(container: str) -> int:
    pid = docker("inspect", "-f", "{{.State.Pid}}", container)
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            return int(Path(f"/sys/fs/cgroup/memory{path}/memory.usage_in_bytes").read_text())
        if not controllers and (current := Path(f"/sys/fs/cgroup{path}/memory.current")).exists():
            return int(current.read_text())
    return 0


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the start of the service's process."""

    serving: float
    first_answer: float
    full_pool: float


async def start(floor: int) -> Start:
    """Start a service and see how long everything takes; its pool has this many at the least."""
    async with service() as own:
        serving = time.perf_counter() - own.started
        await _answered(own)
        first = time.perf_counter() - own.started
        return Start(serving, first, await own.until_full(floor))


async def _answered(own: Service) -> float:
    """Ask until there is a right answer; return the seconds that took."""
    began = time.perf_counter()
    while True:
        try:
            run = await own.run(PRINT, 0)
        except grpc.aio.AioRpcError:
            if time.perf_counter() - began > BACK_SECONDS:
                raise
            await asyncio.sleep(0.05)
        else:
            assert run.stdout.content == b"1\n", run
            return time.perf_counter() - began


class RestartableDaemon:
    """A dockerd with a store and a containerd of its own, in a network namespace of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/d.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def docker(self, *arguments: str) -> str:
        """Run a docker command with it."""
        return docker("--host", self.url, *arguments)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        (self._folder / "d.pid").unlink(missing_ok=True)
        with (self._folder / "log").open("ab") as log:
            # A daemon told to have no bridge removes docker0, whosever it is; in a network of its own there is none.
            self._process = subprocess.Popen(
                [
                    *("unshare", "--net", "dockerd", "--host", self.url, "--pidfile", f"{self._folder}/d.pid"),
                    *("--data-root", f"{self._folder}/g", "--exec-root", f"{self._folder}/x"),
                    *("--bridge", "none", "--iptables=false", "--ip-masq=false"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            with contextlib.suppress(subprocess.SubprocessError):
                self.docker("version")
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text(errors="replace")[-1000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as an init system does, by SIGTERM; its containers end with it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(BACK_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def load(self, image: str) -> None:
        """Copy an image of the usual daemon."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            command = ["docker", "--host", self.url, "load"]
            subprocess.run(command, stdin=save.stdout, capture_output=True, timeout=LOAD_SECONDS, check=True)


@contextmanager
def restartable_daemon() -> Iterator[RestartableDaemon]:
    """Give a daemon that has the Python image; everything of it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="d-", dir="/var/tmp"))
    daemon = RestartableDaemon(folder)
    try:
        daemon.start()
        daemon.load(PYTHON.image)
        yield daemon
    finally:
        daemon.stop()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", mount], timeout=LOAD_SECONDS, check=False)
        shutil.rmtree(folder, ignore_errors=True)


async def recoveries(times: int) -> list[float]:
    """Restart a daemon under a service; return the seconds from its first answer to the service's, each time."""
    found = []
    with restartable_daemon() as daemon:
        async with service(docker_url=daemon.url) as own:
            await _answered(own)
            for _ in range(times):
                await asyncio.to_thread(daemon.stop)
                with contextlib.suppress(grpc.aio.AioRpcError):
                    await own.run(PRINT, 0)
                await asyncio.to_thread(daemon.start)
                found.append(await _answered(own))
                await asyncio.sleep(SETTLE_SECONDS)
    return found


def middle(values: list[float]) -> float:
    """Return the median; NaN where there are none."""
    return statistics.median(values) if values else float("nan")
