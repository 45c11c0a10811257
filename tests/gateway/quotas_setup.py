"""Allowances over a database of a test's own, as processes of a gateway have them, and an echo behind quotas."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from gateway.allowances import Allowances, allowing
from gateway.contract import PublicMethod, public_methods
from gateway.quota_interceptor import quota_interceptor
from gateway.quotas import Bounds
from host.caller import Caller, acting_for
from host.database import Database
from host.interceptors.around import AroundInterceptor, Context
from host.interceptors.chain import incoming
from host.settings import Settings
from host.settings_network import GatewaySettings, QuotaSettings
from tests.host import echo

UNBOUNDED = {
    "calls_per_second": 0.0, "burst": 1, "concurrent_runs": 0, "concurrent_streams": 0,
    "sandbox_seconds_per_day": 0.0, "bytes_per_day": 0, "ai_micro_usd_per_day": 0,
}  # fmt: skip


def bounds(**some: float) -> Bounds:
    """Return what a tenant may use: without a bound, where a test does not say one."""
    return Bounds(**(UNBOUNDED | some))  # type: ignore[arg-type]


def database(database_url: str) -> Database:
    """Return the database at a URL."""
    return Database(Settings(database_url=database_url))


@asynccontextmanager
async def process(database_url: str) -> AsyncIterator[Allowances]:
    """Yield the allowances of one process: with a connection, and a name, of its own."""
    own = database(database_url)
    try:
        async with allowing(own) as allowances:
            yield allowances
    finally:
        await own.close()


ANY = public_methods()["/assay.v1.ValidationService/Validate"]


def methods(*, runs: bool = False, queues: bool = False) -> dict[str, PublicMethod]:
    """Return the methods of the echo as if the contract made them public."""
    return {
        f"/test.Echo/{shape}": replace(
            ANY, path=f"/test.Echo/{shape}", runs=runs, queues=queues,
            request_streaming=shape.startswith("Stream"), response_streaming=shape.endswith("Stream"),
        )
        for shape in echo.SHAPES
    }  # fmt: skip


class Named(AroundInterceptor):
    """Takes the tenant from the call's metadata, as authentication takes it from a key."""

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See AroundInterceptor."""
        with acting_for(Caller(str(dict(details.invocation_metadata or ()).get("tenant", "a")))):
            yield


@asynccontextmanager
async def door(
    folder: Path, behave: echo.Behaviour, *, most: int = 1024, spends: str = "", **quota: Any
) -> AsyncIterator[Any]:
    """Serve the echo behind quotas, and yield a channel to it."""
    gateway = GatewaySettings(quota=QuotaSettings(**quota), max_concurrent_calls=most)
    settings = Settings(state_dir=folder / "state", gateway=gateway)
    async with quota_interceptor(settings, methods(runs=spends == "runs", queues=spends == "queues")) as quotas:
        inner: Sequence[grpc.aio.ServerInterceptor] = incoming(30)
        chain = (*inner[:-1], Named(), quotas, inner[-1])
        async with (
            echo.served(folder, chain, echo.handler(behave)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            yield channel
