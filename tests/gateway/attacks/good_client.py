"""A client that wants nothing but its answers, and how long it waits for them while others attack."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio
from assay.v1 import validation_pb2, validation_pb2_grpc

from tests.gateway.attacks.target import Target

PAUSE_SECONDS = 0.02
"""Between an answer and the next call."""

CALL_SECONDS = 10.0


class GoodClient:
    """What a good client saw."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def told(self, attack: str) -> str:
        """Return a line about what it saw."""
        ordered = sorted(self.seconds) or [0.0]
        half, most = (1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.5, 0.99))
        return (
            f"{attack}: {len(self.seconds)} good calls answered, {len(self.failures)} not; "
            f"p50 {half:.1f} ms, p99 {most:.1f} ms"
        )


@asynccontextmanager
async def meanwhile(target: Target, key: str, attack: str) -> AsyncIterator[GoodClient]:
    """Call all the time until the block is left, then print how that went."""
    client = GoodClient()
    async with target.channel() as channel:
        calling = asyncio.create_task(_calls(channel, key, client))
        try:
            yield client
        finally:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
    print(client.told(attack))  # noqa: T201 - the figures


async def _calls(channel: grpc.aio.Channel, key: str, client: GoodClient) -> None:
    stub: validation_pb2_grpc.ValidationServiceAsyncStub = validation_pb2_grpc.ValidationServiceStub(channel)
    metadata = (("authorization", f"Bearer {key}"),)
    while True:
        began = time.monotonic()
        try:
            await stub.ListValidations(
                validation_pb2.ListValidationsRequest(page_size=1), timeout=CALL_SECONDS, metadata=metadata
            )
        except grpc.aio.AioRpcError as error:
            client.failures.append(f"{error.code().name}: {error.details()}")
        else:
            client.seconds.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE_SECONDS)
