"""Many clients of several tenants at one time, who come back when they are told to, and what becomes of their calls."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
from assay.client import Suite, connect, error_from_rpc

from gateway.key_store import key_store
from host.settings import Settings
from tests.gateway.guarded import made_key

AT_ONCE_SECONDS = 0.1
"""Within which a refusal has to come, on a machine that does nothing else."""

CALL_SECONDS = 120.0
"""The deadline of each call: long enough for one that waits for everybody before it, also on a busy machine."""

LATE_SECONDS = 5.0
"""How long after its deadline a call has certainly ended."""

Ask = Callable[[Suite, str], Awaitable[object]]


@dataclass
class Figures:
    """What became of the calls: those that were served, by tenant; how long refusals took; and what else went wrong."""

    served: Counter[str] = field(default_factory=Counter)
    refusals: list[float] = field(default_factory=list)
    quotas: Counter[str] = field(default_factory=Counter)
    without_delay: int = 0
    others: Counter[str] = field(default_factory=Counter)

    @property
    def ratio(self) -> float:
        """How often the tenant with the most was served for each time that the one with the least was."""
        return max(self.served.values()) / max(1, min(self.served.values()))

    def describe(self) -> str:
        """Return the figures for a person."""
        late = statistics.quantiles(self.refusals, n=100) if len(self.refusals) > 1 else [0.0] * 99
        at_once = sum(seconds < AT_ONCE_SECONDS for seconds in self.refusals) / max(1, len(self.refusals))
        return (
            f"served {dict(sorted(self.served.items()))}, most to least {self.ratio:.2f}; {len(self.refusals)} "
            f"refusals by {dict(self.quotas)}, {at_once:.1%} of them within 100 ms, {late[49] * 1e3:.1f} ms at p50, "
            f"{late[98] * 1e3:.1f} at p99, {max(self.refusals, default=0.0) * 1e3:.1f} at most; "
            f"others {dict(self.others)}"
        )


@asynccontextmanager
async def keyed(state: Path, address: str, tenants: Mapping[str, int]) -> AsyncIterator[dict[str, Suite]]:
    """Yield a client for each tenant, with a key of its own, which allows everything."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(key_store(Settings(state_dir=state)))
        keys = {tenant: (await made_key(store, tenant=tenant))[0] for tenant in tenants}
        yield {tenant: await stack.enter_async_context(connect(address, key=key)) for tenant, key in keys.items()}


async def crowd(suites: Mapping[str, Suite], tenants: Mapping[str, int], seconds: float, ask: Ask) -> Figures:
    """
    Let clients call one after another for some time; then wait for what is under way.

    :param tenants: How many clients each has.
    :param ask: Makes one call for a tenant's client.
    """
    for tenant, suite in suites.items():
        # A suite that has just begun loads what it needs with its first calls.
        await ask(suite, tenant)
    figures, until = Figures(Counter(dict.fromkeys(tenants, 0))), time.monotonic() + seconds
    clients = [
        asyncio.create_task(_client(suites[tenant], tenant, until, ask, figures))
        for tenant, count in tenants.items()
        for _ in range(count)
    ]
    done, hung = await asyncio.wait(clients, timeout=seconds + CALL_SECONDS + LATE_SECONDS)
    for task in hung:
        task.cancel()
    assert not hung, f"{len(hung)} clients hang"
    for task in done:
        task.result()
    return figures


async def _client(suite: Suite, tenant: str, until: float, ask: Ask, figures: Figures) -> None:
    while time.monotonic() < until:
        asked = time.monotonic()
        try:
            await ask(suite, tenant)
            figures.served[tenant] += 1
        except grpc.aio.AioRpcError as error:
            await _refused(error, time.monotonic() - asked, figures, until)


async def _refused(error: grpc.aio.AioRpcError, seconds: float, figures: Figures, until: float) -> None:
    """Note what a call was refused with, and wait for as long as it says."""
    reason = error_from_rpc(error)
    if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
        figures.others[f"{error.code().name}: {reason.message}"] += 1
        return
    figures.refusals.append(seconds)
    figures.quotas[reason.metadata.get("quota", reason.reason)] += 1
    if reason.retry_after is None:
        figures.without_delay += 1
    await asyncio.sleep(max(0.0, min(reason.retry_after or 0.1, until - time.monotonic())))
