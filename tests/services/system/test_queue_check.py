"""The queue: how full, and how old."""

import pytest
from assay.v1 import statistics_pb2

from services.system.checkup import Status
from services.system.queue_check import QueueCheck


@pytest.mark.parametrize(
    ("queued", "seconds", "status", "said"),
    [
        (0, 0, Status.HEALTHY, ""),
        (79, 300, Status.HEALTHY, ""),
        (80, 0, Status.DEGRADED, "the queue is nearly full: 80 of 100"),
        (1, 301, Status.DEGRADED, "the oldest validation in the queue has waited 301 s"),
        (100, 0, Status.UNHEALTHY, "the queue is full: what comes next is refused"),
    ],
)
async def test_look(queued: int, seconds: int, status: Status, said: str) -> None:
    """A queue is well while it has room and nobody waits for long."""

    async def told() -> statistics_pb2.ValidationStatistics:
        return statistics_pb2.ValidationStatistics(queued=queued, max_queued=100, oldest_queued={"seconds": seconds})

    found = await QueueCheck(told).look()
    assert (found.status, found.message) == (status, said)
    assert found.figures == {"queued": queued, "max_queued": 100, "oldest_seconds": seconds}
