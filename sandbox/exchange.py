"""
The service's side of one sandbox: hands it files and steps, and takes what comes back.

Everything that comes from a sandbox is treated as hostile: sizes are bounded, shapes are checked, and the service's own
clock ends the wait.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Protocol

from assay.stage import SourceFile

from sandbox.program import ArtifactFile
from sandbox.record import STREAMS, Artifacts, Record, Task
from sandbox.runner import frames
from sandbox.runner.collect import MAX_NAMES_BYTES
from sandbox.runner.frames import BadFrame, Kind
from sandbox.runner.orders import FileHead, Files, Gather

START_SECONDS = 20.0
"""How long a sandbox may take to be given a step and to start it. That time is not the program's."""

KILL_SECONDS = 3.0
"""How long a runner may take to report after it was told to end the program."""

COLLECT_SECONDS = 12.0
REMEMBER_SECONDS = 30.0
MAX_OMITTED = 200
MAX_NAME = 16 * 1024
WRITE_BYTES = 256 * 1024
INPUT_WINDOW = 256 * 1024
"""Bytes of an open standard input that may be under way to the program."""

INPUT_PIECE = 64 * 1024
RAW = frozenset({*STREAMS, Kind.ARTIFACT_DATA})


class Connection(Protocol):
    """The streams of process 1 of a sandbox."""

    async def send(self, data: bytes) -> None:
        """Send bytes; raises ConnectionError where the other end is gone."""

    async def receive(self) -> bytes:
        """Return the next bytes; none at the end."""


class Sink(Protocol):
    """Where the output of a live step goes."""

    async def room(self) -> None:
        """Wait until there is room for more."""

    def put(self, kind: Kind, data: bytes) -> None:
        """Take the next bytes of a stream, room or not."""


