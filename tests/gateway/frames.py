"""HTTP/2 by hand, for what no client does."""

import asyncio
import struct
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY = 4, 6, 7
ACK = 1
MAX_CONCURRENT_STREAMS = 3
ENHANCE_YOUR_CALM = 11


@dataclass
class Frame:
    """One frame."""

    kind: int
    flags: int
    payload: bytes

    def settings(self) -> dict[int, int]:
        """Return what a SETTINGS frame says."""
        return dict(struct.iter_unpack(">HI", self.payload))

    def error(self) -> int:
        """Return the code of a GOAWAY frame."""
        return int(struct.unpack(">I", self.payload[4:8])[0])


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    """Return a frame as it goes out."""
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


async def read(reader: asyncio.StreamReader) -> Frame | None:
    """Return the next frame, or None where the connection is closed."""
    try:
        head = await reader.readexactly(9)
        return Frame(head[3], head[4], await reader.readexactly(int.from_bytes(head[:3], "big")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def last(reader: asyncio.StreamReader) -> Frame | None:
    """Read until the connection is closed, and return the GOAWAY frame that told of it."""
    told = None
    while (found := await read(reader)) is not None:
        if found.kind == GOAWAY:
            told = found
    return told
