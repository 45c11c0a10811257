"""Starting processes of the program's user, and ending every process there is."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import time
from collections.abc import Callable

from .privileges import become_killer, become_program, reset_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Loading the module of types takes longer than all that it would be used for here.
    from typing import NoReturn

WORK = "/work"
SPAWN_SECONDS = 10.0
KILL_PASSES = 20
WAIT_SECONDS = 0.0005
"""Between two looks at a child that is waited for; the first come sooner, as most children take a millisecond."""


class NotStarted(Exception):
    """
    A command could not become a process.

    :param number: The error number of execve(2).
    """

    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.number = number


def fork_as_program(
    body: Callable[[], None],
    open_files: int,
    file_bytes: int,
    keep: dict[int, int],
    status: int = -1,
    *,
    folder: str = WORK,
) -> int:
    """
    Run a function in a child of the program's user; return its pid.

    :param keep: The descriptors that the child gets: the number there, by the number here. All others are closed.
    :param status: A pipe's end that closes where the child becomes another program, and else is told why not.
    :param folder: Where the child is; the program may have shut the work directory.
    """
    pid = os.fork()
    if pid == 0:
        _child(body, (open_files, file_bytes), keep, status, folder)
    return pid


def _child(
    body: Callable[[], None], limits: tuple[int, int], keep: dict[int, int], status: int, folder: str
) -> NoReturn:
    code = 125
    try:
        os.setsid()
        reset_signals()
        # Before the limits: what process 1 has open may be more than the program may have.
        status = _arrange(keep, status)
        become_program(*limits)
        os.umask(0o022)
        os.chdir(folder)
        body()
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the child must not go on as a second runner
        told = f"exec {error.number}" if isinstance(error, NotStarted) else f"{type(error).__name__}: {error}"
        with contextlib.suppress(OSError):
            os.write(status if status >= 0 else 2, f"{told}\n".encode(errors="replace")[:1000])
    os._exit(code)


def _arrange(keep: dict[int, int], status: int) -> int:
    """Give descriptors their numbers and close all others; return the number of the status pipe, just above them."""
    above = max(keep, default=-1) + 1
    # Copied out of the way first: a target may be another's source.
    copies = {target: os.dup(source) for target, source in keep.items()}
    if status >= 0:
        copies[above] = os.dup(status)
    spare = max([above, *copies.values()]) + 1
    copies = {target: fcntl.fcntl(copy, fcntl.F_DUPFD, spare) for target, copy in copies.items()}
    for target, copy in copies.items():
        os.dup2(copy, target, inheritable=target != above)
    os.closerange(above + (status >= 0), spare + 256)
    return above if status >= 0 else -1


def execute(command: list[str], environment: dict[str, str]) -> Callable[[], None]:
    """Return a child's body that becomes a command; raises :class:`NotStarted` there."""

    def body() -> None:
        try:
            os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted
        except OSError as error:
            raise NotStarted(error.errno or errno.EIO) from None

    return body


def spawn(
    command: list[str], environment: dict[str, str], open_files: int, file_bytes: int, keep: dict[int, int]
) -> int:
    """
    Start a command as the program; return its pid once it runs.

    :raises NotStarted: It cannot be executed.
    :raises OSError: The child could not be made ready for it.
    """
    told, status = os.pipe()
    try:
        pid = fork_as_program(execute(command, environment), open_files, file_bytes, keep, status)
    finally:
        os.close(status)
    with os.fdopen(told, "rb") as pipe:
        if not select.select([pipe], [], [], SPAWN_SECONDS)[0]:
            raise OSError("the child was not made ready in time")
        text = pipe.read(1000).decode(errors="replace")
    if text:
        wait_for(pid, 5.0)
        word, _, number = text.partition(" ")
        if word == "exec" and number.strip().isdecimal():
            raise NotStarted(int(number))
        raise OSError(text)
    return pid


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


def end_program(spared: int, reaped: Callable[[int, int], None]) -> bool:
    """
    Kill every process of the program's user; return whether nothing but this process and the spared one is left.

    The kill is sent by a child that may kill that user's processes alone, since one sent from here would reach the
    spared process too.
    """
    succeeded: set[int] = set()

    def note(pid: int, status: int) -> None:
        if status == 0:
            succeeded.add(pid)
        reaped(pid, status)

    for _ in range(KILL_PASSES):
        succeeded.clear()
        try:
            killer = os.fork()
        except OSError:
            # No room for a process: only killing everything helps.
            return False
        if killer == 0:
            _kill_program()
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            reap(note)
            # A list alone would not do: processes that replace each other slip through while it is read.
            if killer in succeeded and not others(spared):
                return True
            time.sleep(0.0003)
    return False


def _kill_program() -> NoReturn:
    status = 1
    try:
        become_killer()
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        status = 0
    finally:
        os._exit(status)


def others(spared: int) -> bool:
    """Tell whether there is any process but this one and the spared one."""
    return any(name.isdecimal() and int(name) not in {1, spared} for name in os.listdir("/proc"))


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
    deadline, pause = time.monotonic() + seconds, WAIT_SECONDS / 16
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == pid:
            return status
        time.sleep(pause)
        pause = min(2 * pause, WAIT_SECONDS)
    return None
