"""A server of registered methods: what no request of a stranger's may do to it."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import UnknownMethod

from host.unregistered import registered_server
from tests.gateway.attacks.raw_calls import call_headers, raw_connection


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, Any]]:
    """Serve one method, and give the address and a channel to it."""

    async def answers(request: bytes, context: Any) -> bytes:
        return request

    server = registered_server(interceptors=(), options=(), maximum_concurrent_rpcs=50)
    handlers: Any = {"Echo": grpc.unary_unary_rpc_method_handler(answers)}
    server.add_registered_method_handlers("test.Test", handlers)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield f"127.0.0.1:{port}", channel
    finally:
        await asyncio.wait_for(server.stop(1), 10)


@pytest.mark.parametrize("path", ["/\xff/x", "/test.Test/Echo\xff", "\x80", "", "/" + "\xfe" * 5000])
async def test_a_path_that_is_no_text(path: str) -> None:
    """Paths that cannot be decoded, many of them, end no more than their own calls."""
    async with served() as (address, channel):
        async with raw_connection(address) as raw:
            for _ in range(200):
                raw.begin(call_headers(path))
            await raw.writer.drain()
            await asyncio.sleep(0.2)
            assert await channel.unary_unary("/test.Test/Echo")(b"x", timeout=10) == b"x"
        assert await channel.unary_unary("/test.Test/Echo")(b"x", timeout=10) == b"x"


async def test_unknown() -> None:
    """A method that is not registered is unknown, whatever comes with the call; its refusal says so in our words."""
    async with served() as (_, channel):
        for path in ("/test.Test/Other", "/a/b", "/test.Test/Echo/", "//test.Test/Echo"):
            for request in (b"", bytes(1_000_000)):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await channel.unary_unary(path)(request, timeout=10)
                assert type(error_from_rpc(caught.value)) is UnknownMethod


async def test_a_client_that_leaves() -> None:
    """A client that resets such a call at once leaves nothing behind."""
    async with served() as (address, channel):
        before = len(asyncio.all_tasks())
        async with raw_connection(address) as raw:
            for _ in range(300):
                raw.reset(raw.begin(call_headers("/a/b")))
            await raw.writer.drain()
            await asyncio.sleep(0.3)
        assert await channel.unary_unary("/test.Test/Echo")(b"x", timeout=10) == b"x"
        async with asyncio.timeout(10):
            while len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0.05)


async def test_metadata_that_is_no_text() -> None:
    """Values that cannot be decoded do no harm either."""
    async with served() as (address, channel), raw_connection(address) as raw:
        for header in (("authorization", "Bearer \xff"), ("x", "\xff\xfe"), ("x-bin", "!!"), ("\xff", "x")):
            stream = raw.begin(call_headers("/test.Test/Echo", header))
            raw.data(stream, struct.pack(">BI", 0, 1) + b"x")
        await raw.writer.drain()
        await asyncio.sleep(0.2)
        assert await channel.unary_unary("/test.Test/Echo")(b"x", timeout=10) == b"x"
