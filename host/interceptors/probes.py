"""Bounds the calls of those who do not say who they are: of health, by whoever looks whether a server is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from assay.errors import DeadlineExceeded, RateLimited

from host.interceptors.around import AroundInterceptor, Context

MOST_PROBES = 256
"""Such calls at one time, of all clients together."""

PROBE_SECONDS = 2.0
"""How long such a call may take. A client sends all of it at once, and it is answered at once."""


class Probes(AroundInterceptor):
    """
    Bounds how many such calls are under way, and for how long.

    What is inside has to be a :class:`host.interceptors.late_reading.LateReading`, or a request that never comes holds
    its call's place before anything is bounded.
    """

    def __init__(self) -> None:
        self._under_way = 0

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        if self._under_way >= MOST_PROBES:
            raise RateLimited("too many probes are under way", retry_after=1.0)
        self._under_way += 1
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                yield
        except TimeoutError:
            raise DeadlineExceeded(f"a probe has to be whole within {PROBE_SECONDS:g} s") from None
        finally:
            self._under_way -= 1
