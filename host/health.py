"""The health service (https://github.com/grpc/grpc/blob/master/doc/health-checking.md) of a server that can stop."""

import asyncio

from grpc_health.v1 import health, health_pb2

from host.interceptors.around import Context

LAST_WORD_SECONDS = 0.1
"""How long a watcher may take to be told NOT_SERVING before its stream ends."""


class Health(health.aio.HealthServicer):  # type: ignore[misc]  # grpc_health has no types
    """Ends its watchers' streams when the server stops: they would otherwise hold the stop up for the whole drain."""

    def __init__(self) -> None:
        super().__init__()
        self._stopping = asyncio.Event()

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Context) -> None:  # noqa: N802  # the contract's name
        """See the protocol; ends when the server stops."""
        watch = asyncio.ensure_future(super().Watch(request, context))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((watch, stopping), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((watch,), timeout=LAST_WORD_SECONDS)
        finally:
            watch.cancel()
            stopping.cancel()
            await asyncio.gather(watch, stopping, return_exceptions=True)

    async def stop(self) -> None:
        """Say NOT_SERVING from now on, and end the watchers' streams."""
        await self.enter_graceful_shutdown()
        self._stopping.set()
