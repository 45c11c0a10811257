"""What one would use instead of the service: ``docker run``, ``docker exec``, bubblewrap, and a bare interpreter."""

import asyncio
import contextlib
import json
import math
import shutil
import subprocess
import tempfile
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.sandbox_throughput_process import Finished, judged, run_bounded
from host.settings import SandboxSettings
from sandbox import sizing
from sandbox.containers.spec import SECCOMP, Isolation, config
from sandbox.image import IMAGES
from sandbox.language import load
from sandbox.limits import Limits
from sandbox.sizing import Size
from tests.corpus.sandbox_cases import Case
from tests.corpus.sandbox_expectations import Observed

PYTHON = load(IMAGES / "python")
INTERPRETER = "/usr/bin/python3"
USER = 10001
START_SECONDS = 2.0
"""What a tool gets to start, besides the wall time of the program: from outside the two cannot be told apart."""

DOCKER_SECONDS = 60
LABEL = "assay.benchmark=throughput"

BOOT = """
import binascii, json, os
def read(count):
    data = b""
    while len(data) < count:
        data += os.read(0, count - len(data))
    return data
order = json.loads(read(int.from_bytes(read(8), "big")))
for path, content, executable in order["files"]:
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(binascii.a2b_base64(content))
    if executable:
        os.chmod(path, 0o755)
os.execve("/usr/bin/python3", ["/usr/bin/python3", *order["arguments"]], order["environment"])
"""
"""Brings files into a sandbox that can be reached by standard input alone, and becomes the program."""


class Backend(Protocol):
    """
    A way to run a program.

    :param lacks: What of the service's limits and isolation it does not enforce.
    """

    name: str
    lacks: str

    async def run(self, case: Case, slot: int) -> Observed:
        """Run a case; of those that run at one time each has another slot."""

    def inexpressible(self, case: Case) -> str:
        """Return why a case cannot be told to it, or nothing."""


def limits_of(case: Case) -> Limits:
    """Return the limits that the service would apply."""
    asked: dict[str, Any] = SandboxSettings().default_limits.model_dump() | case.limits
    disk = sizing.applied_disk(asked["disk_bytes"], int(asked["memory_bytes"]), asked=False)
    return Limits(**(asked | {"disk_bytes": disk}))


def cpu_bounds(limits: Limits) -> tuple[int, int]:
    """Return whole seconds of CPU time for a process: at the first SIGXCPU tells of it, at the second it is killed."""
    seconds = math.ceil(limits.cpu_seconds)
    return seconds, seconds + 1


def has_no_words_for(case: Case) -> str:
    """Return what a case asks for that no tool but the service has a notion of, or nothing."""
    expect = case.expect
    if case.artifact_globs or expect.artifacts is not None or expect.artifacts_omitted is not None:
        return "artifacts"
    if expect.stdout_truncated or expect.stderr_truncated:
        return "the head and the tail of an output"
    return ""


def sole(case: Case) -> str:
    """Return the text of a program that is all that its case has."""
    ((_, content, _),) = case.all_files()
    return content.decode()


def order(case: Case) -> bytes:
    """Return what BOOT reads, and the program after it."""
    environment = dict(PYTHON.environment) | case.environment
    files = [(path, b64encode(content).decode(), executable) for path, content, executable in case.all_files()]
    body = {"files": files, "arguments": [case.entry(), *case.arguments], "environment": environment}
    text = json.dumps(body).encode()
    return len(text).to_bytes(8, "big") + text + case.stdin_bytes()


