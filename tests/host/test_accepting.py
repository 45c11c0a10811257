"""Taking calls: many at one time, no more than may be served, and none when the server stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from host.unregistered import registered_server
from tests.tasks import left_behind

PATH = "/test.Test/Wait"


class Waiting:
    """Serves calls that end when they are told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = asyncio.Event()

    async def answers(self, request: bytes, context: Any) -> bytes:
        """Wait, and answer with what was said."""
        self.begun += 1
        await self.go_on.wait()
        return request


@asynccontextmanager
async def served(most: int) -> AsyncIterator[tuple[Waiting, Any]]:
    """Serve such calls, so many at one time, and give what calls the method."""
    waiting = Waiting()
    server = registered_server(interceptors=(), options=(), maximum_concurrent_rpcs=most)
    handlers: Any = {"Wait": grpc.unary_unary_rpc_method_handler(waiting.answers)}
    server.add_registered_method_handlers("test.Test", handlers)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield waiting, channel.unary_unary(PATH)
    finally:
        await asyncio.wait_for(server.stop(0.1), 10)


async def test_many() -> None:
    """Many calls at one time all begin while none of them has ended."""
    count = 50
    async with served(count) as (waiting, call), asyncio.timeout(20):
        calls = [asyncio.ensure_future(call(b"%d" % number, timeout=20)) for number in range(count)]
        while waiting.begun < count:
            await asyncio.sleep(0.01)
        waiting.go_on.set()
        assert await asyncio.gather(*calls) == [b"%d" % number for number in range(count)]


async def test_bound() -> None:
    """Calls beyond the bound are refused, and taken again when others have ended."""
    async with served(2) as (waiting, call), asyncio.timeout(20):
        calls = [asyncio.ensure_future(call(b"x", timeout=20)) for _ in range(2)]
        while waiting.begun < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"x", timeout=20)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        waiting.go_on.set()
        assert await asyncio.gather(*calls) == [b"x", b"x"]
        assert await call(b"y", timeout=20) == b"y"


async def test_end() -> None:
    """A server that stopped leaves nothing behind that asks for calls, whether one came or not."""
    before = asyncio.all_tasks()
    for calls in (0, 1):
        async with served(9) as (waiting, call):
            waiting.go_on.set()
            for _ in range(calls):
                await call(b"x", timeout=20)
    assert not await left_behind(before)
