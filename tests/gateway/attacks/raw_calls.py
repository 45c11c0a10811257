"""gRPC calls by hand, for clients that do what no library lets them do."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.gateway import frames

DATA, HEADERS, RST_STREAM, CONTINUATION = 0, 1, 3, 9
END_HEADERS = 4
CANCEL = 8

Header = tuple[str, str]


def header_block(headers: Sequence[Header]) -> bytes:
    """Return headers as HPACK has them (RFC 7541): literal, never indexed, not compressed."""
    return b"".join(b"\x10" + _text(name) + _text(value) for name, value in headers)


def _text(text: str) -> bytes:
    content = text.encode("latin-1")
    size = len(content)
    if size < 127:
        return bytes((size,)) + content
    size -= 127
    made = b"\x7f"
    while size >= 128:
        made += bytes((size % 128 + 128,))
        size //= 128
    return made + bytes((size,)) + content


def call_headers(path: str, *more: Header) -> list[Header]:
    """Return the headers that begin a call."""
    return [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
        ("content-type", "application/grpc"), ("te", "trailers"), *more,
    ]  # fmt: skip


def message(content: bytes, *, compressed: int = 0, size: int | None = None) -> bytes:
    """Return a message as gRPC frames it; its size may be a lie."""
    return struct.pack(">BI", compressed, len(content) if size is None else size) + content


class RawConnection:
    """A connection, from behind the preface on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._stream = -1

    def begin(self, headers: Sequence[Header]) -> int:
        """Write the headers of a new call, and return the number of its stream."""
        self._stream += 2
        self.writer.write(frames.frame(HEADERS, header_block(headers), END_HEADERS, self._stream))
        return self._stream

    def data(self, stream: int, content: bytes) -> None:
        """Write bytes of a message."""
        self.writer.write(frames.frame(DATA, content, 0, stream))

    def reset(self, stream: int) -> None:
        """End a call at once."""
        self.writer.write(frames.frame(RST_STREAM, struct.pack(">I", CANCEL), 0, stream))

    async def is_hung_up(self, seconds: float) -> bool:
        """Say whether the server hangs up within a time, whatever else it says."""
        try:
            await asyncio.wait_for(frames.last(self.reader), seconds)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def raw_connection(address: str) -> AsyncIterator[RawConnection]:
    """Connect to "host:port", say that HTTP/2 is spoken, and hang up at the end."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(frames.PREFACE + frames.frame(frames.SETTINGS))
        yield RawConnection(reader, writer)
    finally:
        writer.close()
