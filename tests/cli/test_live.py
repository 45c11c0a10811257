"""`assay run` while the program runs: what is typed, what is written, and what ends it early."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from cli.live import CANCEL_SECONDS
from tests.cli.conftest import ASSAY
from tests.processes import clean_environment

pytestmark = pytest.mark.docker

BOUND = 60.0
"""Seconds within which anything that is waited for happens, or the test fails."""

ANSWERS = "import sys\nprint('ready')\nfor line in sys.stdin: print('got', line.strip())\nprint('end')\nsys.exit(7)\n"
TICKS = "import time\nfor number in range(200): print('tick', number); time.sleep(0.1)\n"

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(sandboxed: str, folder: Path) -> Iterator[Start]:
    """Give a function that starts `assay run` with a program's text; what still runs at the end is killed."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(text: str, *options: str, **streams: int | IO[bytes] | bool) -> "subprocess.Popen[bytes]":
        (folder / "main.py").write_text(text)
        given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        process = subprocess.Popen(  # type: ignore[call-overload]
            [ASSAY, "run", "--gateway", sandboxed, *options, folder / "main.py"], env=clean_environment(), **given
        )
        begun.append(process)
        return process  # type: ignore[no-any-return]

    yield begin
    for process in begun:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def until(descriptor: int, wanted: bytes) -> bytes:
    """Read until something was read that ends with what is wanted."""
    seen, last = b"", time.monotonic() + BOUND
    while not seen.endswith(wanted):
        ready, _, _ = select.select([descriptor], [], [], max(0, last - time.monotonic()))
        assert ready, f"there is no {wanted!r} after {seen!r}"
        data = os.read(descriptor, 4096)
        assert data, f"the end, and no {wanted!r} after {seen!r}"
        seen += data
    return seen


def test_a_program_answers_while_it_runs(start: Start) -> None:
    """Each line is handed to the program as it comes, its answer back at once; the end of the input is one too."""
    process = start(ANSWERS)
    assert process.stdin is not None
    assert process.stdout is not None
    until(process.stdout.fileno(), b"ready\n")
    for line in (b"a", b"b"):
        os.write(process.stdin.fileno(), line + b"\n")
        until(process.stdout.fileno(), b"got " + line + b"\n")
    process.stdin.close()
    until(process.stdout.fileno(), b"end\n")
    assert process.wait(timeout=BOUND) == 7


def test_a_program_is_typed_to(start: Start) -> None:
    """A terminal's lines and its end-of-file reach the program."""
    master, terminal = pty.openpty()
    try:
        process = start(ANSWERS, stdin=terminal, start_new_session=True)
        assert process.stdout is not None
        until(process.stdout.fileno(), b"ready\n")
        os.write(master, b"typed\n")
        until(process.stdout.fileno(), b"got typed\n")
        os.write(master, b"\x04")
        until(process.stdout.fileno(), b"end\n")
        assert process.wait(timeout=BOUND) == 7
    finally:
        os.close(terminal)
        os.close(master)


def test_a_program_that_does_not_read_holds_nobody_up(start: Start) -> None:
    """An input that never ends is not waited for."""
    process = start("print('done')\n")
    assert process.stdout is not None
    until(process.stdout.fileno(), b"done\n")
    assert process.wait(timeout=BOUND) == 0


def test_much_goes_through_as_it_is(start: Start) -> None:
    """Megabytes of bytes of every value come back in order, with nothing left out."""
    data = bytes(range(256)) * 16384
    text = "import sys, shutil\nshutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)\n"
    stdout, stderr = start(text).communicate(data, timeout=BOUND)
    assert stderr == b""
    assert stdout == data


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=str,
)
def test_signals_cancel_the_run(start: Start, number: signal.Signals, status: int) -> None:
    """What came until then is there, nothing is said, and the status is that of the signal."""
    process = start(TICKS)
    assert process.stdout is not None
    begin = until(process.stdout.fileno(), b"tick 3\n")
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=BOUND)
    assert (process.returncode, stderr) == (status, b"")
    lines = (begin + stdout).decode().splitlines()
    assert lines == [f"tick {number}" for number in range(len(lines))]
    assert len(lines) < 200


def test_input_that_is_not_read_does_not_stop_a_signal(start: Start) -> None:
    """Ctrl-C ends the run even where more input waits than the sandbox takes."""
    with open("/dev/zero", "rb") as endless:
        process = start("import time\nprint('ready')\ntime.sleep(60)\n", "--wall", "100", stdin=endless)
    assert process.stdout is not None
    until(process.stdout.fileno(), b"ready\n")
    time.sleep(CANCEL_SECONDS)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=BOUND) == 130


def test_output_that_is_not_read_does_not_stop_a_signal(start: Start) -> None:
    """Ctrl-C ends the run even where nobody takes what it writes."""
    process = start("while True: print('x' * 1000)\n")
    assert process.stdout is not None
    select.select([process.stdout], [], [], BOUND)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=BOUND) == 130


def test_a_reader_that_leaves_ends_the_run(start: Start) -> None:
    """A broken pipe is no error to talk about."""
    process = start("while True: print('x' * 1000)\n")
    assert process.stdout is not None
    assert process.stderr is not None
    os.read(process.stdout.fileno(), 1)
    process.stdout.close()
    assert process.wait(timeout=BOUND) == 141
    assert process.stderr.read() == b""


def test_a_terminal_that_closes_ends_the_run(start: Start) -> None:
    """Nothing goes on for a terminal that is gone."""
    master, terminal = pty.openpty()
    process = start(TICKS, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    until(master, b"tick 1\r\n")
    os.close(master)
    assert process.wait(timeout=BOUND) in {129, 141}


def test_a_stream_that_is_closed_gets_nothing(start: Start) -> None:
    """Output to nowhere is no error, and a disk that is full is said in one line."""
    with open("/dev/full", "wb") as full:
        process = start("print('x')\n", stdout=full)
    _, stderr = process.communicate(timeout=BOUND)
    assert (process.returncode, stderr) == (125, b"assay: standard output: no space left on device\n")
    process = start("import sys\nprint('x')\nsys.exit(5)\n", preexec_fn=lambda: os.close(1))
    _, stderr = process.communicate(timeout=BOUND)
    assert (process.returncode, stderr) == (5, b"")
