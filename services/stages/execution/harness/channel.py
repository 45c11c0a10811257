"""The way out for the report: a descriptor and a nonce that the code under test is not given."""

import json
import os
from typing import Any


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
        self._dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
        self.descriptor = os.dup(1)
        os.dup2(2, 1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.register_at_fork(after_in_child=self._close)

    def send(self, event: str, **fields: Any) -> None:
        """Send one event."""
        if self._forked:
            self._leave(0)
        line = self._prefix + self._dump({"event": event, **fields}).encode() + b"\n"
        while line:
            line = line[self._write(self.descriptor, line) :]

    def _close(self) -> None:
        self._forked = True
        os.close(self.descriptor)
