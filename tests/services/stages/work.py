"""What the tests of the workers run in them."""

import os
import signal
import time
from pathlib import Path
from typing import NoReturn

from assay.errors import InvalidArgument


def process_id() -> int:
    """Return the worker's own."""
    return os.getpid()


def sleep(path: str) -> None:
    """Write down the worker's process, and stay in it."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def nap(seconds: float) -> int:
    """Return the worker's own process after a while."""
    time.sleep(seconds)
    return os.getpid()


def exit_with(status: int) -> NoReturn:
    """Leave without a word."""
    os._exit(status)


def be_killed() -> None:
    """Die by a signal."""
    os.kill(os.getpid(), signal.SIGKILL)


def take(size: int) -> int:
    """Take memory."""
    return len(bytearray(size))


def refuse() -> NoReturn:
    """Raise an error of the suite."""
    raise InvalidArgument("candidate.files[0].path", "it is absolute", metadata={"index": "0"})


def leak() -> NoReturn:
    """Raise an exception whose text quotes the code."""
    raise ValueError("password=hunter2")


class Demanding(Exception):
    """An exception that cannot be unpickled."""

    def __init__(self, *, needed: str) -> None:
        super().__init__(needed)


def raise_demanding() -> NoReturn:
    """Raise what cannot be unpickled."""
    raise Demanding(needed="x")


class Odd:
    """A value that can be pickled, but not back."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


def return_odd() -> Odd:
    """Return what cannot be unpickled."""
    return Odd()


def return_function() -> object:
    """Return what cannot be pickled."""
    return lambda: None


def overflow() -> None:
    """Recurse without end."""
    overflow()
