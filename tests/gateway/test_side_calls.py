"""Calls that no quota counts: how many there may be at one time, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import AssayError, DeadlineExceeded, RateLimited

from gateway import side_calls
from gateway.authentication import PROBE
from gateway.authenticator import Authenticator
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from host.interceptors import probes
from host.settings import Settings
from tests.gateway.guarded import WAITS, bearer, call, guarded, made_key

WATCH = "/grpc.health.v1.Health/Watch"


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[KeyStore]:
    """Give the keys of a database of the test's own."""
    async with key_store(Settings(state_dir=folder)) as found:
        yield found


async def refusal(calling: Any) -> AssayError:
    """Return what a call is refused with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await calling
    return error_from_rpc(caught.value)


async def ended(tasks: list[asyncio.Task[str]]) -> None:
    """Give calls up, and wait until the server knows."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.2)


async def test_of_each_tenant(folder: Path, store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenant has so many of them at one time; another tenant's, and the contract's own, are not touched by it."""
    monkeypatch.setattr(side_calls, "MOST_OF_A_TENANT", 3)
    acme, other = [bearer((await made_key(store, tenant=tenant))[0]) for tenant in ("acme", "other")]
    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        held = [asyncio.create_task(call(channel, WATCH, WAITS, metadata=acme)) for _ in range(3)]
        await asyncio.sleep(0.3)
        refused = await refusal(call(channel, WATCH, metadata=acme))
        assert isinstance(refused, RateLimited)
        assert refused.retry_after
        assert await call(channel, WATCH, metadata=other)
        assert await call(channel, "/assay.v1.ValidationService/ListRules", metadata=acme)
        await ended(held)
        assert await call(channel, WATCH, metadata=acme)


async def test_probes(folder: Path, store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls without a key are bounded in number, and each in time, whether its request comes or not."""
    monkeypatch.setattr(probes, "MOST_PROBES", 3)
    monkeypatch.setattr(probes, "PROBE_SECONDS", 1.0)

    async def never() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        untyped: Any = channel
        held = [untyped.stream_unary(PROBE)(never(), timeout=20) for _ in range(3)]
        await asyncio.sleep(0.3)
        assert isinstance(await refusal(call(channel, PROBE)), RateLimited)
        for one in held:
            assert isinstance(await refusal(one), DeadlineExceeded)
        assert await call(channel, PROBE)
