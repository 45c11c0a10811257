"""How many calls are under way, of all tenants; with as many as may, the tenant with the most gives way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.errors import RateLimited

QUOTA = "max_concurrent_calls"
RETRY_SECONDS = 1.0

Places = list[asyncio.Timeout]


class Overload:
    """
    Bounds the calls of one process that are under way.

    With as many as may, a call of a tenant that has at least two fewer than the tenant with the most takes the place of
    the last one that came of that: it is ended as :class:`RateLimited`. So no tenant keeps the others out, by however
    many calls that never end, and none takes places back and forth.

    :param most: How many may be under way.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        # By tenant, in the order in which they came; none of them is empty.
        self._places: dict[str, Places] = {}

    @asynccontextmanager
    async def place(self, tenant: str) -> AsyncIterator[None]:
        """
        Hold a place for the block; never waits for one.

        :raises RateLimited: There is none, or it was given to another tenant in the middle of the block.
        """
        if self._count >= self._most:
            self._make_room(tenant)
        try:
            async with asyncio.timeout(None) as scope:
                self._enter(tenant, scope)
                try:
                    yield
                finally:
                    self._leave(tenant, scope)
        except TimeoutError:
            if not scope.expired():
                raise
            raise self._refusal() from None

    def _make_room(self, tenant: str) -> None:
        largest = max(self._places, key=lambda name: len(self._places[name]))
        if len(self._places.get(tenant, ())) + 2 > len(self._places[largest]):
            raise self._refusal()
        last = self._places[largest][-1]
        self._leave(largest, last)
        last.reschedule(asyncio.get_running_loop().time())

    def _enter(self, tenant: str, scope: asyncio.Timeout) -> None:
        self._places.setdefault(tenant, []).append(scope)
        self._count += 1

    def _leave(self, tenant: str, scope: asyncio.Timeout) -> None:
        """Give a place back, unless it was given away."""
        places = self._places.get(tenant, [])
        if scope not in places:
            return
        places.remove(scope)
        self._count -= 1
        if not places:
            del self._places[tenant]

    def _refusal(self) -> RateLimited:
        return RateLimited(
            f"{self._most} calls of all tenants are under way, and yours are not the fewest",
            metadata={"quota": QUOTA, "limit": str(self._most)},
            retry_after=RETRY_SECONDS,
        )
