"""The runner's end of the connection to the service: frames in on descriptor 0, frames out on descriptor 1."""

import os
import select
import time
from collections import deque

from . import frames

SEND_SECONDS = 30.0
PIECE = 1024 * 1024


class ServiceGone(Exception):
    """The service closed its end, or this runner's life is over: everything must end now."""


class Link:
    """
    Both directions. While a program runs, nothing here waits; before and after, waiting is bounded.

    :param dies_at: The end of this runner's life on the monotonic clock.
    """

    def __init__(self, dies_at: float) -> None:
        self._decoder = frames.Decoder()
        self._inbox: deque[tuple[frames.Kind, bytes]] = deque()
        self._outbox: deque[bytes] = deque()
        self.waiting_bytes = 0
        self.dies_at = dies_at
        os.set_blocking(0, False)
        os.set_blocking(1, False)

    def send(self, frame: bytes) -> None:
        """Queue a frame; :meth:`write` sends it."""
        self._outbox.append(frame)
        self.waiting_bytes += len(frame)

    def write(self) -> None:
        """Send what can be sent without waiting."""
        while self._outbox:
            try:
                written = os.write(1, self._outbox[0])
            except BlockingIOError:
                return
            except BrokenPipeError:
                raise ServiceGone from None
            self.waiting_bytes -= written
            if written == len(self._outbox[0]):
                self._outbox.popleft()
            else:
                self._outbox[0] = self._outbox[0][written:]

    def flush(self, until: float = 0.0) -> None:
        """
        Send everything; raise :class:`ServiceGone` where that takes too long.

        :param until: On the monotonic clock; 0: for some time from now.
        """
        deadline = until or time.monotonic() + SEND_SECONDS
        self.write()
        while self._outbox:
            if not select.select([], [1], [], max(0.0, deadline - time.monotonic()))[1]:
                raise ServiceGone
            self.write()

    def send_now(self, frame: bytes) -> None:
        """Send a frame and wait until it is gone."""
        self.send(frame)
        self.flush()

    def next(self) -> tuple[frames.Kind, bytes] | None:
        """Return the next frame if it can be had without waiting."""
        if not self._inbox:
            self._read()
        return self._inbox.popleft() if self._inbox else None

    def wait(self) -> tuple[frames.Kind, bytes]:
        """Return the next frame as it comes, before this runner's life is over."""
        while (frame := self.next()) is None:
            if not select.select([0], [], [], max(0.0, self.dies_at - time.monotonic()))[0]:
                raise ServiceGone
        return frame

    def _read(self) -> None:
        try:
            data = os.read(0, PIECE)
        except BlockingIOError:
            return
        if not data:
            raise ServiceGone
        self._inbox.extend(self._decoder.feed(data))
