"""Runs ruff over one file, by the candidate's Python version, with nothing of the candidate's silencing it."""

import io
import json
import resource
import signal
import subprocess
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from assay.errors import PluginFailed
from assay.stage import Location

RULES = ("F", "E9", "PLE0115", "PLE0117", "PLE0118", "PLE1142", "PLE1700")
"""Pyflakes, and the errors of Python's compiler that ruff has under names of their own."""

DEADLINE = 25.0
"""Seconds for one file."""

STACK_BYTES = 16 * 1024 * 1024
"""Room for what Python compiles (up to 10,000 levels), so that ruff runs out of it only where Python would too."""

MAX_DIAGNOSTICS = 10_000
"""Diagnostics of one file that are looked at, in the order of the source."""

OVERFLOW = b"overflowed its stack"
"""What Rust writes before it aborts for want of stack; it aborts for other reasons too."""

SYNTAX = "invalid-syntax"


class TooDeep(Exception):
    """The parser ran out of its stack."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """
    What ruff says about one place.

    :param code: A rule's code, or "invalid-syntax".
    """

    code: str
    message: str
    location: Location


def lint(data: bytes, path: str, minor: int, rules: tuple[str, ...] = RULES) -> tuple[Diagnostic, ...]:
    """
    Return ruff's diagnostics of UTF-8 source, in its order.

    :param path: Tells a stub file by its suffix; the file is not read.
    :param minor: The minor version of Python 3.
    :raises TooDeep: The source is nested deeper than ruff's stack.
    :raises PluginFailed: ruff could not be run, did not end in time, or failed.
    """
    suffix = ".pyi" if PurePosixPath(path).suffix.lower() == ".pyi" else ".py"
    command = [
        _binary(), "check", "--isolated", "--ignore-noqa", "--no-cache", "--quiet", "--no-respect-gitignore",
        "--select", ",".join(rules), "--target-version", f"py3{minor}", "--output-format", "json-lines",
        "--stdin-filename", f"source{suffix}", "-",
    ]  # fmt: skip
    _deepen()
    try:
        # It dies with this process: the end of its input ends it, if its output's reader has not.
        done = subprocess.run(command, input=data, capture_output=True, timeout=DEADLINE, check=False, cwd="/")
    except subprocess.TimeoutExpired:
        raise PluginFailed(f"ruff took longer than {DEADLINE:g} s and was stopped") from None
    except OSError as error:
        raise PluginFailed(f"ruff could not be run: {error.strerror}") from None
    if done.returncode == -signal.SIGSEGV or (done.returncode == -signal.SIGABRT and OVERFLOW in done.stderr):
        raise TooDeep
    if done.returncode not in (0, 1):
        raise PluginFailed(f"ruff failed with exit status {done.returncode}")
    lines = islice(io.BytesIO(done.stdout), MAX_DIAGNOSTICS)
    return tuple(_diagnostic(json.loads(line), path) for line in lines)


def _binary() -> str:
    from ruff import find_ruff_bin

    return str(find_ruff_bin())


def _deepen() -> None:
    """
    Let this process, and so its children, have a deep stack.

    Not between fork and exec: code that runs there is not safe in a process with threads.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = STACK_BYTES if hard == resource.RLIM_INFINITY else min(STACK_BYTES, hard)
    if soft != wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))


def _diagnostic(item: dict[str, object], path: str) -> Diagnostic:
    start, end = item["location"], item["end_location"]
    assert isinstance(start, dict)
    assert isinstance(end, dict)
    place = Location(path, start["row"], start["column"], end["row"], end["column"])
    return Diagnostic(str(item["code"] or SYNTAX), str(item["message"]), place)
