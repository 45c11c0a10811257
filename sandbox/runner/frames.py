"""
The frames between the service and process 1 of a sandbox: one byte of kind, four of length (big-endian), the payload.

Both ends use this module; neither trusts the other. A payload is raw bytes or, for the kinds in :data:`OBJECTS`, one
JSON object.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Loading the module of types takes longer than all that it would be used for here.
    from typing import Any

MAX_PAYLOAD = 1024 * 1024
"""The longest payload in bytes, of FILES and STEP apart; longer contents are sent in several frames."""

MAX_ORDER = 8 * 1024 * 1024
"""The longest payload of FILES and STEP: a thousand long paths fit, and so do arguments and environment."""

HEADER = struct.Struct(">BI")


class Kind(IntEnum):
    """What a frame is. The first group goes to the runner, the second comes from it."""

    FILES = 1
    """Object: files to write, see :class:`sandbox.runner.orders.Files`."""
    FILE = 2
    """Raw: a piece of the files' contents, one after the other in the order of FILES."""
    STEP = 3
    """Object: a command, see :class:`sandbox.runner.orders.Step`."""
    STDIN = 4
    """Raw: a piece of the step's standard input; before GO, or later where the step leaves its input open."""
    STDIN_END = 5
    """Empty: an open standard input ends."""
    GO = 6
    """Empty: start the step."""
    KILL = 7
    """Empty: end the step now, then report as usual."""
    COLLECT = 8
    """Object: send artifacts, see :class:`sandbox.runner.orders.Gather`."""
    SNAPSHOT = 9
    """Empty: remember the work directory as it is."""
    PING = 10
    """Empty: answer PONG."""
    RESTORE = 11
    """Empty: bring the work directory back to what was remembered, and empty all other writable places."""

    READY = 16
    """Object: waiting for orders."""
    STARTED = 17
    """Empty: the step's command runs."""
    STDOUT = 18
    """Raw: the next piece of the beginning of the standard output; of all of it, where the step is live."""
    STDERR = 19
    """Raw: likewise of the standard error."""
    STDOUT_TAIL = 20
    """Raw: the next piece of the end of the standard output, after the program's end."""
    STDERR_TAIL = 21
    """Raw: the next piece of the end of the standard error, after the program's end."""
    ENDED = 22
    """Object: everything of the step is dead; how it ended and what it used."""
    ARTIFACT = 23
    """Object: a file follows."""
    ARTIFACT_DATA = 24
    """Raw: a piece of that file."""
    OMITTED = 25
    """Object: a file that is not returned, and why."""
    DONE = 26
    """Empty: no more artifacts."""
    BROKEN = 27
    """Object: the runner could not do its work, and why."""
    TAKEN = 28
    """Object: how many bytes of an open standard input the program took since the last such frame."""
    PONG = 29
    """Empty: still waiting."""
    SNAPPED = 30
    """Object: whether the work directory could be remembered."""


OBJECTS = frozenset(
    {
        Kind.FILES,
        Kind.STEP,
        Kind.COLLECT,
        Kind.READY,
        Kind.ENDED,
        Kind.ARTIFACT,
        Kind.OMITTED,
        Kind.BROKEN,
        Kind.TAKEN,
        Kind.SNAPPED,
    }
)
KINDS = frozenset(Kind)


class BadFrame(Exception):
    """The other end sent something that is not a frame of this protocol."""


def longest(kind: int) -> int:
    """Return how many bytes the payload of a kind may have."""
    return MAX_ORDER if kind in {Kind.FILES, Kind.STEP} else MAX_PAYLOAD


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
