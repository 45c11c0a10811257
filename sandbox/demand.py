"""What was asked of a pool in the last minute, in a bounded memory of it."""

import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 60
BURST_SECONDS = 2
"""Claims this close together are one burst: in that time a few sandboxes are made, not many."""


class Demand:
    """
    Counts claims, second by second.

    :param clock: Seconds, from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[tuple[int, int]] = deque()
        self.last_claim = 0.0
        """When the last one came, by the clock; 0 before the first."""

    def claimed(self) -> None:
        """Count one claim now."""
        self.last_claim = self._clock()
        second = int(self.last_claim)
        if self._seconds and self._seconds[-1][0] == second:
            second, count = self._seconds.pop()
            self._seconds.append((second, count + 1))
        else:
            self._seconds.append((second, 1))
        self._drop_old()

    def in_window(self) -> int:
        """Return how many claims came in the last minute."""
        self._drop_old()
        return sum(count for _, count in self._seconds)

    def largest_burst(self) -> int:
        """Return the most claims that came at about one time in the last minute."""
        self._drop_old()
        counts = dict(self._seconds)
        return max((sum(counts.get(second - n, 0) for n in range(BURST_SECONDS)) for second in counts), default=0)

    def _drop_old(self) -> None:
        oldest = int(self._clock()) - WINDOW_SECONDS
        while self._seconds and self._seconds[0][0] <= oldest:
            self._seconds.popleft()
