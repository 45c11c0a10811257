"""
The service's side of one run: hands a program to a waiting sandbox and takes what comes back.

Everything that comes from a sandbox is treated as hostile: sizes are bounded, shapes are checked, and the service's own
clock ends the wait.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.limits import Limits
from sandbox.outcome import Facts
from sandbox.program import ArtifactFile, Output, Program
from sandbox.runner import frames
from sandbox.runner.collect import MAX_NAMES_BYTES
from sandbox.runner.frames import BadFrame, Kind
from sandbox.runner.job import FileHead, Job

KILL_SECONDS = 3.0
"""How long a runner may take to report after it was told to end the program."""

COLLECT_SECONDS = 12.0
MAX_OMITTED = 200
MAX_NUMBER = 1 << 62
MAX_NAME = 16 * 1024
STREAMS = (Kind.STDOUT, Kind.STDERR, Kind.STDOUT_TAIL, Kind.STDERR_TAIL)
RAW = frozenset({*STREAMS, Kind.ARTIFACT_DATA})


class Connection(Protocol):
    """The streams of process 1 of a sandbox."""

    async def send(self, data: bytes) -> None:
        """Send bytes; raises ConnectionError where the other end is gone."""

    async def receive(self) -> bytes:
        """Return the next bytes; none at the end."""


@dataclass
class Record:
    """What one run brought, as far as it came."""

    limits: Limits
    ended: dict[str, Any] | None = None
    done: bool = False
    wall_expired: bool = False
    lost_reason: str = ""
    wall_seconds: float = 0.0
    collect_seconds: float = 0.0
    kept: dict[Kind, bytearray] = field(default_factory=lambda: {kind: bytearray() for kind in STREAMS})
    artifacts: list[ArtifactFile] = field(default_factory=list)
    omitted: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return a count that the runner reported, or 0."""
        value = (self.ended or {}).get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_NUMBER else 0

    def status(self, name: str) -> int | None:
        """Return "exit_code" or "signal" as the runner reported it."""
        value = (self.ended or {}).get(name)
        return value if isinstance(value, int) and 0 <= value < 256 else None

    def cpu_seconds(self) -> float:
        """Return the CPU time that the runner reported, or 0."""
        value = (self.ended or {}).get("cpu_seconds")
        return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0

    def output(self, head_kind: Kind, tail_kind: Kind, total_name: str) -> Output:
        """Return one stream as far as it came."""
        head, tail = bytes(self.kept[head_kind]), bytes(self.kept[tail_kind])
        total = max(self.number(total_name), len(head) + len(tail))
        truncated = total > len(head) + len(tail)
        return Output(head + tail, total, truncated, len(head) if truncated else 0)

    def facts(self) -> Facts:
        """Return what the run itself shows of its outcome."""
        full = self.ended is not None and (
            self.number("least_free_bytes") == 0 or self.number("least_free_inodes") == 0
        )
        return Facts(
            reported=self.ended is not None,
            exit_code=None if self.killed() else self.status("exit_code"),
            signal=self.status("signal"),
            ended_by=self.killed(),
            wall_expired=self.wall_expired,
            oom_kills=self.number("oom_kills"),
            pids_refused=self.number("pids_refused"),
            cpu_seconds=self.cpu_seconds(),
            cpu_limit=self.limits.cpu_seconds,
            disk_full=full,
            lost_reason=self.lost_reason,
        )

    def killed(self) -> str:
        """Return why the runner killed the program, or nothing."""
        value = (self.ended or {}).get("ended_by")
        return value if isinstance(value, str) and value in {"cpu", "output", "service"} else ""


def job_of(program: Program, limits: Limits) -> Job:
    """Return the job that a runner is given."""
    return Job(
        entry_point=program.entry_point,
        arguments=list(program.arguments),
        environment=dict(program.environment),
        cpu_seconds=limits.cpu_seconds,
        output_bytes=limits.output_bytes,
        output_hard_bytes=limits.output_hard_bytes,
        open_files=limits.open_files,
        stdin_bytes=len(program.stdin),
        artifact_globs=list(program.artifact_globs),
        artifact_bytes=limits.artifact_bytes,
        artifact_count=limits.artifact_count,
        files=[FileHead(file.path, len(file.content), file.executable) for file in program.files],
    )


def hand_over(program: Program, limits: Limits) -> Iterator[bytes]:
    """Yield the frames of a job, small ones joined: one write starts a small program."""
    pending = bytearray(frames.encode_object(Kind.JOB, job_of(program, limits).to_object()))
    for kind, contents in ((Kind.FILE, [file.content for file in program.files]), (Kind.STDIN, [program.stdin])):
        for content in contents:
            for frame in frames.encode_pieces(kind, content):
                pending += frame
                if len(pending) > 256 * 1024:
                    yield bytes(pending)
                    pending.clear()
    yield bytes(pending) + frames.encode(Kind.GO)


