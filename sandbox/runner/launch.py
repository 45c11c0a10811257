"""The program's process: started with the step, by an interpreter that waited for it, or as a copy of a template."""

import _socket
import contextlib
import os
import select
import signal
import struct

from .orders import Setup, Step
from .privileges import limit_files, pipe_of_program, reset_signals, wait_in_line
from .processes import WORK, _arrange, spawn, wait_for

BOOT = "/opt/assay/runner/boot.py"
READY_SECONDS = 20.0


class Started:
    """
    A process of the program with the runner's ends of its three streams.

    :param status: Where its wait status is told, if it is not a child of process 1.
    """

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int, status: int = -1) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.status = status

    def close(self) -> None:
        """Close what is open of it."""
        for descriptor in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Streams:
    """The three pipes of a program, both ends."""

    def __init__(self) -> None:
        pipes = [pipe_of_program() for _ in range(3)]
        (self.stdin, self._in), (self._out, self.stdout), (self._err, self.stderr) = pipes

    def theirs(self) -> tuple[int, int, int]:
        """Return the program's ends."""
        return self.stdin, self.stdout, self.stderr

    def started(self, pid: int, status: int = -1) -> Started:
        """Keep the runner's ends alone, for a program that runs."""
        self._close(self.theirs())
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        return Started(pid, self._in, self._out, self._err, status)

    def close(self) -> None:
        """Close everything: the program did not start."""
        self._close((*self.theirs(), self._in, self._out, self._err))

    def _close(self, descriptors: tuple[int, ...]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)


def start(setup: Setup, command: list[str], environment: dict[str, str], open_files: int, extra: int = -1) -> Started:
    """
    Start a command as the program; ``extra`` becomes its descriptor 3.

    :raises NotStarted: It cannot be executed.
    """
    streams = Streams()
    keep = dict(enumerate(streams.theirs()))
    if extra >= 0:
        keep[3] = extra
    try:
        pid = spawn(command, environment, open_files, setup.file_bytes, keep)
    except BaseException:
        streams.close()
        raise
    return streams.started(pid)


def message(step: Step) -> bytes:
    """Return what an interpreter is told of its program."""
    variables = [part for pair in step.environment.items() for part in pair]
    parts = [step.entry, str(len(step.arguments)), *step.arguments, *variables]
    return b"\0".join(part.encode("utf-8", "surrogateescape") for part in parts)


class Prestarted:
    """An interpreter that has finished its own start-up and knows nothing of any program yet."""

    def __init__(self, setup: Setup) -> None:
        self._ours, theirs = _socket.socketpair()
        try:
            command = [*setup.interpreter, BOOT]
            self._process = start(setup, command, setup.environment, setup.open_files, extra=theirs.fileno())
        finally:
            theirs.close()

    def wait_ready(self) -> None:
        """Wait until the interpreter is up."""
        _wait_ready(self._ours)

    def launch(self, step: Step) -> Started:
        """Tell the interpreter what to run."""
        self._ours.sendall(message(step))
        self._ours.close()
        return self._process

    def discard(self) -> None:
        """End the interpreter: it is not needed."""
        self._ours.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)
        wait_for(self._process.pid, 5.0)
        self._process.close()


class Template:
    """
    An interpreter of process 1's user that hands out copies of itself, see ``template.py``.

    :raises PermissionError: It could see the work directory, which holds code that an interpreter runs as it starts.
    """

    def __init__(self, setup: Setup) -> None:
        if os.access(WORK, os.R_OK) or os.access(WORK, os.X_OK):
            raise PermissionError("the work directory is open to process 1")
        self._ours, theirs = _socket.socketpair()
        command = [*setup.interpreter, BOOT]
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                reset_signals()
                # What an interpreter decides of its streams while it starts follows from their being pipes.
                read_end, write_end = os.pipe()
                _arrange({0: read_end, 1: write_end, 2: write_end, 3: theirs.fileno()}, -1)
                wait_in_line()
                limit_files(setup.open_files, setup.file_bytes)
                os.execve(command[0], command, setup.environment)  # noqa: S606 - no shell is wanted
            finally:
                os._exit(125)
        theirs.close()
        try:
            _wait_ready(self._ours)
        except BaseException:
            self.close()
            raise

    def launch(self, step: Step) -> Started:
        """Have a copy made, and tell it what to run."""
        streams = Streams()
        told = message(step)
        descriptors = struct.pack("@3i", *streams.theirs())
        self._ours.sendmsg([struct.pack(">I", len(told))], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
        self._ours.sendall(told)
        pid = self._number()
        return streams.started(pid, self._ours.fileno())

    def status(self) -> int | None:
        """Return the wait status of the copy that was made last; None where the template itself is gone."""
        try:
            return self._number()
        except (EOFError, OSError):
            return None

    def close(self) -> None:
        """End it."""
        self._ours.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            wait_for(self.pid, 5.0)

    def _number(self) -> int:
        self._ours.settimeout(READY_SECONDS)
        received = b""
        while len(received) < 4:
            piece = self._ours.recv(4 - len(received))
            if not piece:
                raise EOFError("the template ended")
            received += piece
        return int.from_bytes(received, "big")


def _wait_ready(ours: _socket.socket) -> None:
    if not select.select([ours], [], [], READY_SECONDS)[0] or ours.recv(1) != b"r":
        raise RuntimeError("the interpreter did not start")


def execute(setup: Setup, step: Step) -> Started:
    """
    Start a step's command by itself.

    :raises NotStarted: It cannot be executed.
    """
    command = [*step.command, *step.arguments]
    return start(setup, command, setup.environment | step.environment, step.open_files)
