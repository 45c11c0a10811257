"""Calls that go on for long, and end when who made them may not any more."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import StoreUnavailable, Unauthenticated

from gateway import key_ring, validity
from gateway.authenticator import Authenticator
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from gateway.validity import while_valid
from host.settings import Settings
from tests.gateway.guarded import WAITS, bearer, call, guarded, made_key, waiting
from tests.tasks import left_behind

WATCH = "/assay.v1.ValidationService/WatchValidation"


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[KeyStore]:
    """Give the keys of a database of the test's own."""
    async with key_store(Settings(state_dir=folder)) as found:
        yield found


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validity, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(key_ring, "FRESH_SECONDS", 0.05)


@pytest.mark.parametrize("path", [WATCH, "/assay.v1.SandboxService/ExecuteStream", "/grpc.health.v1.Health/Watch"])
async def test_revoked(folder: Path, store: KeyStore, path: str) -> None:
    """A stream ends when its key is taken back, or expires, and not before."""
    text, key = await made_key(store)
    expiring, _ = await made_key(store, expires=time.time() + 1.5)
    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        waiting.clear()
        first, second = [
            asyncio.create_task(call(channel, path, WAITS, metadata=bearer(shown))) for shown in (text, expiring)
        ]
        await asyncio.wait_for(waiting.wait(), 10)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(second, 10)
        assert type(error_from_rpc(caught.value)) is Unauthenticated
        assert not first.done()
        await store.revoke(key.id, time.time())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(first, 10)
        assert type(error_from_rpc(caught.value)) is Unauthenticated


async def test_no_database() -> None:
    """A database that does not answer ends no call; one that answers again does."""
    answers: list[Any] = [StoreUnavailable("no"), StoreUnavailable("no"), Unauthenticated("no")]

    async def check() -> None:
        raise answers.pop(0)

    with pytest.raises(Unauthenticated):
        async with while_valid(check):
            await asyncio.sleep(20)
    assert answers == []


async def test_nothing_is_left() -> None:
    """A call that ends by itself, or by a time of its own, ends as it would without."""
    before = asyncio.all_tasks()

    async def check() -> None:
        return

    async with while_valid(check):
        await asyncio.sleep(0.1)
    with pytest.raises(TimeoutError):
        async with while_valid(check):
            raise TimeoutError
    assert not await left_behind(before)
