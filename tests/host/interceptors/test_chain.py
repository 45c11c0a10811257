"""The order of the interceptors, and that calls of every shape pass through all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.outgoing import adapted

from host.interceptors.around import AroundInterceptor, Context
from host.interceptors.authentication import AuthenticationInterceptor
from host.interceptors.chain import incoming, outgoing
from host.interceptors.deadlines import DeadlineInterceptor
from host.interceptors.logging import LoggingInterceptor
from host.interceptors.metrics import MetricsInterceptor
from host.interceptors.readable import ReadableRequests
from host.interceptors.status import StatusInterceptor
from host.interceptors.tracing import TracingInterceptor
from host.interceptors.usage import UsageInterceptor
from tests.host import echo


class Recording(AroundInterceptor):
    """Writes down when it is entered and left."""

    def __init__(self, name: str, record: list[str]) -> None:
        self.name, self.record = name, record

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See AroundInterceptor."""
        self.record.append(f"+{self.name}")
        try:
            yield
        finally:
            self.record.append(f"-{self.name}")


async def answers(request: bytes, context: object) -> bytes:
    """Answer in capitals."""
    return request.upper()


def test_order() -> None:
    """Calls pass through tracing, logging, metrics, status, authentication, usage, deadlines, and are then read."""
    kinds = [type(interceptor) for interceptor in incoming(1)]
    assert kinds == [
        TracingInterceptor, LoggingInterceptor, MetricsInterceptor, StatusInterceptor, AuthenticationInterceptor,
        UsageInterceptor, DeadlineInterceptor, ReadableRequests,
    ]  # fmt: skip


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_every_shape(folder: Path, shape: str) -> None:
    """A call of any shape passes through every interceptor, outermost first, and gets its answer."""
    record: list[str] = []
    around = [Recording(name, record) for name in "ab"]
    async with (
        echo.served(folder, [*around, *incoming(5)], echo.handler(answers)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert await echo.call(channel, shape) == b"X"
    assert record == ["+a", "+b", "-b", "-a"]


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_outgoing_every_shape(folder: Path, shape: str) -> None:
    """A channel with the outgoing interceptors carries calls of every shape."""
    async with (
        echo.served(folder, incoming(5), echo.handler(answers)) as address,
        adapted(grpc.aio.insecure_channel(address), outgoing()) as channel,
    ):
        assert await echo.call(channel, shape) == b"X"


async def test_unknown_method(folder: Path) -> None:
    """A method that nobody serves is UNIMPLEMENTED, as without interceptors."""
    async with (
        echo.served(folder, incoming(5), echo.handler(answers)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        unary: Any = channel.unary_unary("/test.Echo/Nothing")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_handler_that_writes(folder: Path) -> None:
    """A streaming handler that writes to its context instead of yielding is served too."""

    async def writes(request: bytes, context: Context) -> None:
        await context.write(b"one")
        await context.write(b"two")

    methods: dict[str, Any] = {"UnaryStream": grpc.unary_stream_rpc_method_handler(writes)}
    generic = grpc.method_handlers_generic_handler("test.Echo", methods)
    async with (
        echo.served(folder, incoming(5), generic) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert await echo.call(channel, "UnaryStream") == b"onetwo"
