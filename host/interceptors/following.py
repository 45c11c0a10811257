"""Streams that follow something: they have no end of their own, and end where the process does that hands them on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from assay.errors import ShuttingDown

from host.ended_by import ended_by
from host.interceptors.around import AroundInterceptor, Context

FOLLOWING = ("Watch", "Subscribe")
"""How the names of methods begin that follow something: their streams last as long as their clients want."""

LAST_WORD_SECONDS = 0.5
"""How long the service that is followed has to end a stream by its own word, which tells from where to go on."""

GO_ON = "the gateway is stopping; go on after the last that came, elsewhere or later"


def follows(method: str) -> bool:
    """Say whether a method, by its path, follows something."""
    return method.rpartition("/")[2].startswith(FOLLOWING)


class FollowingInterceptor(AroundInterceptor):
    """
    Ends the streams that follow something soon after the process began to stop.

    :param stopping: Set when it does.
    """

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the handler, with this interceptor around it where its method follows something."""
        if not follows(handler_call_details.method):
            return await continuation(handler_call_details)
        return await super().intercept_service(continuation, handler_call_details)

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        async with ended_by(self._stopped, lambda: ShuttingDown(GO_ON)):
            yield

    async def _stopped(self) -> None:
        await self._stopping.wait()
        await asyncio.sleep(LAST_WORD_SECONDS)
