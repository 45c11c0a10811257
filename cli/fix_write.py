"""Writing a mended file: whole or not at all, and never over what somebody else wrote meanwhile."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cli.printable import printable


class NotWritten(Exception):
    """A file was left as it is; the message says why, without its path."""


def write(path: Path, before: bytes, after: bytes) -> None:
    """
    Put a new content in the place of a file's, at one moment.

    The file keeps its mode and, where that is allowed, its owner; a symbolic link stays one, and what it leads to is
    written. A file with several names (hard links) becomes one of its own.

    :param before: What was read, and has to be there still.
    :raises NotWritten: Something else is there, or it cannot be written.
    """
    try:
        _write(Path(os.path.realpath(path)), before, after)
    except OSError as error:
        raise NotWritten(printable(error.strerror or type(error).__name__).lower()) from None


def _write(path: Path, before: bytes, after: bytes) -> None:
    facts = _unchanged(path, before)
    if not os.access(path, os.W_OK):
        raise NotWritten("it is read-only")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".assay")
    try:
        with open(descriptor, "wb") as file:
            file.write(after)
            with suppress(PermissionError):
                os.fchown(file.fileno(), facts.st_uid, facts.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(facts.st_mode))
            file.flush()
            os.fsync(file.fileno())
        if _stamp(os.lstat(path)) != _stamp(facts):
            raise NotWritten("it changed meanwhile")
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _unchanged(path: Path, before: bytes) -> os.stat_result:
    """Return what there is to know of a file that holds what it is supposed to hold."""
    # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or file.read(len(before) + 1) != before:
            raise NotWritten("it changed meanwhile")
    return facts


def _stamp(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size