def docker(*arguments: str, seconds: float = DOCKER_SECONDS) -> str:
    """Run a docker command and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=True)
    return done.stdout.strip()


def docker_flags(limits: Limits) -> list[str]:
    """Return the flags of ``docker run`` for the isolation that the service's containers have, by its own spec."""
    settings = SandboxSettings()
    size = Size(limits.memory_bytes, limits.processes, limits.disk_bytes)
    isolation = Isolation(settings.runtime, settings.cpus, limits.open_files, limits.open_files, 600.0)
    host = config(PYTHON, size, isolation, {})["HostConfig"]
    tmpfs = [flag for path, options in host["Tmpfs"].items() for flag in ("--tmpfs", f"{path}:{options}")]
    ulimits = [f"--ulimit={item['Name']}={item['Soft']}:{item['Hard']}" for item in host["Ulimits"]]
    return [
        *("--label", LABEL, "--user", f"{USER}:{USER}", "--workdir", "/work", "--hostname", "sandbox"),
        *("--network", host["NetworkMode"], "--ipc", host["IpcMode"], "--read-only", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges", "--security-opt", f"seccomp={SECCOMP}"),
        *("--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes)),
        *("--pids-limit", str(limits.processes), "--cpus", str(settings.cpus)),
        *("--oom-score-adj", str(host["OomScoreAdj"]), "--log-driver", host["LogConfig"]["Type"], *tmpfs, *ulimits),
        f"--ulimit=cpu={cpu_bounds(limits)[0]}:{cpu_bounds(limits)[1]}",
        *(flag for key, value in PYTHON.environment.items() for flag in ("--env", f"{key}={value}")),
    ]


@dataclass
class DockerRun:
    """
    A loop of ``docker run --rm`` with the service's image and flags.

    :param whole: Bring files and more by standard input; else only the text of the program, which is faster.
    """

    whole: bool = False
    name: str = "`docker run --rm`"
    lacks: str = "CPU time of all processes together (of each: yes)"

    async def run(self, case: Case, slot: int) -> Observed:
        """Run a case in a container of its own."""
        name = f"assay-benchmark-{uuid.uuid4().hex[:16]}"
        limits = limits_of(case)
        # As process 1 a program would be deaf to its own signals; where only speed counts nothing more is started.
        more = ["-i", "--init"] if self.whole else ["-i"] if case.stdin_bytes() else []
        finished = await run_bounded(
            [
                *("docker", "run", "--rm", "--pull", "never", "--name", name, *more, *docker_flags(limits)),
                *("--entrypoint", INTERPRETER, PYTHON.image),
                *(("-I", "-S", "-c", BOOT) if self.whole else ("-c", sole(case))),
            ],
            order(case) if self.whole else case.stdin_bytes(),
            seconds=limits.wall_seconds + START_SECONDS,
            most_bytes=limits.output_hard_bytes,
        )
        if finished.timed_out or finished.flooded:
            await run_bounded(["docker", "rm", "-f", name], seconds=DOCKER_SECONDS, most_bytes=PIECE_OF_TALK)
        return judged(finished, memory_kills=True)

    def inexpressible(self, case: Case) -> str:
        """Return why a case cannot be told to it."""
        return has_no_words_for(case)


PIECE_OF_TALK = 1 << 20


class DockerExec:
    """
    ``docker exec`` into a container that stands; one container for each client, not cleaned between runs.

    :param whole: As with :class:`DockerRun`.
    """

    name = "`docker exec`, standing container"
    lacks = "nothing between runs is cleaned; limits are the container's, not the run's; what a run leaves goes on"

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._standing: dict[int, str] = {}

    def open(self, slots: int) -> None:
        """Start the containers."""
        for slot in range(slots):
            self._start(slot)

    def close(self) -> None:
        """Remove the containers."""
        if self._standing:
            docker("rm", "-f", *self._standing.values())
        self._standing.clear()

    def _start(self, slot: int) -> None:
        defaults = Limits(**SandboxSettings().default_limits.model_dump())
        disk = sizing.applied_disk(defaults.disk_bytes, defaults.memory_bytes, asked=False)
        flags = docker_flags(Limits(**(SandboxSettings().default_limits.model_dump() | {"disk_bytes": disk})))
        sleep = "import signal; signal.pause()"
        command = [
            "run",
            "-d",
            "--init",
            "--pull",
            "never",
            *flags,
            "--entrypoint",
            INTERPRETER,
            PYTHON.image,
            "-S",
            "-c",
            sleep,
        ]
        self._standing[slot] = docker(*command)

    async def run(self, case: Case, slot: int) -> Observed:
        """Run a case in the container of a slot; after one that did not end by itself there is a new container."""
        if slot not in self._standing:
            await asyncio.to_thread(self._start, slot)
        container = self._standing[slot]
        limits = limits_of(case)
        finished = await run_bounded(
            [
                *("docker", "exec", *(["-i"] if self._whole or case.stdin_bytes() else []), container, INTERPRETER),
                *(("-I", "-S", "-c", BOOT) if self._whole else ("-c", sole(case))),
            ],
            order(case) if self._whole else case.stdin_bytes(),
            seconds=limits.wall_seconds + START_SECONDS,
            most_bytes=limits.output_hard_bytes,
        )
        if finished.timed_out or finished.flooded or (self._whole and not await self._stands(container)):
            del self._standing[slot]
            await run_bounded(["docker", "rm", "-f", container], seconds=DOCKER_SECONDS, most_bytes=PIECE_OF_TALK)
        return judged(finished, memory_kills=True)

    async def _stands(self, container: str) -> bool:
        look = ["docker", "inspect", "-f", "{{.State.Running}}", container]
        return (await run_bounded(look, seconds=DOCKER_SECONDS, most_bytes=PIECE_OF_TALK)).stdout.strip() == b"true"

    def inexpressible(self, case: Case) -> str:
        """Return why a case cannot be told to it."""
        own = {"memory_bytes", "processes", "open_files", "disk_bytes", "cpu_seconds"} & set(case.limits)
        return has_no_words_for(case) or ("limits of a run" if own else "")


class Bubblewrap:
    """
    Bubblewrap over the service's image, as a user without rights: every namespace, resource limits, a tmpfs of a size.

    :param root: The files of the image.
    :param group: A control group that keeps the machine alive where programs use all that the limits leave them.
    """

    name = "bubblewrap"
    lacks = "memory of all together (address space of each), CPU time of all together, one processor, seccomp profile"
    FIRST_USER = 30_000

    def __init__(self, root: Path, *, whole: bool = False, group: Path | None = None) -> None:
        self._root = root
        self._whole = whole
        join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
        self._join = ["sh", "-c", join, str(group)] if group else []

    async def run(self, case: Case, slot: int) -> Observed:
        """Run a case; each slot has a user of its own, since the kernel counts processes by user."""
        limits = limits_of(case)
        user = str(self.FIRST_USER + slot)
        room = sizing.mounts(limits.disk_bytes)
        # The two processes of bubblewrap itself count too.
        bounds = {"as": limits.memory_bytes, "nproc": limits.processes + 2, "nofile": limits.open_files}
        bounds |= {"fsize": limits.disk_bytes, "core": 0, "memlock": 65_536}
        environment = dict(PYTHON.environment)
        finished = await run_bounded(
            [
                *self._join,
                *("prlimit", *(f"--{name}={value}:{value}" for name, value in bounds.items())),
                "--cpu={}:{}".format(*cpu_bounds(limits)),
                *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"),
                *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--hostname", "sandbox"),
                *("--uid", str(USER), "--gid", str(USER), "--ro-bind", str(self._root), "/"),
                *("--dev", "/dev", "--proc", "/proc", "--size", str(room.work_bytes), "--tmpfs", "/work"),
                *("--size", str(room.temporary_bytes), "--tmpfs", "/tmp", "--chdir", "/work", "--clearenv"),
                *(word for key, value in environment.items() for word in ("--setenv", key, value)),
                *("--", INTERPRETER, *(("-I", "-S", "-c", BOOT) if self._whole else ("-c", sole(case)))),
            ],
            order(case) if self._whole else case.stdin_bytes(),
            seconds=limits.wall_seconds + START_SECONDS,
            most_bytes=limits.output_hard_bytes,
        )
        return judged(finished, memory_kills=False)

    def inexpressible(self, case: Case) -> str:
        """Return why a case cannot be told to it."""
        return has_no_words_for(case)


class Bare:
    """
    The image's interpreter as a child process, by chroot: the least that any start of Python costs. No sandbox.

    :param root: The files of the image.
    """

    name = "bare interpreter"
    lacks = "everything: it is no sandbox"

    def __init__(self, root: Path) -> None:
        self._root = root

    async def run(self, case: Case, slot: int) -> Observed:
        """Run a program that is known to be harmless."""
        limits = limits_of(case)
        command = [
            "chroot",
            f"--userspec={Bubblewrap.FIRST_USER}:{Bubblewrap.FIRST_USER}",
            str(self._root),
            INTERPRETER,
            "-c",
            sole(case),
        ]
        finished: Finished = await run_bounded(
            command, case.stdin_bytes(), seconds=limits.wall_seconds, most_bytes=limits.output_hard_bytes
        )
        return judged(finished, memory_kills=False)

    def inexpressible(self, case: Case) -> str:
        """Refuse: hostile programs are not run without a sandbox."""
        return "no sandbox"


@contextmanager
def memory_group(limit_bytes: int) -> Iterator[Path | None]:
    """Give a control group with a bound on memory, or None where this user or cgroup version 2 has none to give."""
    group = Path("/sys/fs/cgroup/memory") / f"assay-benchmark-{uuid.uuid4().hex[:8]}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
    except OSError:
        yield None
        return
    try:
        yield group
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()


@contextmanager
def image_root() -> Iterator[Path]:
    """Give the files of the Python image in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="assay-root-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        container = docker("create", "--label", LABEL, PYTHON.image)
        try:
            with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
                subprocess.run(
                    ["tar", "-x", "-C", str(folder)], stdin=export.stdout, timeout=DOCKER_SECONDS, check=True
                )
        finally:
            docker("rm", "-f", container)
        for name in ("work", "tmp", "proc", "dev"):
            (folder / name).mkdir(exist_ok=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
