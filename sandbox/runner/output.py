"""What is kept of an output stream: the beginning at once, the end when it is over, everything counted."""

from collections import deque


class KeptOutput:
    """
    One output stream of a program.

    :param head: Bytes kept of the beginning.
    :param tail: Bytes kept of the end.
    """

    def __init__(self, head: int, tail: int) -> None:
        self._head_room = head
        self._tail_size = tail
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.total = 0

    @classmethod
    def halves(cls, keep: int) -> "KeptOutput":
        """Return one that keeps the first half of so many bytes and the last."""
        return cls((keep + 1) // 2, keep // 2)

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
        """Return the end: what came after the beginning, at most as much as is kept of it."""
        joined = b"".join(self._tail)
        return joined[-self._tail_size :] if self._tail_size else b""
