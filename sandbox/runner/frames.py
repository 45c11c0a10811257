"""
The frames between the service and process 1 of a sandbox: one byte of kind, four of length (big-endian), the payload.

Both ends use this module; neither trusts the other. A payload is raw bytes or, for the kinds in :data:`OBJECTS`, one
JSON object.
"""

import json
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

MAX_PAYLOAD = 1024 * 1024
"""The longest payload in bytes, of a JOB frame apart; longer contents are sent in several frames."""

MAX_JOB = 8 * 1024 * 1024
"""The longest payload of a JOB frame: a thousand long paths fit, with arguments and environment."""

HEADER = struct.Struct(">BI")


class Kind(IntEnum):
    """What a frame is. The first group goes to the runner, the second comes from it."""

    JOB = 1
    """Object: the job, see :mod:`sandbox.runner.job`."""
    FILE = 2
    """Raw: a piece of the files' contents, one after the other in the job's order."""
    STDIN = 3
    """Raw: a piece of the program's standard input."""
    GO = 4
    """Empty: everything was sent."""
    KILL = 5
    """Empty: end the program now, then report as usual."""

    READY = 16
    """Object: waiting for a job."""
    STDOUT = 18
    """Raw: the next piece of the beginning of the standard output."""
    STDERR = 19
    """Raw: the next piece of the beginning of the standard error."""
    STDOUT_TAIL = 20
    """Raw: the next piece of the end of the standard output, after the program's end."""
    STDERR_TAIL = 21
    """Raw: the next piece of the end of the standard error, after the program's end."""
    ENDED = 22
    """Object: everything in the sandbox is dead; how it ended and what it used."""
    ARTIFACT = 23
    """Object: a file follows."""
    ARTIFACT_DATA = 24
    """Raw: a piece of that file."""
    OMITTED = 25
    """Object: a file that is not returned, and why."""
    DONE = 26
    """Empty: nothing follows."""
    BROKEN = 27
    """Object: the runner could not do its work, and why."""


OBJECTS = frozenset({Kind.JOB, Kind.READY, Kind.ENDED, Kind.ARTIFACT, Kind.OMITTED, Kind.BROKEN})
KINDS = frozenset(Kind)


class BadFrame(Exception):
    """The other end sent something that is not a frame of this protocol."""


def longest(kind: int) -> int:
    """Return how many bytes the payload of a kind may have."""
    return MAX_JOB if kind == Kind.JOB else MAX_PAYLOAD


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """Return one frame."""
    if len(payload) > longest(kind):
        raise BadFrame(f"a payload of {len(payload)} bytes is too long")
    return HEADER.pack(kind, len(payload)) + payload


def encode_object(kind: Kind, value: dict[str, Any]) -> bytes:
    """Return one frame that holds a JSON object."""
    return encode(kind, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def encode_pieces(kind: Kind, content: bytes, size: int = 256 * 1024) -> Iterator[bytes]:
    """Yield the frames that carry a content of any length; none for an empty one."""
    for start in range(0, len(content), size):
        yield encode(kind, content[start : start + size])


def decode_object(payload: bytes) -> dict[str, Any]:
    """Return the object of a payload; raise :class:`BadFrame` where it is none."""
    try:
        value = json.loads(payload)
        # Half a surrogate pair can be written as an escape, and is no text that could be passed on.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadFrame("a payload is not JSON") from None
    if not isinstance(value, dict):
        raise BadFrame("a payload is not an object")
    return value


class Decoder:
    """Cuts a stream of bytes into frames. Holds at most one incomplete frame beside what it was fed last."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Yield the frames that are complete with these bytes; raise :class:`BadFrame` at the first that is wrong."""
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= HEADER.size:
                number, length = HEADER.unpack_from(self._buffer, start)
                if number not in KINDS:
                    raise BadFrame(f"there is no kind {number}")
                if length > longest(number):
                    raise BadFrame(f"a payload of {length} bytes is too long")
                end = start + HEADER.size + length
                if end > len(self._buffer):
                    break
                payload = bytes(self._buffer[start + HEADER.size : end])
                start = end
                yield Kind(number), payload
        finally:
            del self._buffer[:start]
