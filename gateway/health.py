"""The health of the suite as its clients see it: what the peers say of themselves, watched all the time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import grpc.aio
from assay.errors import AssayError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from host.beside import beside
from host.health import Health

Status = health_pb2.HealthCheckResponse

AGAIN_SECONDS = 1.0
"""When a peer that could not be asked is asked again."""


class PublicHealth(Health):
    """
    The health service of the door.

    A public service is SERVING where its peer says so, and the whole, "", where all of them are that this suite has.

    :param services: The full names of the public services, by the names of their peers.
    :param channel: Returns the channel to a peer by its name.
    """

    def __init__(self, services: Mapping[str, str], channel: Callable[[str], grpc.aio.Channel]) -> None:
        super().__init__()
        self._services = services
        self._channel = channel
        self._known: dict[str, int] = {}

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the peers until the block is left."""
        await self._tell()
        async with beside(*(self._watch(peer, name) for peer, name in self._services.items())):
            yield

    async def _watch(self, peer: str, name: str) -> None:
        try:
            stub = health_pb2_grpc.HealthStub(self._channel(peer))
        except AssayError:
            # A suite may do without it, for example without a sandbox.
            return
        self._known[name] = Status.NOT_SERVING
        while True:
            try:
                async for answer in stub.Watch(health_pb2.HealthCheckRequest(service=name)):
                    await self._learn(name, answer.status)
            except grpc.aio.AioRpcError:
                pass
            await self._learn(name, Status.NOT_SERVING)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _learn(self, name: str, status: int) -> None:
        self._known[name] = status if status == Status.SERVING else Status.NOT_SERVING
        await self._tell()

    async def _tell(self) -> None:
        whole = bool(self._known) and all(status == Status.SERVING for status in self._known.values())
        await self.set("", Status.SERVING if whole else Status.NOT_SERVING)
        for name, status in self._known.items():
            await self.set(name, status)
