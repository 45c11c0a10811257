"""What is kept of an output stream: the beginning at once, the end when it is over, everything counted."""

from collections import deque


class KeptOutput:
    """
    One output stream of a program.

    :param keep: Bytes that are kept: the first half of them and the last.
    """

    def __init__(self, keep: int) -> None:
        self._head_room = (keep + 1) // 2
        self._tail_size = keep - self._head_room
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.total = 0

    def add(self, data: bytes) -> bytes:
        """Take the next bytes; return those of them that belong to the beginning."""
        self.total += len(data)
        head = data[: self._head_room]
        self._head_room -= len(head)
        self._keep_tail(data[len(head) :])
        return head

    def _keep_tail(self, data: bytes) -> None:
        if not data or not self._tail_size:
            return
        self._tail.append(data[-self._tail_size :])
        self._tail_bytes += len(self._tail[-1])
        while self._tail_bytes - len(self._tail[0]) >= self._tail_size:
            self._tail_bytes -= len(self._tail.popleft())

    def tail(self) -> bytes:
        """Return the end: what came after the beginning, at most the second half of what is kept."""
        joined = b"".join(self._tail)
        return joined[-self._tail_size :] if self._tail_size else b""
