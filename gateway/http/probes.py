"""What is asked of the gateway itself: whether it lives, whether the suite can work, and its metrics."""

import asyncio
import time

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gateway.http import problems
from gateway.http.door import Door, address, authorization
from host.telemetry import CONTENT_TYPE

METRICS_SCOPE = "metrics:read"

READY_SECONDS = 2.0
"""How long the suite may take to say that it can work."""

KEPT_SECONDS = 0.5
"""How long that is told again without asking: whoever asks needs no key."""


class Probes:
    """The routes that are no methods of the contract."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._health = health_pb2_grpc.HealthStub(door.channel)
        self._asking = asyncio.Lock()
        self._asked = -KEPT_SECONDS
        self._ready = False

    async def alive(self, request: Request) -> Response:
        """Answer that this process answers."""
        return PlainTextResponse("alive\n")

    async def ready(self, request: Request) -> Response:
        """Answer whether all parts of the suite do; not which of them does not."""
        async with self._asking:
            if time.monotonic() - self._asked >= KEPT_SECONDS:
                self._ready = await self._is_serving()
                self._asked = time.monotonic()
        if self._ready and not self._door.stopping.is_set():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", 503)

    async def _is_serving(self) -> bool:
        try:
            answer = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=READY_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def metrics(self, request: Request) -> Response:
        """Answer with all metrics of this process, to who has a key for them."""
        try:
            await self._door.admit(authorization(request), METRICS_SCOPE, request.url.path, address(request))
            content = await asyncio.to_thread(self._door.exposition)
        except Exception as failure:  # noqa: BLE001  # every failure is told in one way
            return (await problems.told(failure)).response()
        return Response(content, headers={"content-type": CONTENT_TYPE})
