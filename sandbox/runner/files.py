"""Writing files, as a short-lived child of the program's user; the first of them was started beforehand."""

import os
from collections.abc import Callable, Iterable, Iterator

from . import frames
from .orders import FileHead, Files


def writer(descriptor: int) -> Callable[[], None]:
    """Return a child's body that reads a FILES frame, then the files' contents, and writes them."""

    def body() -> None:
        incoming = _receive(descriptor)
        for _, payload in incoming:
            files = Files.from_object(frames.decode_object(payload))
            for folder in files.folders:
                os.makedirs(folder, mode=0o755, exist_ok=True)
            write_all(files.heads, (payload for _, payload in incoming))

    return body


def _receive(descriptor: int) -> Iterator[tuple[frames.Kind, bytes]]:
    decoder = frames.Decoder()
    while piece := os.read(descriptor, 1024 * 1024):
        yield from decoder.feed(piece)


def write_all(heads: Iterable[FileHead], pieces: Iterator[bytes]) -> None:
    """
    Write files below the current folder, one after the other, each piece as it comes, so that it takes no memory twice.

    :raises EOFError: The contents are not as long as announced.
    """
    rest = memoryview(b"")
    for head in heads:
        descriptor = create(head)
        left = head.size
        while left:
            if not rest and not (rest := memoryview(_next(pieces))):
                raise EOFError("the files' contents are shorter than announced")
            written = os.write(descriptor, rest[:left])
            rest, left = rest[written:], left - written
        os.close(descriptor)
    if rest or _next(pieces):
        raise EOFError("the files' contents are longer than announced")


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")


def create(head: FileHead) -> int:
    """Create one file; return its descriptor. The service has checked the path; it is not trusted here either."""
    parts = head.path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError("a path leaves its folder")
    if len(parts) > 1:
        os.makedirs(os.path.dirname(head.path), mode=0o755, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(head.path, flags, 0o755 if head.executable else 0o644)