class Exchange:
    """One run over one connection."""

    def __init__(self, connection: Connection, program: Program, limits: Limits) -> None:
        self._connection = connection
        self._program = program
        self._decoder = frames.Decoder()
        self._artifact: tuple[dict[str, Any], bytearray] | None = None
        self._artifact_bytes = 0
        self._names_bytes = 0
        self._omitted = 0
        self._ended_at = 0.0
        self.record = Record(limits)

    async def run(self) -> Record:
        """Run to the end; what went wrong on the way is in the record, not raised."""
        started = time.monotonic()
        deadline = started + self.record.limits.wall_seconds
        try:
            async with asyncio.timeout_at(_loop_time(deadline + KILL_SECONDS)):
                await self._send_job()
            await self._until_ended(deadline)
            self.record.wall_seconds = (self._ended_at or time.monotonic()) - started
            await self._until_done()
        except TimeoutError:
            self.record.lost_reason = "the runner did not answer in time"
        except (ConnectionError, EOFError):
            self.record.lost_reason = self.record.lost_reason or "the connection to the sandbox ended"
        except BadFrame as error:
            self.record.lost_reason = f"the sandbox sent a bad frame: {error}"
        self.record.wall_seconds = self.record.wall_seconds or time.monotonic() - started
        self.record.wall_expired = self.record.wall_expired or (
            self.record.ended is None and time.monotonic() > deadline
        )
        return self.record

    async def _send_job(self) -> None:
        for data in hand_over(self._program, self.record.limits):
            await self._connection.send(data)

    async def _until_ended(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(_loop_time(deadline)):
                while self.record.ended is None:
                    await self._take()
        except TimeoutError:
            self.record.wall_expired = True
            async with asyncio.timeout(KILL_SECONDS):
                await self._connection.send(frames.encode(Kind.KILL))
                while self.record.ended is None:
                    await self._take()

    async def _until_done(self) -> None:
        async with asyncio.timeout(COLLECT_SECONDS):
            while not self.record.done:
                await self._take()
        self.record.collect_seconds = time.monotonic() - self._ended_at

    async def _take(self) -> None:
        data = await self._connection.receive()
        if not data:
            raise EOFError
        for kind, payload in self._decoder.feed(data):
            self._on_frame(kind, payload)

    def _on_frame(self, kind: Kind, payload: bytes) -> None:
        record = self.record
        if record.done:
            raise BadFrame("a frame after the last one")
        if not payload and kind in RAW:
            # Every frame counts against a bound, so that there is an end to them.
            raise BadFrame("an empty piece")
        if kind in STREAMS and record.ended is None:
            self._keep(kind, payload)
        elif kind is Kind.ENDED and record.ended is None:
            record.ended = frames.decode_object(payload)
            self._ended_at = time.monotonic()
        elif kind in {Kind.ARTIFACT, Kind.ARTIFACT_DATA, Kind.OMITTED} and record.ended is not None:
            self._on_artifact(kind, payload)
        elif kind is Kind.DONE and record.ended is not None:
            self._finish_artifact()
            record.done = True
        elif kind is Kind.BROKEN:
            record.lost_reason = f"the runner failed: {str(frames.decode_object(payload).get('reason'))[:500]}"
            raise EOFError
        else:
            raise BadFrame(f"{kind.name} was not expected")

    def _keep(self, kind: Kind, payload: bytes) -> None:
        kept = self.record.kept[kind]
        kept += payload
        if len(kept) > self.record.limits.output_bytes:
            raise BadFrame("more output than was asked for")

    def _on_artifact(self, kind: Kind, payload: bytes) -> None:
        if kind is Kind.ARTIFACT_DATA:
            if self._artifact is None:
                raise BadFrame("an artifact's content without its name")
            self._artifact[1].extend(payload)
            self._artifact_bytes += len(payload)
            if self._artifact_bytes > self.record.limits.artifact_bytes:
                raise BadFrame("more bytes of artifacts than were asked for")
            return
        self._finish_artifact()
        value = frames.decode_object(payload)
        path = value.get("path")
        if not isinstance(path, str) or not 0 < len(path) <= MAX_NAME:
            raise BadFrame("an artifact without a path")
        if kind is Kind.ARTIFACT:
            self._names_bytes += len(path.encode())
            if self._names_bytes > MAX_NAMES_BYTES:
                raise BadFrame("longer names of artifacts than are sent")
            self._artifact = (value, bytearray())
        else:
            self._omitted += 1
            if self._omitted > MAX_OMITTED:
                raise BadFrame("more files left out than are named")
            self.record.omitted[path] = str(value.get("reason"))[:200]

    def _finish_artifact(self) -> None:
        if self._artifact is None:
            return
        head, content = self._artifact
        self._artifact = None
        if len(self.record.artifacts) >= self.record.limits.artifact_count:
            raise BadFrame("more artifacts than were asked for")
        self.record.artifacts.append(ArtifactFile(head["path"], bytes(content), head.get("executable") is True))


async def read_ready(connection: Connection, seconds: float) -> dict[str, Any]:
    """
    Return what a runner says of itself once it waits for a job.

    :raises BadFrame: It said something else.
    :raises EOFError: It ended.
    :raises TimeoutError: It said nothing in time.
    """
    decoder = frames.Decoder()
    async with asyncio.timeout(seconds):
        while data := await connection.receive():
            for kind, payload in decoder.feed(data):
                if kind is not Kind.READY:
                    raise BadFrame(f"{kind.name} instead of READY")
                return frames.decode_object(payload)
    raise EOFError


def _loop_time(monotonic: float) -> float:
    return asyncio.get_running_loop().time() + monotonic - time.monotonic()
