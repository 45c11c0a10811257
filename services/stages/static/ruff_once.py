"""Runs ruff over one file in a process of its own, with as deep a stack as Python's parser is worth."""

import json
import resource
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, Any

from assay.errors import PluginFailed

from services.stages.static.lint_rules import SELECTED

DEADLINE = 25.0
"""Seconds for one file."""

STACK_BYTES = 16 * 1024 * 1024
"""Room for what Python compiles (up to 10,000 levels), so that ruff runs out of it only where Python would too."""

MAX_LINE_BYTES = 1 << 20
"""A longer diagnostic ends the reading."""

OVERFLOW = b"overflowed its stack"
"""What Rust writes before it aborts for want of stack; it aborts for other reasons too."""


class TooDeep(Exception):
    """The parser ran out of its stack."""


def ask(data: bytes, minor: int, suffix: str, most: int) -> list[dict[str, Any]]:
    """
    Return the first of ruff's diagnostics of UTF-8 source, in the form of the Language Server Protocol.

    :param most: After so many it is stopped.
    :raises TooDeep: The source is nested deeper than ruff's stack.
    :raises PluginFailed: ruff could not be run, did not end in time, or failed.
    """
    from ruff import find_ruff_bin

    command = [
        str(find_ruff_bin()), "check", "--isolated", "--ignore-noqa", "--no-cache", "--quiet", "--no-respect-gitignore",
        "--select", ",".join(SELECTED), "--target-version", f"py3{minor}", "--output-format", "json-lines",
        "--stdin-filename", f"source{suffix}", "-",
    ]  # fmt: skip
    _deepen()
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        try:
            child = subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=told, cwd="/")
        except OSError as error:
            raise PluginFailed(f"ruff could not be run: {error.strerror}") from None
        with child:
            return _read(child, told, most)


def _read(child: "subprocess.Popen[bytes]", told: IO[bytes], most: int) -> list[dict[str, Any]]:
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(DEADLINE, end)
    timer.start()
    try:
        assert child.stdout is not None
        lines = list(_lines(child.stdout, most))
        if len(lines) == most:
            child.kill()
        code = child.wait()
    finally:
        child.kill()
        timer.cancel()
    if late.is_set():
        raise PluginFailed(f"ruff took longer than {DEADLINE:g} s and was stopped")
    if len(lines) < most and code not in (0, 1):
        _explain(code, told)
    return [_protocol(json.loads(line)) for line in lines]


def _lines(output: IO[bytes], most: int) -> Iterator[bytes]:
    for _ in range(most):
        line = output.readline(MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            return
        yield line


def _explain(code: int, told: IO[bytes]) -> None:
    told.seek(0)
    if code == -signal.SIGSEGV or (code == -signal.SIGABRT and OVERFLOW in told.read(MAX_LINE_BYTES)):
        raise TooDeep
    raise PluginFailed(f"ruff failed with exit status {code}")


def _deepen() -> None:
    """
    Let this process, and so its children, have a deep stack.

    Not between fork and exec: code that runs there is not safe in a process with threads.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = STACK_BYTES if hard == resource.RLIM_INFINITY else min(STACK_BYTES, hard)
    if soft != wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))


def _protocol(item: dict[str, Any]) -> dict[str, Any]:
    """Return a diagnostic of the command line in the form of the protocol."""
    ends = {"start": item["location"], "end": item["end_location"]}
    places = {name: {"line": at["row"] - 1, "character": at["column"] - 1} for name, at in ends.items()}
    return {"code": item["code"], "message": item["message"], "range": places}
