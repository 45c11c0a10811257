"""
The standard streams of this process, used without holding up anything else.

A terminal may be typed into late or never, and a reader may stop reading. Neither may stop the event loop, which also
hears signals and, in a suite of the command's own, keeps the limits. So each read and write has a thread, which nobody
waits for at the end.
"""

import asyncio
import errno
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, TypeVar

from cli.sources import BadSource

T = TypeVar("T")

CHUNK_BYTES = 64 * 1024

_BACKGROUND_SECONDS = 0.2


async def read() -> bytes:
    """Return the next bytes of standard input as soon as there are any; none at its end, or where there is none."""
    descriptor = _descriptor(sys.stdin)
    return b"" if descriptor is None else await _threaded(lambda: _read(descriptor))


async def write(stream: TextIO | None, name: str, data: bytes) -> None:
    """
    Write bytes to a stream, all of them; nowhere where it is closed.

    :param name: What the stream is called in an error.
    :raises BrokenPipeError: Nobody reads it any more: the other end is closed, or the terminal is gone.
    :raises BadSource: It cannot be written.
    """
    descriptor = _descriptor(stream)
    if descriptor is None or not data:
        return
    try:
        await _threaded(lambda: _write(descriptor, data))
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno == errno.EIO:
            raise BrokenPipeError from None
        raise BadSource(f"{name}: {(error.strerror or 'it cannot be written').lower()}") from None


def _descriptor(stream: TextIO | None) -> int | None:
    if stream is None or stream.closed:
        return None
    return stream.fileno()


def _read(descriptor: int) -> bytes:
    while _in_background(descriptor):
        time.sleep(_BACKGROUND_SECONDS)
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except BlockingIOError:
        select.select([descriptor], [], [])
        return _read(descriptor)
    except OSError:
        # The terminal is gone, or it is a directory: nothing will come.
        return b""


def _in_background(descriptor: int) -> bool:
    """Return whether reading would stop this process, as a job of the shell that the terminal does not belong to."""
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) != os.getpgrp()
    except OSError:
        return False


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


async def _threaded(call: Callable[[], T]) -> T:
    """Call in a thread; where the wait is cancelled, the thread is left to itself, and ends with the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 it is raised where it is waited for
            tell(done.set_exception, error)
        else:
            tell(done.set_result, result)

    def tell(how: Callable[[Any], None], what: object) -> None:
        # The loop may be closed by now, or nobody wait any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if done.done() else how(what))

    threading.Thread(target=work, name="standard-stream", daemon=True).start()
    return await done
