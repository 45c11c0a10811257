"""
Which files the arguments of `assay check` mean.

A file is itself, whatever its name. A directory is the source files below it whose language their names tell: in a Git
working tree those that Git does not ignore; elsewhere, and where a directory is ignored as a whole (as build output
often is), all but hidden folders, virtual environments, caches and installed packages. Links found in a directory are
not followed. Only names are kept in memory: ten thousand files cost ten thousand names.
"""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.candidates import MAX_TOTAL_BYTES
from assay.languages import SUFFIXES, of_path

from cli.printable import printable

MAX_SOURCES = 100_000
"""Files of one call."""

STANDARD_INPUT = "-"

GIT = ("git", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit")
"""How Git is called: the settings of a repository of unknown origin must not run programs of its choice."""

_GIT_SECONDS = 30
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})


class BadSource(Exception):
    """A path cannot be read as source; the message says why, without the path."""


@dataclass(frozen=True, slots=True)
class Source:
    """
    One thing to check.

    :param name: What the caller called it, for reports: not fit for a terminal as it is.
    :param path: Where it lies; None for standard input.
    :param roots: The folders that were given, in which its own project's modules may lie.
    :param problem: Why it cannot be checked; empty where it can.
    """

    name: str
    path: Path | None
    roots: tuple[Path, ...] = ()
    problem: str = ""


def expand(arguments: Sequence[str]) -> list[Source]:
    """
    Return what the arguments mean, in their order, each file once.

    What cannot be checked is in the list too, with its problem.

    :raises BadSource: There are more than :data:`MAX_SOURCES` files.
    """
    found: dict[str, Source] = {}
    for argument in arguments:
        for source in _expand_one(argument):
            key = STANDARD_INPUT if source.path is None else os.path.abspath(source.path)
            found.setdefault(key, source)
            if len(found) > MAX_SOURCES:
                raise BadSource(f"these are more than {MAX_SOURCES:,} source files, the most that one call takes")
    return list(found.values())


def _expand_one(argument: str) -> Iterator[Source]:
    if argument == STANDARD_INPUT:
        yield Source("<stdin>", None)
        return
    path = Path(argument)
    if not argument or "\0" in argument:
        yield Source(argument, path, problem="this is no path")
    elif not path.is_dir():
        yield Source(argument, path)
    else:
        yield from _expand_directory(argument, path)


def _expand_directory(argument: str, folder: Path) -> Iterator[Source]:
    problems: list[Source] = []

    def cannot_list(error: OSError) -> None:
        name = os.fsdecode(error.filename or argument)
        problems.append(Source(name, Path(name), problem=_why(error)))

    empty = True
    for path in _tracked(folder) or _walk(folder, cannot_list):
        empty = False
        yield Source(str(path), path, roots=(folder,))
    yield from problems
    if empty and not problems:
        suffixes = ", ".join(sorted(SUFFIXES))
        yield Source(argument, folder, problem=f"the directory has no source files ({suffixes})")


def _tracked(folder: Path) -> list[Path]:
    """Return the source files below a folder that Git does not ignore; none where Git has nothing to say."""
    command = [*GIT, "-C", str(folder), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    names = sorted({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})
    paths = (folder / name for name in names if of_path(name))
    return [path for path in paths if _is_plain_file(path)]


def _walk(folder: Path, cannot_list: Callable[[OSError], None]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=cannot_list):
        folders[:] = sorted(name for name in folders if not _is_skipped(parent, name))
        for name in sorted(names):
            path = Path(parent, name)
            if of_path(name) and _is_plain_file(path):
                yield path


def _is_skipped(parent: str, name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED or os.path.exists(os.path.join(parent, name, "pyvenv.cfg"))


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def read(path: Path, limit: int = MAX_TOTAL_BYTES) -> bytes:
    """
    Return the bytes of a file.

    :raises BadSource: It is missing, unreadable, no regular file, or larger than the limit.
    """
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadSource("this is not a regular file")
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise BadSource(_why(error)) from None
    return _bounded(content, limit)


def read_standard_input(limit: int = MAX_TOTAL_BYTES) -> bytes:
    """
    Return what standard input holds, up to its end.

    :raises BadSource: It is closed, or holds more than the limit.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise BadSource("there is no standard input")
    return _bounded(sys.stdin.buffer.read(limit + 1), limit)


def _bounded(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise BadSource(f"it is larger than {limit:,} bytes, the most that is taken")
    return content


def _why(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file or directory"
        case PermissionError():
            return "it may not be read by this user"
        case OSError():
            return printable(error.strerror or type(error).__name__).lower()
        case _:
            return "this is no path"
