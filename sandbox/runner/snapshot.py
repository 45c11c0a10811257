"""
The work directory as it was before a batch's first case, and its way back to that before each case.

What is remembered lies in a sealed memory file of process 1, see memfd_create(2): it counts as the container's memory,
and no program can reach it. Reading and writing the work directory is done by children of the program's user, as
process 1 may not. The format is a line of JSON for each entry, with the content after it.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Callable

from .processes import fork_as_program, wait_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Loading the module of types takes longer than all that it would be used for here.
    from typing import Any

SECONDS = 20.0
OPEN_FILES = 1024
PIECE = 1024 * 1024
PLACES = (".", "/tmp", "/dev/shm")  # noqa: S108 - the container's own
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Snapshot:
    """
    A remembered work directory.

    :raises OSError: It could not be read, or is larger than a file may be.
    """

    def __init__(self, file_bytes: int) -> None:
        self._file_bytes = file_bytes
        self._memory = os.memfd_create("snapshot", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            self._run(lambda: save(3))
            fcntl.fcntl(self._memory, fcntl.F_ADD_SEALS, SEALS)
        except BaseException:
            os.close(self._memory)
            raise

    def restore(self) -> None:
        """
        Bring everything back; raise OSError where that is not possible.

        Nothing of the program lives any more.
        """
        self._run(_bring_back)

    def _run(self, body: Callable[[], Any]) -> None:
        status = wait_for(fork_as_program(body, OPEN_FILES, self._file_bytes, {2: 2, 3: self._memory}), SECONDS)
        if status != 0:
            raise OSError(f"the work directory could not be kept or brought back (wait status {status})")


def _bring_back() -> None:
    empty()
    load(3)


def save(descriptor: int) -> None:
    """Write the current folder's entries to a file."""
    with open(descriptor, "wb", closefd=False) as out:
        for folder, folders, files in os.walk("."):
            for name in sorted(folders) + sorted(files):
                _save_one(os.path.join(folder, name), out)


def _save_one(path: str, out: Any) -> None:
    status = os.lstat(path)
    head: dict[str, Any] = {"path": path, "mode": stat.S_IMODE(status.st_mode)}
    if stat.S_ISDIR(status.st_mode):
        out.write(_line(head))
    elif stat.S_ISLNK(status.st_mode):
        out.write(_line(head | {"link": os.readlink(path)}))
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            content = file.read(status.st_size)
        out.write(_line(head | {"size": len(content)}) + content)


def _line(head: dict[str, Any]) -> bytes:
    return json.dumps(head).encode() + b"\n"


def load(descriptor: int) -> None:
    """Make in the current folder what :func:`save` wrote."""
    folders: list[tuple[str, int]] = []
    source = _Reader(descriptor)
    while line := source.line():
        head = json.loads(line)
        path = head["path"]
        if "link" in head:
            os.symlink(head["link"], path)
        elif "size" in head:
            target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            source.copy(target, head["size"])
            os.fchmod(target, head["mode"])
            os.close(target)
        else:
            os.mkdir(path)
            folders.append((path, head["mode"]))
    for path, mode in reversed(folders):
        os.chmod(path, mode)


class _Reader:
    """Lines and contents of a file, read by position: the descriptor's own is shared by all that ever read it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def line(self) -> bytes:
        pieces = b""
        while b"\n" not in pieces and (piece := os.pread(self._descriptor, 4096, self._at + len(pieces))):
            pieces += piece
        line = pieces.partition(b"\n")[0]
        self._at += len(line) + 1
        return line

    def copy(self, target: int, size: int) -> None:
        while size:
            written = os.write(target, os.pread(self._descriptor, min(size, PIECE), self._at))
            self._at, size = self._at + written, size - written


def empty() -> None:
    """Remove everything from the places that a program may write to; raise OSError where something stays."""
    for place in PLACES:
        with os.scandir(place) as entries:
            names = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for path, is_folder in names:
            if is_folder:
                _remove_folder(path)
            else:
                os.unlink(path)


def _remove_folder(top: str) -> None:
    os.chmod(top, 0o700)
    for folder, folders, _ in os.walk(top, onerror=_fail):
        for name in folders:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
    for folder, folders, files in os.walk(top, topdown=False, onerror=_fail):
        for name in files:
            os.unlink(os.path.join(folder, name))
        for name in folders:
            path = os.path.join(folder, name)
            os.unlink(path) if os.path.islink(path) else os.rmdir(path)
    os.rmdir(top)


def _fail(error: OSError) -> None:
    raise error
