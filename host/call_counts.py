"""What calls came to, counted where they end: for a snapshot that needs no reader of metrics."""

from bisect import bisect_left
from dataclasses import dataclass, field

from host.telemetry import BOUNDARIES

PUBLIC = "public"
"""The gateway's server."""

INNER = "inner"
"""The server of the services themselves."""


@dataclass(slots=True)
class CallCounts:
    """
    Calls of one server, less those of probes that ended.

    :param calls: Those that ended.
    :param failed: Those of them that ended with a status other than OK.
    :param active: Those under way.
    """

    calls: int = 0
    failed: int = 0
    active: int = 0
    _buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDARIES) + 1))

    def add(self, seconds: float, *, failed: bool) -> None:
        """Count a call that ended."""
        self.calls += 1
        self.failed += failed
        self._buckets[bisect_left(BOUNDARIES, seconds)] += 1

    def quantile(self, share: float) -> float:
        """Return what a share of the calls took at most, in seconds, as far as BOUNDARIES tell; 0 of none."""
        wanted = share * self.calls
        seen = 0
        for count, boundary in zip(self._buckets, (*BOUNDARIES, BOUNDARIES[-1]), strict=True):
            seen += count
            if seen and seen >= wanted:
                return boundary
        return 0.0


COUNTS = {PUBLIC: CallCounts(), INNER: CallCounts()}
"""Of this process, by server."""


def from_outside() -> CallCounts:
    """Return the calls that came to this process from outside: through its gateway, if it has one that was called."""
    return COUNTS[PUBLIC] if COUNTS[PUBLIC].calls else COUNTS[INNER]
