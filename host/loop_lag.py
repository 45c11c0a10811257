"""How late the event loop is: what everything else waits for while something keeps it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from opentelemetry import metrics

from host.telemetry import BOUNDARIES

EVERY_SECONDS = 0.5

_lag = metrics.get_meter("assay.host").create_histogram(
    "assay.event_loop.lag",
    "s",
    "How much later than it should the event loop came back to a task, twice a second.",
    explicit_bucket_boundaries_advisory=BOUNDARIES,
)


@asynccontextmanager
async def watched_loop() -> AsyncIterator[None]:
    """Measure the running event loop until the block is left."""
    task = asyncio.create_task(_watch())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY_SECONDS
        await asyncio.sleep(EVERY_SECONDS)
        _lag.record(max(0.0, loop.time() - due))
