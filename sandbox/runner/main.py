"""
Process 1 of a sandbox: gets ready, then does what the service asks, one order after the other, until it is told to go.

The end of its standard input means that the service is gone: everything is killed, whatever it does.
"""

import contextlib
import json
import os
import sys
import time

from . import frames
from .accounting import Meter
from .collect import collector
from .files import writer
from .frames import Kind
from .launch import Prestarted, Started, Template, execute
from .link import Link, ServiceGone
from .orders import Gather, Setup, Step
from .privileges import go_first, protect_self
from .processes import NotStarted, end_everything, end_program, fork_as_program, wait_for
from .snapshot import Snapshot
from .supervise import Supervisor, Wakeup

WRITE_SECONDS = 10.0
COLLECT_SECONDS = 10.0
VERSION_FILE = "/opt/assay/version"


class Runner:
    """One sandbox's life."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._link = Link(time.monotonic() + setup.life_seconds)
        self._meter = Meter()
        self._wakeup = Wakeup()
        # Started before they are needed; the first ones alone are worth waiting for.
        self._spare_writer: Writer | None = Writer(setup.file_bytes)
        self._prestarted = Prestarted(setup) if setup.interpreter else None
        self._writer: Writer | None = None
        self._template: Template | None = None
        self._snapshot: Snapshot | None = None
        self._step: Step | None = None
        self._stdin = bytearray()

    def serve(self) -> None:
        """Do what is asked until the service is gone."""
        if self._prestarted is not None:
            self._prestarted.wait_ready()
        self._link.send_now(frames.encode_object(Kind.READY, self._facts()))
        while True:
            kind, payload = self._link.wait()
            if self._writer is not None and kind is not Kind.FILE:
                self._writer.finish()
                self._writer = None
            self._obey(kind, payload)

    def _obey(self, kind: Kind, payload: bytes) -> None:
        match kind:
            case Kind.FILES:
                self._writer, self._spare_writer = self._spare_writer or Writer(self._setup.file_bytes), None
                self._writer.tell(frames.encode(Kind.FILES, payload))
            case Kind.FILE if self._writer is not None:
                self._writer.tell(frames.encode(Kind.FILE, payload))
            case Kind.STEP:
                self._step, self._stdin = Step(**frames.decode_object(payload)), bytearray()
            case Kind.STDIN if self._step is not None:
                self._stdin += payload
            case Kind.GO if self._step is not None:
                step, self._step = self._step, None
                self._run(step)
            case Kind.COLLECT:
                self._collect(Gather(**frames.decode_object(payload)))
            case Kind.SNAPSHOT:
                self._remember()
            case Kind.RESTORE if self._snapshot is not None:
                self._snapshot.restore()
                self._renew_template()
            case Kind.PING:
                self._link.send_now(frames.encode(Kind.PONG))
            case Kind.KILL | Kind.STDIN | Kind.STDIN_END:
                # Sent to a step that ended in the same moment.
                pass
            case _:
                raise frames.BadFrame(f"{kind.name} was not expected")

    def _facts(self) -> dict[str, object]:
        counters = self._meter.counters()
        return {
            "cgroup": self._meter.group_version,
            "memory_limit": counters.memory_limit,
            "pids_limit": counters.pids_limit,
            "language_version": _version(),
        }

    def _run(self, step: Step) -> None:
        self._meter.start()
        try:
            program = self._launch(step)
        except NotStarted as error:
            self._link.send(frames.encode_object(Kind.ENDED, {"start_error": os.strerror(error.number)}))
            self._link.flush()
            return
        stdin, self._stdin = self._stdin, bytearray()
        status = self._template.status if self._template is not None else lambda: None
        supervisor = Supervisor(
            self._link, step, program, meter=self._meter, wakeup=self._wakeup, stdin=stdin, status=status
        )
        supervisor.watch()
        self._end(supervisor)
        supervisor.report()

    def _launch(self, step: Step) -> Started:
        """Start the step's program by the fastest way that it cannot tell from a start of its own."""
        prestarted, self._prestarted = self._prestarted, None
        if step.entry and self._template is not None:
            return self._template.launch(step)
        if step.entry and prestarted is not None:
            return prestarted.launch(step)
        if prestarted is not None:
            prestarted.discard()
        return execute(self._setup, step)

    def _end(self, supervisor: Supervisor) -> None:
        if self._template is not None:
            if not supervisor.lost_template and end_program(self._template.pid, supervisor.reaped):
                # Of a program that was killed, the template has yet to tell: before it tells of the next.
                supervisor.take_status()
                return
            # The next one is made anew: whatever holds out against a kill of its own user goes with everything else.
            self._template.close()
            self._template = None
        if not end_everything(supervisor.reaped):
            self._link.flush()
            raise ServiceGone

    def _remember(self) -> None:
        """Make ready for many runs: each begins with the work directory as it is now."""
        if self._prestarted is not None:
            self._prestarted.discard()
            self._prestarted = None
        told: dict[str, object] = {"kept": True}
        try:
            self._snapshot = Snapshot(self._setup.file_bytes)
        except OSError as error:
            told = {"kept": False, "reason": str(error)[:500]}
        else:
            self._renew_template()
        self._link.send_now(frames.encode_object(Kind.SNAPPED, told))

    def _renew_template(self) -> None:
        if self._setup.interpreter and self._template is None:
            self._template = Template(self._setup)

    def _collect(self, order: Gather) -> None:
        self._link.flush()
        os.set_blocking(1, True)
        pid = fork_as_program(collector(order, _write_all), 64, self._setup.file_bytes, {1: 1, 2: 2})
        status = wait_for(pid, COLLECT_SECONDS)
        os.set_blocking(1, False)
        if status != 0:
            raise OSError(f"the artifacts could not be collected (wait status {status})")
        self._link.send_now(frames.encode(Kind.DONE))


class Writer:
    """A child of the program's user that writes files, see ``files.py``."""

    def __init__(self, file_bytes: int) -> None:
        read_end, self._pipe = os.pipe()
        self._pid = fork_as_program(writer(0), 64, file_bytes, {0: read_end, 2: 2})
        os.close(read_end)

    def tell(self, frame: bytes) -> None:
        """Hand a frame on."""
        view = memoryview(frame)
        while view:
            view = view[os.write(self._pipe, view) :]

    def finish(self) -> None:
        """Wait until everything is written; raise OSError where it cannot be."""
        os.close(self._pipe)
        status = wait_for(self._pid, WRITE_SECONDS)
        if status != 0:
            raise OSError(f"the files could not be written (wait status {status})")


def _version() -> str:
    try:
        with open(VERSION_FILE, encoding="utf-8") as file:
            return file.read(64).strip()
    except OSError:
        return ""


def _write_all(frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[os.write(1, view) :]


def main() -> None:
    """Be process 1."""
    protect_self()
    go_first()
    status = 0
    try:
        Runner(Setup(**json.loads(sys.argv[1]))).serve()
    except ServiceGone:
        status = 71
    except BaseException as error:  # noqa: BLE001 - nothing may leave process 1 but by this way
        status = 70
        text = f"{type(error).__name__}: {error}"[:500]
        with contextlib.suppress(BaseException):
            import traceback

            traceback.print_exc()
            os.write(1, frames.encode_object(Kind.BROKEN, {"reason": text}))
    end_everything(lambda _pid, _status: None)
    os._exit(status)
