"""The watch over a running program: its streams, its CPU time, its output, its end."""

import os
import select
import signal
import time

from . import frames
from .accounting import Meter
from .job import Job
from .launch import Started
from .link import Link, ServiceGone
from .output import KeptOutput
from .processes import end_everything, reap

TICK_SECONDS = 0.02
OUTBOX_BYTES = 4 * 1024 * 1024
SEND_BYTES = 64 * 1024
"""Less than this waits for the next tick: every message costs the machine more than the program's own write."""

PIECE = 256 * 1024


class Supervisor:
    """One program, from the moment it runs until nothing in the sandbox lives any more."""

    def __init__(self, link: Link, meter: Meter, job: Job, program: Started, stdin: bytearray) -> None:
        self._link = link
        self._meter = meter
        self._job = job
        self._program = program
        self._stdin = memoryview(stdin)
        self._stdin_open = True
        self._kinds = {program.stdout: frames.Kind.STDOUT, program.stderr: frames.Kind.STDERR}
        self._kept = {descriptor: KeptOutput(job.output_bytes) for descriptor in self._kinds}
        self._open = set(self._kinds)
        self._status: int | None = None
        self._ended_by = ""
        self._wakeup, wakeup_end = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(wakeup_end, False)
        signal.set_wakeup_fd(wakeup_end)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> bool:
        """Watch the program to its end, end everything else, and report; return whether nothing lives any more."""
        if not self._stdin:
            self._close_stdin()
        reap(self._reaped)
        next_sample = time.monotonic() + TICK_SECONDS
        while self._status is None and not self._ended_by:
            self._turn(max(0.0, next_sample - time.monotonic()))
            if time.monotonic() >= next_sample:
                self._sample()
                next_sample = time.monotonic() + TICK_SECONDS
        all_dead = end_everything(self._reaped)
        self._drain()
        self._report()
        return all_dead

    def _turn(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        if self._link.waiting_bytes < OUTBOX_BYTES:
            for descriptor in self._open:
                poll.register(descriptor, select.POLLIN)
        if self._link.waiting_bytes > SEND_BYTES:
            poll.register(1, select.POLLOUT)
        if self._stdin_open:
            poll.register(self._program.stdin, select.POLLOUT)
        for descriptor, event in poll.poll(seconds * 1000):
            self._handle(descriptor, event)
        if self._link.waiting_bytes > SEND_BYTES:
            self._link.write()

    def _handle(self, descriptor: int, event: int) -> None:
        if descriptor == 0:
            for kind, _ in self._link.read():
                if kind is frames.Kind.KILL:
                    self._ended_by = "service"
        elif descriptor == self._wakeup:
            os.read(self._wakeup, 4096)
            reap(self._reaped)
        elif descriptor in self._kinds:
            self._read_output(descriptor)
        elif descriptor == self._program.stdin:
            self._write_stdin()
        elif event & (select.POLLERR | select.POLLHUP):
            raise ServiceGone

    def _reaped(self, pid: int, status: int) -> None:
        if pid == self._program.pid:
            self._status = status

    def _read_output(self, descriptor: int) -> bool:
        try:
            data = os.read(descriptor, PIECE)
        except BlockingIOError:
            return False
        if not data:
            self._open.discard(descriptor)
            return False
        kept = self._kept[descriptor]
        if head := kept.add(data):
            self._link.send(frames.encode(self._kinds[descriptor], head))
        if kept.total > self._job.output_hard_bytes and not self._ended_by:
            self._ended_by = "output"
        return True

    def _write_stdin(self) -> None:
        try:
            self._stdin = self._stdin[os.write(self._program.stdin, self._stdin[:PIECE]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._stdin = self._stdin[:0]
        if not self._stdin:
            self._close_stdin()

    def _close_stdin(self) -> None:
        self._stdin_open = False
        os.close(self._program.stdin)

    def _sample(self) -> None:
        self._link.write()
        self._meter.sample()
        if self._meter.cpu_seconds() > self._job.cpu_seconds:
            self._ended_by = self._ended_by or "cpu"
        if time.monotonic() > self._link.dies_at:
            raise ServiceGone

    def _drain(self) -> None:
        # Nothing lives that could write more, so what the pipes hold is all there is.
        for descriptor in self._kinds:
            while self._read_output(descriptor):
                self._link.write()

    def _report(self) -> None:
        stdout, stderr = (self._kept[descriptor] for descriptor in self._kinds)
        for kind, kept in ((frames.Kind.STDOUT_TAIL, stdout), (frames.Kind.STDERR_TAIL, stderr)):
            for frame in frames.encode_pieces(kind, kept.tail()):
                self._link.send(frame)
        status = self._status
        exited = status is not None and os.WIFEXITED(status)
        signaled = status is not None and os.WIFSIGNALED(status)
        ended = {
            "exit_code": os.WEXITSTATUS(status) if exited and status is not None else None,
            "signal": os.WTERMSIG(status) if signaled and status is not None else None,
            "ended_by": self._ended_by,
            "stdout_bytes": stdout.total,
            "stderr_bytes": stderr.total,
            **self._meter.report(),
        }
        self._link.send(frames.encode_object(frames.Kind.ENDED, ended))