class Exchange:
    """One conversation over one connection. Once it is lost, nothing more can be asked of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._decoder = frames.Decoder()
        self._pending = bytearray()
        self._large: list[bytes] = []
        self._record: Record | None = None
        self._gathered: _Gathering | None = None
        self._snapped: dict[str, Any] | None = None
        self._sink: Sink | None = None
        self._scope: asyncio.Timeout | None = None
        self._cancelled = False
        self._credit = 0
        self._credited = asyncio.Event()
        self._ended_at = 0.0
        self.idle = True
        """Whether nothing of a program lives in the sandbox, as far as its runner told."""

    def put(self, files: Sequence[SourceFile], folders: Sequence[str] = ()) -> None:
        """Write files before the next step."""
        heads = [FileHead(file.path, len(file.content), file.executable) for file in files]
        self._queue(frames.encode_object(Kind.FILES, Files(heads, list(folders)).to_object()))
        for file in files:
            self._queue_pieces(Kind.FILE, file.content)

    async def restore(self) -> None:
        """Bring the work directory back before the next files or step; a lost connection shows when those are sent."""
        self._queue(frames.encode(Kind.RESTORE))
        with contextlib.suppress(ConnectionError):
            await self._flush()

    async def run(self, task: Task, sink: Sink | None = None, source: AsyncIterator[bytes] | None = None) -> Record:
        """
        Run a step to its end; what went wrong on the way is in the record, not raised.

        :param sink: Takes the output of a live step as it comes.
        :param source: What a step with an open input reads, after ``task.stdin``; each item at most 1 MiB.
        """
        record = self._record = Record(task, cancelled=self._cancelled)
        self._sink, self.idle = sink, False
        handed_over = time.monotonic()
        self._queue(frames.encode_object(Kind.STEP, task.step.to_object()))
        self._queue_pieces(Kind.STDIN, task.stdin)
        self._queue(frames.encode(Kind.GO))
        feeding = None
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._flush()
                while not record.started and record.ended is None:
                    await self._take()
            if source is not None:
                feeding = asyncio.create_task(self._feed(source))
            await self._until_ended(record)
            self.idle = True
        except TimeoutError:
            told = "answer" if record.started else "start the program"
            record.lost_reason = f"the runner did not {told} in time"
        except (ConnectionError, EOFError):
            record.lost_reason = record.lost_reason or "the connection to the sandbox ended"
        except BadFrame as error:
            record.lost_reason = f"the sandbox sent a bad frame: {error}"
        finally:
            if feeding is not None:
                feeding.cancel()
        record.wall_seconds = (self._ended_at if record.ended is not None else time.monotonic()) - handed_over
        return record

    def cancel(self) -> None:
        """End the step that runs now, or the next one as soon as it has started; its record comes back soon."""
        self._cancelled = True
        if self._record is not None and self._record.ended is None:
            self._record.cancelled = True
            if self._scope is not None:
                self._scope.reschedule(asyncio.get_running_loop().time())

    async def hear_out(self, record: Record) -> None:
        """Give a runner that was told to end its step, and did not answer, the same time once more."""
        with contextlib.suppress(TimeoutError, ConnectionError, EOFError, BadFrame):
            async with asyncio.timeout(KILL_SECONDS):
                while record.ended is None:
                    await self._take()
            self.idle = True

    async def remember(self) -> str:
        """
        Remember the work directory as it is; return why that is not possible, or nothing.

        :raises ConnectionError: The sandbox is lost.
        """
        self._queue(frames.encode(Kind.SNAPSHOT))
        with _lost("remember the work directory"):
            async with asyncio.timeout(REMEMBER_SECONDS):
                await self._flush()
                while self._snapped is None:
                    await self._take()
        return "" if self._snapped.get("kept") is True else str(self._snapped.get("reason"))[:200]

    async def collect(self, globs: Iterable[str], total_bytes: int, count: int) -> Artifacts:
        """Return the artifacts, as far as they came."""
        self._gathered = _Gathering(total_bytes, count)
        self._queue(frames.encode_object(Kind.COLLECT, Gather(list(globs), total_bytes, count).to_object()))
        self.idle = False
        artifacts = self._gathered.artifacts
        with contextlib.suppress(TimeoutError, ConnectionError, EOFError, BadFrame):
            async with asyncio.timeout(COLLECT_SECONDS):
                await self._flush()
                while not artifacts.complete:
                    await self._take()
            self.idle = True
        return artifacts

    async def _until_ended(self, record: Record) -> None:
        try:
            async with asyncio.timeout(record.task.wall_seconds) as self._scope:
                if record.cancelled:
                    self._scope.reschedule(asyncio.get_running_loop().time())
                while record.ended is None:
                    if self._sink is not None:
                        await self._sink.room()
                    await self._take()
        except TimeoutError:
            record.wall_expired = not record.cancelled
            async with asyncio.timeout(KILL_SECONDS):
                await self._connection.send(frames.encode(Kind.KILL))
                while record.ended is None:
                    await self._take()
        finally:
            self._scope = None

    async def _feed(self, source: AsyncIterator[bytes]) -> None:
        self._credit = INPUT_WINDOW
        with contextlib.suppress(ConnectionError):
            async for data in source:
                for start in range(0, len(data), INPUT_PIECE):
                    piece = data[start : start + INPUT_PIECE]
                    while self._credit < len(piece):
                        self._credited.clear()
                        await self._credited.wait()
                    self._credit -= len(piece)
                    await self._connection.send(frames.encode(Kind.STDIN, piece))
            await self._connection.send(frames.encode(Kind.STDIN_END))

    def _queue(self, frame: bytes) -> None:
        # Small frames are joined: one write starts a small program.
        self._pending += frame
        if len(self._pending) > WRITE_BYTES:
            self._large.append(bytes(self._pending))
            self._pending.clear()

    def _queue_pieces(self, kind: Kind, content: bytes) -> None:
        for frame in frames.encode_pieces(kind, content):
            self._queue(frame)

    async def _flush(self) -> None:
        data, self._large = [*self._large, bytes(self._pending)], []
        self._pending = bytearray()
        for piece in data:
            await self._connection.send(piece)

    async def _take(self) -> None:
        data = await self._connection.receive()
        if not data:
            raise EOFError
        for kind, payload in self._decoder.feed(data):
            self._on_frame(kind, payload)

    def _on_frame(self, kind: Kind, payload: bytes) -> None:
        if not payload and kind in RAW:
            # Every frame counts against a bound, so that there is an end to them.
            raise BadFrame("an empty piece")
        record, running = self._record, self._record is not None and self._record.ended is None
        if kind is Kind.BROKEN:
            reason = f"the runner failed: {str(frames.decode_object(payload).get('reason'))[:500]}"
            if record is not None:
                record.lost_reason = reason
            raise ConnectionError(reason)
        if kind is Kind.SNAPPED and not running and self._snapped is None:
            self._snapped = frames.decode_object(payload)
        elif kind in _Gathering.KINDS and not running and self._gathered is not None:
            self._gathered.on_frame(kind, payload)
        elif record is not None and running:
            self._on_run_frame(record, kind, payload)
        else:
            raise BadFrame(f"{kind.name} was not expected")

    def _on_run_frame(self, record: Record, kind: Kind, payload: bytes) -> None:
        if kind is Kind.STARTED and not record.started:
            record.started = True
        elif kind in STREAMS and record.started:
            self._keep(record, kind, payload)
        elif kind is Kind.ENDED:
            record.ended = frames.decode_object(payload)
            self._ended_at = time.monotonic()
        elif kind is Kind.TAKEN and record.task.step.stdin_open:
            count = frames.decode_object(payload).get("bytes")
            if not isinstance(count, int) or not 0 < count <= INPUT_WINDOW - self._credit:
                raise BadFrame("more input was taken than was sent")
            self._credit += count
            self._credited.set()
        else:
            raise BadFrame(f"{kind.name} was not expected")

    def _keep(self, record: Record, kind: Kind, payload: bytes) -> None:
        step = record.task.step
        if step.live:
            if kind not in record.live_bytes or self._sink is None:
                raise BadFrame(f"{kind.name} was not expected")
            record.live_bytes[kind] += len(payload)
            if record.live_bytes[kind] > step.output_hard_bytes:
                raise BadFrame("more output than may be")
            self._sink.put(kind, payload)
            return
        kept = record.kept[kind]
        kept += payload
        if len(kept) > step.output_bytes:
            raise BadFrame("more output than was asked for")


class _Gathering:
    """Artifacts in the making."""

    KINDS = frozenset({Kind.ARTIFACT, Kind.ARTIFACT_DATA, Kind.OMITTED, Kind.DONE})

    def __init__(self, total_bytes: int, count: int) -> None:
        self.artifacts = Artifacts()
        self._total_bytes = total_bytes
        self._count = count
        self._open: tuple[dict[str, Any], bytearray] | None = None
        self._bytes = 0
        self._names_bytes = 0
        self._omitted = 0

    def on_frame(self, kind: Kind, payload: bytes) -> None:
        if self.artifacts.complete:
            raise BadFrame("a frame after the last one")
        if kind is Kind.ARTIFACT_DATA:
            self._on_data(payload)
            return
        self._finish()
        if kind is Kind.DONE:
            self.artifacts.complete = True
            return
        value = frames.decode_object(payload)
        path = value.get("path")
        if not isinstance(path, str) or not 0 < len(path) <= MAX_NAME:
            raise BadFrame("an artifact without a path")
        if kind is Kind.ARTIFACT:
            self._names_bytes += len(path.encode())
            if self._names_bytes > MAX_NAMES_BYTES:
                raise BadFrame("longer names of artifacts than are sent")
            self._open = (value, bytearray())
        else:
            self._omitted += 1
            if self._omitted > MAX_OMITTED:
                raise BadFrame("more files left out than are named")
            self.artifacts.omitted[path] = str(value.get("reason"))[:200]

    def _on_data(self, payload: bytes) -> None:
        if self._open is None:
            raise BadFrame("an artifact's content without its name")
        self._open[1].extend(payload)
        self._bytes += len(payload)
        if self._bytes > self._total_bytes:
            raise BadFrame("more bytes of artifacts than were asked for")

    def _finish(self) -> None:
        if self._open is None:
            return
        head, content = self._open
        self._open = None
        if len(self.artifacts.files) >= self._count:
            raise BadFrame("more artifacts than were asked for")
        self.artifacts.files.append(ArtifactFile(head["path"], bytes(content), head.get("executable") is True))


@contextlib.contextmanager
def _lost(doing: str) -> Any:
    """Turn whatever shows that a sandbox is lost into ConnectionError."""
    try:
        yield
    except (TimeoutError, EOFError, BadFrame) as error:
        raise ConnectionError(f"the sandbox did not {doing}: {error or type(error).__name__}") from None


async def _answer(connection: Connection, wanted: Kind, seconds: float) -> bytes:
    decoder = frames.Decoder()
    async with asyncio.timeout(seconds):
        while data := await connection.receive():
            for kind, payload in decoder.feed(data):
                if kind is not wanted:
                    raise BadFrame(f"{kind.name} instead of {wanted.name}")
                return payload
    raise EOFError


async def read_ready(connection: Connection, seconds: float) -> dict[str, Any]:
    """
    Return what a runner says of itself once it waits for orders.

    :raises BadFrame: It said something else.
    :raises EOFError: It ended.
    :raises TimeoutError: It said nothing in time.
    """
    return frames.decode_object(await _answer(connection, Kind.READY, seconds))


async def ping(connection: Connection, seconds: float) -> bool:
    """Tell whether a runner that waits for orders answers in time."""
    try:
        async with asyncio.timeout(seconds):
            await connection.send(frames.encode(Kind.PING))
            await _answer(connection, Kind.PONG, seconds)
    except (TimeoutError, EOFError, BadFrame, ConnectionError):
        return False
    return True
