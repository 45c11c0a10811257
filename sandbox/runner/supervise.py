"""The watch over a running program: its streams, its CPU time, its output, its end."""

import os
import select
import signal
import time
from collections.abc import Callable

from . import frames
from .accounting import Meter
from .launch import Started
from .link import Link, ServiceGone
from .orders import Step
from .output import KeptOutput
from .processes import reap

TICK_SECONDS = 0.02
STALL_SECONDS = 0.5
STALL_SHARE = 0.1
"""
A tick later than STALL_SECONDS shows that the whole sandbox stood still, if hardly any processor time went by
in it meanwhile. Otherwise it was the program that had the time, and left process 1 no turn.
"""

OUTBOX_BYTES = 4 * 1024 * 1024
SEND_BYTES = 64 * 1024
"""Less than this waits for the next tick: every message costs the machine more than the program's own write."""

PIECE = 256 * 1024


class Wakeup:
    """A pipe that a dying child writes to, so that a poll sees it."""

    def __init__(self) -> None:
        self.descriptor, end = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(end, False)
        signal.set_wakeup_fd(end)
        signal.signal(signal.SIGCHLD, lambda *_: None)


class Supervisor:
    """
    One program, from the moment it runs until nothing of it lives any more.

    :param stdin: What it reads first.
    :param status: Returns the wait status of a program that is not a child of process 1, once it can be had.
    """

    def __init__(
        self,
        link: Link,
        step: Step,
        program: Started,
        *,
        meter: Meter,
        wakeup: Wakeup,
        stdin: bytearray,
        status: Callable[[], int | None],
    ) -> None:
        self._link = link
        self._meter = meter
        self._wakeup = wakeup.descriptor
        self._step = step
        self._program = program
        self._stdin = stdin
        self._stdin_ends = not step.stdin_open
        self._stdin_open = True
        self._taken = -len(stdin)
        self._kinds = {program.stdout: frames.Kind.STDOUT, program.stderr: frames.Kind.STDERR}
        self._kept = {descriptor: self._keeper() for descriptor in self._kinds}
        self._open = set(self._kinds)
        self._read_status = status
        self._status: int | None = None
        self.lost_template = False
        self._ended_by = ""
        self._started = time.monotonic()
        self._run_seconds = 0.0
        self._stalled = 0.0
        self._cpu_seconds = 0.0
        self._samples = 0

    def _keeper(self) -> KeptOutput:
        return (
            KeptOutput(self._step.output_hard_bytes, 0)
            if self._step.live
            else KeptOutput.halves(self._step.output_bytes)
        )

    def watch(self) -> None:
        """Watch the program to its end, or to where it must end."""
        self._link.send(frames.encode(frames.Kind.STARTED))
        if self._step.live:
            self._link.write()
        self._close_stdin_at_end()
        reap(self.reaped)
        next_sample = time.monotonic() + TICK_SECONDS
        while self._status is None and not self._ended_by:
            self._turn(max(0.0, next_sample - time.monotonic()))
            now = time.monotonic()
            if now >= next_sample:
                self._sample(late=now - next_sample)
                next_sample = time.monotonic() + TICK_SECONDS
        self._run_seconds = time.monotonic() - self._started

    def _turn(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        if self._program.status >= 0:
            poll.register(self._program.status, select.POLLIN)
        if self._link.waiting_bytes < OUTBOX_BYTES:
            for descriptor in self._open:
                poll.register(descriptor, select.POLLIN)
        enough = 0 if self._step.live else SEND_BYTES
        if self._link.waiting_bytes > enough:
            poll.register(1, select.POLLOUT)
        if self._stdin_open:
            # With nothing to write, only the far end's closing is of interest.
            poll.register(self._program.stdin, select.POLLOUT if self._stdin else 0)
        for descriptor, event in poll.poll(seconds * 1000):
            self._handle(descriptor, event)
        if self._link.waiting_bytes > enough:
            self._link.write()

    def _handle(self, descriptor: int, event: int) -> None:
        if descriptor == 0:
            self._take_orders()
        elif descriptor == self._wakeup:
            os.read(self._wakeup, 4096)
            reap(self.reaped)
        elif descriptor == self._program.status:
            self.take_status()
            self._ended_by = self._ended_by or ("template" if self.lost_template else "")
        elif descriptor in self._kinds:
            self._read_output(descriptor)
        elif descriptor == self._program.stdin:
            self._write_stdin(broken=bool(event & select.POLLERR))
        elif event & (select.POLLERR | select.POLLHUP):
            raise ServiceGone

    def _take_orders(self) -> None:
        while (frame := self._link.next()) is not None:
            kind, payload = frame
            if kind is frames.Kind.KILL:
                self._ended_by = "service"
            elif kind is frames.Kind.STDIN:
                self._add_stdin(payload)
            elif kind is frames.Kind.STDIN_END:
                self._stdin_ends = True
                self._close_stdin_at_end()
            elif kind is frames.Kind.PING:
                self._link.send(frames.encode(frames.Kind.PONG))
            else:
                raise frames.BadFrame(f"{kind.name} was not expected")

    def take_status(self) -> None:
        """Take the wait status of a program that is not a child of process 1, where that is still to come."""
        if self._program.status >= 0 and self._status is None:
            self._status = self._read_status()
            self.lost_template = self._status is None

    def reaped(self, pid: int, status: int) -> None:
        """Take the wait status of a dead child."""
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
        if kept.total > self._step.output_hard_bytes and not self._ended_by:
            self._ended_by = "output"
        return True

    def _add_stdin(self, payload: bytes) -> None:
        if self._stdin_open:
            self._stdin += payload
        else:
            self._took(len(payload))

    def _write_stdin(self, *, broken: bool) -> None:
        written = len(self._stdin)
        if not broken:
            try:
                written = os.write(self._program.stdin, self._stdin[:PIECE])
            except BlockingIOError:
                return
            except BrokenPipeError:
                broken = True
        self._stdin_ends = self._stdin_ends or broken
        del self._stdin[:written]
        self._took(written)
        self._close_stdin_at_end()

    def _took(self, count: int) -> None:
        before, self._taken = self._taken, self._taken + count
        # What was given at the start was not counted as sent.
        taken = self._taken - max(before, 0)
        if self._step.stdin_open and taken > 0:
            self._link.send(frames.encode_object(frames.Kind.TAKEN, {"bytes": taken}))

    def _close_stdin_at_end(self) -> None:
        if self._stdin_open and self._stdin_ends and not self._stdin:
            self._stdin_open = False
            os.close(self._program.stdin)

    def _sample(self, late: float) -> None:
        self._link.write()
        self._meter.sample()
        self._samples += 1
        before, self._cpu_seconds = self._cpu_seconds, self._meter.cpu_seconds()
        if late > STALL_SECONDS and self._cpu_seconds - before < STALL_SHARE * late:
            self._stalled += late
        if self._cpu_seconds > self._step.cpu_seconds:
            self._ended_by = self._ended_by or "cpu"
        if self._samples % 5 == 0 and self._meter.sockets_exceed_memory():
            self._ended_by = self._ended_by or "memory"
        if time.monotonic() > self._link.dies_at:
            raise ServiceGone

    def report(self) -> None:
        """Tell how it went. Call it when everything is dead: what the pipes hold then is all there is."""
        for descriptor in self._kinds:
            while self._read_output(descriptor):
                self._link.write()
        if self._stdin_open:
            os.close(self._program.stdin)
        os.close(self._program.stdout)
        os.close(self._program.stderr)
        stdout, stderr = (self._kept[descriptor] for descriptor in self._kinds)
        for kind, kept in ((frames.Kind.STDOUT_TAIL, stdout), (frames.Kind.STDERR_TAIL, stderr)):
            for frame in frames.encode_pieces(kind, kept.tail()):
                self._link.send(frame)
        status = self._status
        ended = {
            "exit_code": os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            "ended_by": self._ended_by,
            "run_seconds": round(self._run_seconds, 6),
            "stalled_seconds": round(self._stalled, 6),
            "stdout_bytes": stdout.total,
            "stderr_bytes": stderr.total,
            **self._meter.report(),
        }
        self._link.send(frames.encode_object(frames.Kind.ENDED, ended))
        # A caller who is slow to read may come back for as long as the run's time is not over: the service's clock.
        self._link.flush(self._link.dies_at)
