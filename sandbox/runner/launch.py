"""The program's process: an interpreter that waits for its program, or one that is started with it."""

import contextlib
import fnmatch
import os
import select
import signal
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from .job import Job, Setup
from .processes import execute, fork_as_program, wait_for

BOOT = "/opt/assay/runner/boot.py"
READY_SECONDS = 20.0


@dataclass
class Started:
    """A process of the program with the runner's ends of its three streams."""

    pid: int
    stdin: int
    stdout: int
    stderr: int


def start(setup: Setup, command: list[str], environment: dict[str, str], open_files: int, extra: int = -1) -> Started:
    """Start a command as the program; ``extra`` becomes its descriptor 3."""
    stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
    keep = {0: stdin[0], 1: stdout[1], 2: stderr[1]}
    if extra >= 0:
        keep[3] = extra
    pid = fork_as_program(execute(command, environment), open_files, setup.file_bytes, keep)
    for descriptor in (stdin[0], stdout[1], stderr[1]):
        os.close(descriptor)
    for descriptor in (stdin[1], stdout[0], stderr[0]):
        os.set_blocking(descriptor, False)
    return Started(pid, stdin[1], stdout[0], stderr[0])


def _any(names: Iterable[str], patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


class Prestarted:
    """An interpreter that has finished its own start-up and knows nothing of any job yet."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._ours, theirs = socket.socketpair()
        try:
            self._process = start(
                setup, [*setup.command, BOOT], setup.environment, setup.open_files, extra=theirs.fileno()
            )
        finally:
            theirs.close()

    def wait_ready(self) -> None:
        """Wait until the interpreter is up."""
        if not select.select([self._ours], [], [], READY_SECONDS)[0] or self._ours.recv(1) != b"r":
            raise RuntimeError("the interpreter did not start")

    def suits(self, job: Job) -> bool:
        """Tell whether the job would find nothing different from an interpreter that was started with it."""
        setup = self._setup
        return (
            job.entry_point.endswith(setup.prestart_suffix)
            and job.open_files == setup.open_files
            and not _any(job.environment, setup.startup_environment)
            and not _any((file.path for file in job.files), setup.startup_files)
        )

    def hand_over(self, job: Job) -> Started:
        """Tell the interpreter what to run."""
        variables = [part for pair in job.environment.items() for part in pair]
        parts = [job.entry_point, str(len(job.arguments)), *job.arguments, *variables]
        self._ours.sendall(b"\0".join(part.encode("utf-8", "surrogateescape") for part in parts))
        self._ours.close()
        return self._process

    def discard(self) -> None:
        """End the interpreter: the job needs another."""
        self._ours.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)
        wait_for(self._process.pid, 5.0)
        for descriptor in (self._process.stdin, self._process.stdout, self._process.stderr):
            os.close(descriptor)


def launch(setup: Setup, prestarted: Prestarted | None, job: Job) -> Started:
    """Start the job's program by the fastest way that it cannot tell from a start of its own."""
    if prestarted is not None:
        if prestarted.suits(job):
            return prestarted.hand_over(job)
        prestarted.discard()
    command = [*setup.command, job.entry_point, *job.arguments]
    return start(setup, command, setup.environment | job.environment, job.open_files)
