"""Whether what is queued gets its turn."""

from collections.abc import Awaitable, Callable

from assay.convert import seconds_from_proto
from assay.v1 import statistics_pb2

from services.system.checkup import Found, Status

FULL_FROM = 0.8
"""The share of the queue from which it is nearly full."""

OLD_SECONDS = 300.0
"""How long the oldest may have waited."""


class QueueCheck:
    """
    Looks at how many wait, and how long the oldest has waited.

    :param statistics: Returns what there is.
    """

    name = "queue"

    def __init__(self, statistics: Callable[[], Awaitable[statistics_pb2.ValidationStatistics]]) -> None:
        self._statistics = statistics

    async def look(self) -> Found:
        """See :class:`services.system.checkup.Check`."""
        told = await self._statistics()
        oldest = seconds_from_proto(told.oldest_queued)
        figures = {"queued": float(told.queued), "max_queued": float(told.max_queued), "oldest_seconds": oldest}
        if told.queued >= told.max_queued:
            return Found(Status.UNHEALTHY, "the queue is full: what comes next is refused", figures)
        if told.queued >= FULL_FROM * told.max_queued:
            return Found(Status.DEGRADED, f"the queue is nearly full: {told.queued} of {told.max_queued}", figures)
        if oldest > OLD_SECONDS:
            return Found(Status.DEGRADED, f"the oldest validation in the queue has waited {oldest:.0f} s", figures)
        return Found(Status.HEALTHY, figures=figures)
