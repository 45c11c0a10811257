"""
Long-lived connections to the daemon, owned by asyncio: the streams of a container, and the stream of events.

Both begin as an HTTP request. An attach is upgraded (``101``) and then carries raw bytes: to the container as they are,
from it in pieces with a header of eight bytes (stream, three zeros, length), as the Engine API's ContainerAttach says.
Our own few lines instead of the library's, since asyncio must own the socket, over TLS as well.
"""

import asyncio
import struct
from collections.abc import AsyncIterator

from sandbox.containers.daemon import API_VERSION, Address, Missing, Refused

OPEN_SECONDS = 10.0
BUFFER_BYTES = 1024 * 1024
MAX_LINE = 256 * 1024
MAX_LOG = 8 * 1024
STDOUT, STDERR = 1, 2
PIECE_HEADER = struct.Struct(">BxxxI")


async def _open(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.socket_path:
        return await asyncio.open_unix_connection(address.socket_path, limit=BUFFER_BYTES)
    return await asyncio.open_connection(address.host, address.port, ssl=address.ssl_context(), limit=BUFFER_BYTES)


async def _request(
    address: Address, line: str, headers: str, wanted: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(OPEN_SECONDS):
        reader, writer = await _open(address)
        try:
            writer.write(f"{line}\r\nHost: docker\r\n{headers}\r\n".encode())
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
        except BaseException as error:
            writer.transport.abort()
            if isinstance(error, asyncio.IncompleteReadError | asyncio.LimitOverrunError):
                raise ConnectionError("the daemon ended the connection") from None
            raise
    status = head.split(b" ", 2)[1:2]
    if status != [wanted]:
        writer.transport.abort()
        if status == [b"404"]:
            raise Missing("there is no such container")
        raise Refused(f"the daemon answered {b''.join(status).decode('ascii', 'replace')}")
    return reader, writer


class Streams:
    """The standard streams of a container's process 1."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._left = 0
        self._stream = 0
        self._log = bytearray()

    @classmethod
    async def attach(cls, address: Address, container: str) -> "Streams":
        """Attach to a container that was not started yet, so that nothing is missed."""
        path = f"/v{API_VERSION}/containers/{container}/attach?stream=1&stdin=1&stdout=1&stderr=1"
        headers = "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n"
        return cls(*await _request(address, f"POST {path} HTTP/1.1", headers, b"101"))

    async def send(self, data: bytes) -> None:
        """Send bytes to the standard input."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> bytes:
        """Return the next bytes of the standard output; none at the end."""
        while True:
            while self._left == 0:
                try:
                    header = await self._reader.readexactly(PIECE_HEADER.size)
                except asyncio.IncompleteReadError:
                    return b""
                self._stream, self._left = PIECE_HEADER.unpack(header)
            data = await self._reader.read(min(self._left, BUFFER_BYTES))
            if not data:
                return b""
            self._left -= len(data)
            if self._stream == STDOUT:
                return data
            self._log += data[: MAX_LOG - len(self._log)]

    def waiting(self) -> bool:
        """Tell whether the connection stands."""
        return not (self._reader.at_eof() or self._writer.transport.is_closing())

    def log(self) -> str:
        """Return what process 1 wrote on its standard error."""
        return self._log.decode("utf-8", "replace")

    def close(self) -> None:
        """End the connection at once: process 1 sees the end of its standard input."""
        self._writer.transport.abort()


async def events(address: Address, filters: str, since: float) -> AsyncIterator[bytes]:
    """Yield the daemon's events, one JSON object each, until the connection ends."""
    path = f"/v{API_VERSION}/events?filters={filters}&since={since:.9f}"
    # HTTP/1.0: the body comes as it is, not in chunks.
    reader, writer = await _request(address, f"GET {path} HTTP/1.0", "", b"200")
    try:
        while line := await reader.readline():
            if len(line) > MAX_LINE:
                raise ConnectionError("the daemon sent an event that is too long")
            yield line
    finally:
        writer.transport.abort()
