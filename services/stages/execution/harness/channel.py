"""The way out for the report: a descriptor and a nonce that the code under test is not given."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_TEXT = 2_000
MAX_BYTES = 700_000
"""Of the whole report, so that it stays below what the sandbox keeps of an output."""


class FullError(Exception):
    """There is no room for more in the report."""


class Channel:
    """
    Sends events, one JSON object a line behind the nonce, at once, so that a kill leaves all that came before.

    The process's own standard output becomes the channel. What the program prints goes to standard error instead, so
    that its output can neither stand between the events nor push them out of the kept size. Executed programs do not
    inherit the descriptor; a forked child has it closed, and ends where it would report.
    """

    def __init__(self, nonce: str) -> None:
        self._prefix = b"\n" + nonce.encode() + b" "
        self._write = os.write
        self._leave = os._exit
        self._forked = False
        self._sent = 0
        self._dump = encoder()
        self.descriptor = os.dup(1)
        os.dup2(2, 1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.register_at_fork(after_in_child=self._close)

    def send(self, event: str, **fields: Any) -> None:
        """Send one event."""
        self._send(self._dump({"event": event, **fields}))

    def send_bounded(self, event: str, **fields: Any) -> None:
        """
        Send one event that may be large.

        :raises FullError: It is too large for what has been sent before.
        """
        text = self._dump({"event": event, **fields})
        if self._sent + len(text) > MAX_BYTES:
            raise FullError
        self._send(text)

    def _send(self, text: str) -> None:
        if self._forked:
            self._leave(0)
        line = self._prefix + text.encode() + b"\n"
        self._sent += len(line)
        while line:
            line = line[self._write(self.descriptor, line) :]

    def _close(self) -> None:
        self._forked = True
        os.close(self.descriptor)


def encoder() -> Any:
    """Return what turns an event into JSON; the library's own core, since the rest of it takes long to load."""
    try:
        from _json import encode_basestring_ascii, make_encoder
    except ImportError:
        import json

        return json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
    encode = make_encoder(None, _refuse, encode_basestring_ascii, None, ":", ",", False, False, True)
    join = "".join
    return lambda event: join(encode(event, 0))


def _refuse(value: object) -> None:
    raise TypeError(type(value).__name__)


def bounded(text: str, limit: int = MAX_TEXT) -> str:
    """Return the text, cut to its limit, with what no encoding can carry escaped."""
    return text[:limit].encode("utf-8", "backslashreplace").decode()[:limit]


def text_of(error: BaseException) -> str:
    """Return the message of an exception, whatever its class does when asked."""
    try:
        return bounded(str(error))
    except BaseException:
        return ""
