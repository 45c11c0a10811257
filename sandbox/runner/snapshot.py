"""
The work directory as it was before a batch's first case, and its way back to that before each case.

What is remembered lies in a sealed memory file of process 1, see memfd_create(2): it counts as the container's memory,
and no program can reach it. Reading and writing the work directory is done by children of the program's user, as
process 1 may not. The format is a line of JSON for each entry, with the content after it.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator

from .processes import WORK, fork_as_program, wait_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Loading the module of types takes longer than all that it would be used for here.
    from typing import Any

SECONDS = 20.0
FREE_SECONDS = 2.0
FS_IOC_SETFLAGS = 0x40086602
"""Sets what chattr(1) sets, see ioctl_iflags(2)."""

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
            self._run(_keep)
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
        keep = {2: 2, 3: self._memory}
        status = wait_for(fork_as_program(body, OPEN_FILES, self._file_bytes, keep, folder="/"), SECONDS)
        if status != 0:
            raise OSError(f"the work directory could not be kept or brought back (wait status {status})")


def _keep() -> None:
    enter(WORK)
    save(3)


def _bring_back() -> None:
    enter(WORK)
    empty()
    wait_free()
    load(3)
    os.utime(".")


def enter(work: str) -> None:
    """Make a folder the current one, as closed to others and as plain as it was at first: the program owns it."""
    os.chmod(work, 0o700)
    os.chdir(work)
    with _where_there_are_any():
        for name in os.listxattr("."):
            os.removexattr(".", name)
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with _where_there_are_any():
        fcntl.ioctl(folder, FS_IOC_SETFLAGS, bytes(8))
    os.close(folder)


@contextlib.contextmanager
def _where_there_are_any() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOTSUP, errno.ENOSYS, errno.ENOTTY}:
            raise


def save(descriptor: int) -> None:
    """Write the current folder's entries to a file; raise OSError where one cannot be read."""
    with open(descriptor, "wb", closefd=False) as out:
        for folder, folders, files in os.walk(".", onerror=_fail):
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
        out.write(_line(head | {"size": status.st_size}))
        with open(path, "rb") as file:
            while piece := file.read(PIECE):
                out.write(piece)


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


def empty(places: tuple[str, ...] = PLACES) -> None:
    """Remove everything from the places that a program may write to; raise OSError where something stays."""
    for place in places:
        top = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        number = 0
        while names := os.listdir(top):
            for name in names:
                if not stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode):
                    os.unlink(name, dir_fd=top)
                    continue
                # Folders within it move up first: a tree may be deeper than paths and open files can reach.
                number = _hollow(top, name, number)
                os.rmdir(name, dir_fd=top)
        os.close(top)


def wait_free() -> None:
    """
    Wait until nothing is held any more of what was removed; raise OSError where that takes too long.

    Descriptors that were sent to a socket and not received outlive every process, if they hold each other in a ring.
    The kernel looks for such rings in the background, where a socket is closed, see net/unix/garbage.c.
    """
    deadline = time.monotonic() + FREE_SECONDS
    while True:
        for end in _socket.socketpair():
            end.close()
        if all(_free(place) for place in PLACES):
            return
        if time.monotonic() > deadline:
            raise OSError("files that were removed are still held")
        time.sleep(0.001)


def _free(place: str) -> bool:
    status = os.statvfs(place)
    # A runtime's own file system may not count entries: then nothing can be told by them. One entry is the folder.
    return status.f_files == 0 or (status.f_bfree == status.f_blocks and status.f_files - status.f_ffree <= 1)


def _hollow(top: int, name: str, number: int) -> int:
    """Empty a folder; those in it go to the folder above under new names, from a number on. Return the next number."""
    os.chmod(name, 0o700, dir_fd=top)
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
    for inner in os.listdir(folder):
        if not stat.S_ISDIR(os.lstat(inner, dir_fd=folder).st_mode):
            os.unlink(inner, dir_fd=folder)
            continue
        os.chmod(inner, 0o700, dir_fd=folder)
        while _exists(f"{number}", top):
            number += 1
        os.rename(inner, f"{number}", src_dir_fd=folder, dst_dir_fd=top)
        number += 1
    os.close(folder)
    return number


def _exists(name: str, top: int) -> bool:
    try:
        os.lstat(name, dir_fd=top)
    except FileNotFoundError:
        return False
    return True


def _fail(error: OSError) -> None:
    raise error
