"""Refuses calls that stream requests a moment later than it could."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from assay.errors import AssayError

from gateway.contract import public_methods
from host.interceptors.around import AroundInterceptor, Context

SECONDS = 0.05
"""How old such a call is at least when it is refused: by then its first message is under way."""


class LateRefusals(AroundInterceptor):
    """
    Lets a client send before it is told that it may not.

    A call is refused before any message of it is read. A client of grpc.aio whose first message finds the call over
    takes that for an internal error, and not for what it was told (seen with 1.85.1).
    """

    def __init__(self) -> None:
        self._methods = {path for path, method in public_methods().items() if method.request_streaming}

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        began = time.monotonic()
        try:
            yield
        except AssayError:
            if details.method in self._methods:
                await asyncio.sleep(began + SECONDS - time.monotonic())
            raise
