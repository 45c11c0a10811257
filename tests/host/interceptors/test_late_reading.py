"""Requests that are read when their call is let in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import DeadlineExceeded, InvalidArgument
from google.protobuf.duration_pb2 import Duration

from host.interceptors.deadlines import DeadlineInterceptor
from host.interceptors.late_reading import LateReading
from host.interceptors.status import StatusInterceptor
from tests.host import echo


@asynccontextmanager
async def reading_late(
    folder: Path, told: list[tuple[str, Any]], generic: grpc.GenericRpcHandler | None = None
) -> AsyncIterator[Any]:
    """Serve the echo, whose calls have half a second, and give a channel to it."""

    async def answers(request: bytes, context: Any) -> bytes:
        return request.upper()

    late = LateReading(lambda method, request: told.append((method, request)))
    interceptors = (StatusInterceptor(), DeadlineInterceptor(0.5), late)
    async with (
        echo.served(folder, interceptors, generic or echo.handler(answers)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        yield channel


async def never() -> AsyncIterator[bytes]:
    """Send nothing, and do not say that nothing comes."""
    await asyncio.sleep(60)
    yield b""


async def nothing() -> AsyncIterator[bytes]:
    """Send nothing, and say so."""
    return
    yield b""


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_every_shape(folder: Path, shape: str) -> None:
    """A call of any shape gets its answer; of those with one request it is told."""
    told: list[tuple[str, Any]] = []
    async with reading_late(folder, told) as channel:
        assert await echo.call(channel, shape) == b"X"
    assert told == ([(f"/test.Echo/{shape}", b"x")] if shape.startswith("Unary") else [])


@pytest.mark.parametrize("shape", ["UnaryUnary", "UnaryStream"])
async def test_a_request_that_does_not_come(folder: Path, shape: str) -> None:
    """A call whose request does not come has a deadline, and one that has none is told so."""
    async with reading_late(folder, []) as channel:
        for requests, refusal in ((never(), DeadlineExceeded), (nothing(), InvalidArgument)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.stream_unary(f"/test.Echo/{shape}")(requests, timeout=20)
            assert type(error_from_rpc(caught.value)) is refusal


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_what_is_no_message(folder: Path, shape: str) -> None:
    """Bytes that are no message of the method are refused as that, and nothing of them is told."""

    async def answers(request: Any, context: Any) -> bytes:
        return b"x"

    methods = echo.methods(answers)
    for name, handler in methods.items():
        kind = "_".join(
            "stream" if part else "unary" for part in (handler.request_streaming, handler.response_streaming)
        )
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        methods[name] = make(getattr(handler, kind), Duration.FromString)
    generic = grpc.method_handlers_generic_handler("test.Echo", methods)
    async with reading_late(folder, [], generic) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, shape, b"\xff\xff canary")
        assert type(error_from_rpc(caught.value)) is InvalidArgument
        assert "canary" not in str(caught.value)
        assert "Duration" not in str(caught.value)


async def test_a_handler_that_writes(folder: Path) -> None:
    """A handler that writes its answers to the context itself is served as any other."""

    async def writes(request: bytes, context: Any) -> None:
        for _ in range(3):
            await context.write(request)

    methods: dict[str, Any] = {"Writes": grpc.unary_stream_rpc_method_handler(writes)}
    generic = grpc.method_handlers_generic_handler("test.Echo", methods)
    async with reading_late(folder, [], generic) as channel:
        answers = channel.unary_stream("/test.Echo/Writes")(b"x", timeout=10)
        assert [answer async for answer in answers] == [b"x"] * 3
