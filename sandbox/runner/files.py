"""Writing a job's files, as a short-lived child of the program's user that was started beforehand."""

import os
from collections.abc import Callable

from . import frames
from .job import FileHead


def writer(descriptor: int) -> Callable[[], None]:
    """Return a child's body that reads a JOB frame with the files' heads, then their contents, and writes them."""

    def body() -> None:
        heads: list[FileHead] = []
        contents = bytearray()
        decoder = frames.Decoder()
        while piece := os.read(descriptor, 1024 * 1024):
            for kind, payload in decoder.feed(piece):
                if kind is frames.Kind.JOB:
                    heads = [FileHead(*head) for head in frames.decode_object(payload)["files"]]
                else:
                    contents += payload
                while heads and len(contents) >= heads[0].size:
                    head = heads.pop(0)
                    write(head, bytes(contents[: head.size]))
                    del contents[: head.size]
        if heads or contents:
            raise EOFError("the files' contents are not as long as announced")

    return body


def write(head: FileHead, content: bytes) -> None:
    """Write one file below the current folder. The service has checked the path; it is not trusted here either."""
    parts = head.path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError("a path leaves its folder")
    if len(parts) > 1:
        os.makedirs(os.path.dirname(head.path), mode=0o755, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(head.path, flags, 0o755 if head.executable else 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)
