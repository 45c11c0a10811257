"""Starting processes of the program's user, and ending every process there is."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from .privileges import become_program, reset_signals

WORK = "/work"


def fork_as_program(body: Callable[[], None], open_files: int, file_bytes: int, keep: dict[int, int]) -> int:
    """
    Run a function in a child of the program's user; return its pid.

    :param keep: The descriptors that the child gets: the number there, by the number here. All others are closed.
    """
    pid = os.fork()
    if pid == 0:
        _child(body, open_files, file_bytes, keep)
    return pid


def _child(body: Callable[[], None], open_files: int, file_bytes: int, keep: dict[int, int]) -> NoReturn:
    status = 125
    try:
        os.setsid()
        reset_signals()
        # Before the limits: what process 1 has open may be more than the program may have.
        _arrange(keep)
        become_program(open_files, file_bytes)
        os.umask(0o022)
        os.chdir(WORK)
        body()
        status = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the child must not go on as a second runner
        with contextlib.suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace")[:1000])
    os._exit(status)


def _arrange(keep: dict[int, int]) -> None:
    # Copied out of the way first: a target may be another's source.
    copies = {target: os.dup(source) for target, source in keep.items()}
    spare = max(copies.values(), default=2) + 1
    copies = {target: _dup_above(copy, spare) for target, copy in copies.items()}
    for target, copy in copies.items():
        os.dup2(copy, target, inheritable=True)
    os.closerange(max(keep, default=-1) + 1, spare + 256)


def _dup_above(descriptor: int, minimum: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, minimum)


def execute(command: list[str], environment: dict[str, str]) -> Callable[[], None]:
    """Return a child's body that becomes a command."""

    def body() -> None:
        os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted

    return body


def end_everything(reaped: Callable[[int, int], None], seconds: float = 10.0) -> bool:
    """
    Kill every process but this one until none is left; return whether that came about in time.

    :param reaped: Told the pid and wait status of each.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        if not reap(reaped):
            return True
        time.sleep(0.001)
    return False


def reap(reaped: Callable[[int, int], None]) -> bool:
    """Collect every dead child; return whether children are left."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        reaped(pid, status)


def wait_for(pid: int, seconds: float) -> int | None:
    """Return the wait status of a child, or None where it did not end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == pid:
            return status
        time.sleep(0.0005)
    return None


def say(text: str) -> None:
    """Leave a line in the container's own error stream, which the service keeps a little of."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text[:2000] + "\n")
        sys.stderr.flush()
