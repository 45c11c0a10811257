"""Lets calls that may go on wait while a crowd comes, so that those that may not are told at once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from gateway.crowd import Crowd
from host.interceptors.around import AroundInterceptor, Context


class CrowdInterceptor(AroundInterceptor):
    """Counts every call as it comes. Stands inside of what refuses calls."""

    def __init__(self) -> None:
        self._crowd = Crowd()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Count the call, which is before anything around it is entered."""
        self._crowd.came()
        return await super().intercept_service(continuation, handler_call_details)

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        await self._crowd.passed()
        yield
