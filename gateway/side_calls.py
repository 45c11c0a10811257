"""Calls beside the contract's, of health and reflection: no quota counts them, so they are bounded here."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from assay.errors import RateLimited

from host.caller import caller
from host.interceptors.around import AroundInterceptor, Context

MOST_OF_A_TENANT = 32
"""Such calls of one tenant at one time: a watch of the health by each of its clients."""


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
