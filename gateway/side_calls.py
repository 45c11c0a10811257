"""Calls beside the contract's, of health and reflection: no quota counts them, so they are bounded here."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from assay.errors import DeadlineExceeded, RateLimited

from host.caller import caller
from host.interceptors.around import AroundInterceptor, Context

MOST_OF_A_TENANT = 32
"""Such calls of one tenant at one time: a watch of the health by each of its clients."""

MOST_PROBES = 256
"""Calls without a key at one time, of all clients together."""

PROBE_SECONDS = 2.0
"""How long a call without a key may take. A client sends all of it at once, and it is answered at once."""


class SideCalls(AroundInterceptor):
    """Bounds how many such calls a tenant has under way."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        tenant = caller().tenant
        if self._under_way[tenant] >= MOST_OF_A_TENANT:
            raise RateLimited("too many calls of health and reflection are under way", retry_after=1.0)
        self._under_way[tenant] += 1
        try:
            yield
        finally:
            self._under_way[tenant] -= 1


class Probes(AroundInterceptor):
    """Bounds how many calls without a key are under way, and for how long."""

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
            raise DeadlineExceeded(f"a call without a key has to be whole within {PROBE_SECONDS:g} s") from None
        finally:
            self._under_way -= 1
