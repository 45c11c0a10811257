"""Whether a call may go on: by its tenant's rate, quotas and slots, and by the load of this process."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from gateway import quotas
from gateway.allowances import Allowances
from gateway.contract import PublicMethod
from gateway.overload import Overload
from gateway.quotas import Bounds
from host import tally
from host.settings_network import GatewaySettings
from host.usage import Meter

QUOTA_OF = {
    tally.BYTES: quotas.BYTES,
    tally.SANDBOX_SECONDS: quotas.SANDBOX_SECONDS,
    tally.AI_MICRO_USD: quotas.AI_MONEY,
}
"""The quotas of a day, by the kind of use that they bound."""


class Admission:
    """
    Admits calls.

    :param bounds: Returns what a tenant may use.
    :param overload: Bounds the calls of all tenants.
    :param allowances: Of rates and slots.
    :param meter: Counts what is used.
    """

    def __init__(
        self, bounds: Callable[[str], Bounds], overload: Overload, allowances: Allowances, meter: Meter
    ) -> None:
        self._bounds = bounds
        self._overload = overload
        self._allowances = allowances
        self._meter = meter

    @asynccontextmanager
    async def admitted(self, tenant: str, method: PublicMethod) -> AsyncIterator[None]:
        """
        Count a call as under way for the block.

        The rate comes first, so that a flood costs as little as may be; what others would have to give way for, last.

        :raises RateLimited: The tenant calls too often, or too many calls of all tenants are under way.
        :raises QuotaExceeded: It has used what it may use today, or has too many calls under way.
        :raises StoreUnavailable: The database cannot be used, so nobody knows.
        """
        bounds = self._bounds(tenant)
        await self._allowances.call(tenant, bounds)
        await self.check_day(tenant, spends=method.runs or method.queues)
        async with AsyncExitStack() as held:
            slot = self._allowances.slot
            await held.enter_async_context(slot(tenant, quotas.STREAMS, bounds.concurrent_streams))
            if method.runs:
                await held.enter_async_context(slot(tenant, quotas.RUNS, bounds.concurrent_runs))
            await held.enter_async_context(self._overload.place(tenant))
            self._meter.used(tally.CALLS, 1)
            yield

    async def check_day(self, tenant: str, *, spends: bool) -> None:
        """
        Make sure that a tenant has not used up what it may use today.

        :param spends: See :func:`gateway.quotas.used_up`.
        :raises QuotaExceeded: It has.
        """
        bounds = self._bounds(tenant)
        if not bounds.has_day:
            return
        used = await self._meter.today(tenant)
        by_quota = {quota: used.get(kind, 0.0) for kind, quota in QUOTA_OF.items()}
        if (refusal := quotas.used_up(bounds, by_quota, time.time(), spends=spends)) is not None:
            raise refusal

    def count_bytes(self, count: int) -> None:
        """Count bytes of a message of the call that is served."""
        self._meter.used(tally.BYTES, count)


def bounds_by(settings: GatewaySettings) -> Callable[[str], Bounds]:
    """Return what tells the bounds of a tenant."""
    default = Bounds(**settings.quota.model_dump())
    named = {tenant: Bounds(**quota.model_dump()) for tenant, quota in settings.quotas.items()}
    return lambda tenant: named.get(tenant, default)
