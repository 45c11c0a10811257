"""Streams that follow something end where the process stops that hands them on; nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import AssayError, ShuttingDown

from host.interceptors import following
from host.interceptors.following import FollowingInterceptor
from host.interceptors.status import StatusInterceptor
from tests.host import echo

METHODS = ("Subscribe", "WatchThing", "Other")


async def ends(folder: Path, stopping: asyncio.Event, word: AssayError | None = None) -> list[Any]:
    """Return how streams without an end end once the process stops, those of METHODS; those that do not as None."""

    async def endless(request: bytes, context: object) -> AsyncIterator[bytes]:
        yield b"begun"
        await stopping.wait()
        if word is not None:
            raise word
        await asyncio.sleep(30)

    async def end(call: Any) -> AssayError | None:
        try:
            await asyncio.wait_for(call.read(), 2)
        except grpc.aio.AioRpcError as error:
            return error_from_rpc(error)
        except TimeoutError:
            return None
        raise AssertionError("it has no end of its own")

    behaviours: dict[str, Any] = {name: grpc.unary_stream_rpc_method_handler(endless) for name in METHODS}
    served = echo.served(
        folder,
        (StatusInterceptor(), FollowingInterceptor(stopping)),
        grpc.method_handlers_generic_handler("test.Echo", behaviours),
    )
    async with served as address, grpc.aio.insecure_channel(address) as channel:
        methods: list[Any] = [channel.unary_stream(f"/test.Echo/{name}") for name in METHODS]
        calls = [method(b"") for method in methods]
        assert [await call.read() for call in calls] == [b"begun"] * len(METHODS)
        await asyncio.sleep(0.2)
        assert not any(call.done() for call in calls)
        stopping.set()
        found = await asyncio.gather(*map(end, calls))
        for call in calls:
            call.cancel()
    return found


async def test_at_the_stop(folder: Path) -> None:
    """Once the process stops, what follows something is ended with the reason, and nothing else."""
    subscribed, watched, other = await ends(folder, asyncio.Event())
    assert isinstance(subscribed, ShuttingDown)
    assert isinstance(watched, ShuttingDown)
    assert other is None


async def test_the_services_own_word(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what is followed ends a stream by itself, its word is what the client gets."""
    monkeypatch.setattr(following, "LAST_WORD_SECONDS", 20.0)
    word = ShuttingDown("go on from there", metadata={"sequence": "7"})
    found = await ends(folder, asyncio.Event(), word)
    assert [end.metadata for end in found] == [{"sequence": "7"}] * len(METHODS)
