"""Traces that go on from the client through the server to the calls that it makes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.outgoing import adapted
from opentelemetry import baggage, trace

from host.interceptors.around import Context
from host.interceptors.chain import incoming, outgoing
from tests.host import echo
from tests.processes import run_python

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = (("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"),)


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_from_client_to_nested_call(folder: Path, shape: str) -> None:
    """A client's trace goes on through the server and into the call that it makes, whatever the shape."""

    async def traced(request: bytes, context: object) -> bytes:
        return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id).encode()

    async with (
        echo.served(folder, incoming(5), echo.handler(traced), "peer") as peer,
        adapted(grpc.aio.insecure_channel(peer), outgoing()) as to_peer,
    ):

        async def asks(request: bytes, context: object) -> bytes:
            return await echo.call(to_peer, shape, metadata=(("mine", "kept"),))

        async with (
            echo.served(folder, incoming(5), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            assert await echo.call(channel, shape, metadata=PARENT) == TRACE.encode()


async def test_baggage_is_left_alone(folder: Path) -> None:
    """What a stranger sends as baggage is not read, and does not go on."""

    async def told(request: bytes, context: Context) -> bytes:
        sent = [key for key, _ in context.invocation_metadata() or () if key == "baggage"]
        return repr((sent, dict(baggage.get_all()))).encode()

    async with (
        echo.served(folder, incoming(5), echo.handler(told), "peer") as peer,
        adapted(grpc.aio.insecure_channel(peer), outgoing()) as to_peer,
    ):

        async def asks(request: bytes, context: Context) -> bytes:
            return await told(request, context) + await echo.call(to_peer, "UnaryUnary")

        async with (
            echo.served(folder, incoming(5), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            sent = (("baggage", "a=b"), *PARENT)
            assert await echo.call(channel, "UnaryUnary", metadata=sent) == b"(['baggage'], {})([], {})"


async def test_metadata_of_the_call_is_kept(folder: Path) -> None:
    """What the caller put into a nested call's metadata arrives beside the trace, and one traceparent alone."""

    async def told(request: bytes, context: Context) -> bytes:
        return repr(
            sorted(key for key, _ in context.invocation_metadata() or () if key in {"mine", "traceparent"})
        ).encode()

    async with (
        echo.served(folder, incoming(5), echo.handler(told), "peer") as peer,
        adapted(grpc.aio.insecure_channel(peer), outgoing()) as to_peer,
    ):

        async def asks(request: bytes, context: object) -> bytes:
            return await echo.call(to_peer, "UnaryUnary", metadata=(("mine", "kept"), *PARENT))

        async with (
            echo.served(folder, incoming(5), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            assert await echo.call(channel, "UnaryUnary", metadata=PARENT) == b"['mine', 'traceparent']"


async def test_a_stream_that_is_left(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A client that leaves a stream in its middle is nothing to complain of."""
    closed = asyncio.Event()

    async def endless(request: bytes, context: object) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(100_000)
        finally:
            closed.set()

    methods: dict[str, Any] = {"Endless": grpc.unary_stream_rpc_method_handler(endless)}
    async with (
        echo.served(folder, incoming(5), grpc.method_handlers_generic_handler("test.Echo", methods)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        method: Any = channel.unary_stream("/test.Echo/Endless")
        call = method(b"x", timeout=10)
        async for _ in call:
            break
        call.cancel()
        await asyncio.wait_for(closed.wait(), 10)
    assert [record.name for record in caplog.records if record.name.startswith("opentelemetry")] == []


async def test_spans() -> None:
    """With a provider, each call is one SERVER span with the gRPC status code, and a failed one is an error."""
    program = Path(__file__).with_name("spans_program.py")
    done = await run_python("-P", str(program))
    assert done.stdout.split() == ["SERVER", "OK", "UNSET", "SERVER", "NOT_FOUND", "ERROR"], done.stderr
