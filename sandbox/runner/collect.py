"""Reading the artifacts, as a child of the program's user, after everything else in the sandbox is dead."""

import os
import stat
from collections.abc import Callable, Iterator

from . import frames
from .globs import matcher
from .orders import Gather

MAX_DEPTH = 32
MAX_VISITED = 100_000
MAX_OMITTED = 100
PIECE = 256 * 1024
MAX_NAMES_BYTES = 2 * 1024 * 1024
"""Of the escaped paths of all artifacts: with the longest contents and outputs, the answer is still one message."""


def collector(order: Gather, send: Callable[[bytes], None]) -> Callable[[], None]:
    """Return a child's body that sends ARTIFACT, ARTIFACT_DATA and OMITTED frames for the current folder."""

    def body() -> None:
        left, names_left, count, omitted = order.total_bytes, MAX_NAMES_BYTES, 0, 0
        wanted = matcher(order.globs)
        for path, found in walk(b"."):
            if not wanted(path):
                continue
            name_bytes = len(escape(path).encode())
            reason = refusal(found)
            if not reason and count >= order.count:
                reason = f"more than {order.count} artifacts"
            if not reason and found.st_size > left:
                reason = f"the artifacts' size is above {order.total_bytes} bytes"
            if not reason and name_bytes > names_left:
                reason = "the artifacts' names are too long together"
            if not reason:
                reason, sent = send_file(path, found, send)
                left, names_left = left - sent, names_left - name_bytes
                count += not reason
            if reason and omitted < MAX_OMITTED:
                omitted += 1
                send(frames.encode_object(frames.Kind.OMITTED, {"path": escape(path), "reason": reason}))

    return body


def walk(top: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """Yield path and status of everything but folders below a folder, sorted within each, no link followed."""
    waiting = [(top, 0)]
    visited = 0
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                names = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        folders: list[tuple[bytes, int]] = []
        for entry in names:
            visited += 1
            if visited > MAX_VISITED:
                return
            path = entry.path.removeprefix(b"./")
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(status.st_mode):
                if depth < MAX_DEPTH:
                    folders.append((path, depth + 1))
            else:
                yield path, status
        waiting.extend(reversed(folders))


def refusal(status: os.stat_result) -> str:
    """Return why a file is not read, or nothing."""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_size > status.st_blocks * 512 + 65_536:
        # A file of holes would be long on the wire for nothing.
        return "a sparse file"
    return ""


def send_file(path: bytes, expected: os.stat_result, send: Callable[[bytes], None]) -> tuple[str, int]:
    """Send one file; return why it could not be sent, or nothing, and the bytes that were."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return f"cannot be opened: {error.strerror}", 0
    try:
        status = os.fstat(descriptor)
        if not os.path.samestat(status, expected) or refusal(status):
            return "not a regular file", 0
        head = {"path": escape(path), "size": status.st_size, "executable": bool(status.st_mode & 0o111)}
        send(frames.encode_object(frames.Kind.ARTIFACT, head))
        left = status.st_size
        while left and (piece := os.read(descriptor, min(left, PIECE))):
            send(frames.encode(frames.Kind.ARTIFACT_DATA, piece))
            left -= len(piece)
        return "", status.st_size
    finally:
        os.close(descriptor)


def escape(path: bytes) -> str:
    r"""Return a path as printable text: a byte that is not part of it becomes "\xNN", "\" itself "\x5c"."""
    pieces = []
    for character in path.decode("utf-8", "surrogateescape"):
        if character.isprintable() and character != "\\":
            pieces.append(character)
        else:
            pieces.extend(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
    return "".join(pieces)
