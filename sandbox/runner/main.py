"""
Process 1 of a sandbox: gets ready, waits for one job, runs it, reports, and ends; the container ends with it.

The end of its standard input means that the service is gone: everything is killed, whatever it does.
"""

import contextlib
import json
import os
import sys
import time
import traceback

from . import frames
from .accounting import Meter
from .collect import Bounds, collector
from .files import writer
from .frames import Kind
from .job import Job, Setup
from .launch import Prestarted, launch
from .link import Link, ServiceGone
from .privileges import protect_self
from .processes import end_everything, fork_as_program, wait_for
from .supervise import Supervisor

WRITE_SECONDS = 10.0
COLLECT_SECONDS = 10.0


class Runner:
    """One sandbox's life."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._link = Link(time.monotonic() + setup.life_seconds)
        self._meter = Meter()
        self._files, writer_end = self._start_writer()
        self._writer = writer_end
        self._prestarted = Prestarted(setup) if setup.prestart else None

    def _start_writer(self) -> tuple[int, int]:
        read_end, write_end = os.pipe()
        pid = fork_as_program(writer(0), 64, self._setup.file_bytes, {0: read_end, 2: 2})
        os.close(read_end)
        return write_end, pid

    def serve(self) -> None:
        """Run one job."""
        if self._prestarted is not None:
            self._prestarted.wait_ready()
        self._link.send_now(frames.encode_object(Kind.READY, self._facts()))
        job, stdin = self._receive()
        program = launch(self._setup, self._prestarted, job)
        if not Supervisor(self._link, self._meter, job, program, stdin).run():
            self._link.flush()
            raise ServiceGone
        if job.artifact_globs:
            self._collect(job)
        self._link.send_now(frames.encode(Kind.DONE))
        # The service says when: the end of a container costs the machine more than its run, and others may be running.
        for _ in self._link.wait():
            pass

    def _facts(self) -> dict[str, object]:
        counters = self._meter.counters()
        return {
            "cgroup": self._meter.group_version,
            "memory_limit": counters.memory_limit,
            "pids_limit": counters.pids_limit,
            "language_version": ".".join(map(str, sys.version_info[:3])),
        }

    def _receive(self) -> tuple[Job, bytearray]:
        job: Job | None = None
        stdin = bytearray()
        for kind, payload in self._link.wait():
            if kind is Kind.JOB:
                job = Job.from_object(frames.decode_object(payload))
                self._tell_writer(frames.encode(Kind.JOB, payload))
            elif kind is Kind.FILE:
                self._tell_writer(frames.encode(Kind.FILE, payload))
            elif kind is Kind.STDIN:
                stdin += payload
            elif kind is Kind.GO and job is not None:
                self._finish_files()
                self._meter.start()
                return job, stdin
            else:
                raise frames.BadFrame(f"{kind.name} was not expected")
        raise ServiceGone

    def _tell_writer(self, frame: bytes) -> None:
        view = memoryview(frame)
        while view:
            view = view[os.write(self._files, view) :]

    def _finish_files(self) -> None:
        os.close(self._files)
        status = wait_for(self._writer, WRITE_SECONDS)
        if status != 0:
            raise OSError(f"the files could not be written (wait status {status})")

    def _collect(self, job: Job) -> None:
        self._link.flush()
        os.set_blocking(1, True)
        body = collector(job.artifact_globs, Bounds(job.artifact_bytes, job.artifact_count), _write_all)
        pid = fork_as_program(body, 64, self._setup.file_bytes, {1: 1, 2: 2})
        status = wait_for(pid, COLLECT_SECONDS)
        os.set_blocking(1, False)
        if status != 0:
            raise OSError(f"the artifacts could not be collected (wait status {status})")


def _write_all(frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[os.write(1, view) :]


def main() -> None:
    """Be process 1."""
    protect_self()
    status = 0
    try:
        Runner(Setup(**json.loads(sys.argv[1]))).serve()
    except ServiceGone:
        status = 71
    except BaseException as error:  # noqa: BLE001 - nothing may leave process 1 but by this way
        status = 70
        text = f"{type(error).__name__}: {error}"[:500]
        with contextlib.suppress(BaseException):
            traceback.print_exc()
            os.write(1, frames.encode_object(Kind.BROKEN, {"reason": text}))
    end_everything(lambda _pid, _status: None)
    os._exit(status)
