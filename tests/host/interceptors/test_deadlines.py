"""Deadlines: the server's own, what is left for nested calls, and what ends when they pass."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import DeadlineExceeded
from assay.outgoing import adapted

from host.interceptors.chain import incoming, outgoing
from host.interceptors.deadlines import seconds_left
from tests.host import echo
from tests.tasks import left_behind

ROUNDING = 0.05
"""gRPC rounds the time-outs that it sends up, to three figures."""


async def left(request: bytes, context: object) -> bytes:
    """Answer with the time that is left."""
    return str(seconds_left()).encode()


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_the_servers_own(folder: Path, shape: str) -> None:
    """A call without a deadline gets the server's, and one that asks for more gets no more."""
    async with (
        echo.served(folder, incoming(7), echo.handler(left)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        for timeout in (None, 100):
            assert 6 < float(await echo.call(channel, shape, timeout=timeout)) <= 7 + ROUNDING
        assert 2 < float(await echo.call(channel, shape, timeout=3)) <= 3 + ROUNDING


def test_none_outside_of_a_call() -> None:
    """Outside of a call there is no deadline."""
    assert seconds_left() is None


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_over_the_servers_own(folder: Path, shape: str) -> None:
    """A call that runs over the server's deadline ends as DEADLINE_EXCEEDED, and its handler is stopped."""
    stopped = asyncio.Event()

    async def waits(request: bytes, context: object) -> bytes:
        try:
            await asyncio.sleep(30)
        finally:
            stopped.set()
        return b""

    async with (
        echo.served(folder, incoming(0.2), echo.handler(waits)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, shape, timeout=20)
        await asyncio.wait_for(stopped.wait(), 5)
    assert isinstance(error_from_rpc(caught.value), DeadlineExceeded)


async def test_a_time_out_of_the_handlers_own(folder: Path) -> None:
    """A TimeoutError that has nothing to do with the deadline is a defect, not DEADLINE_EXCEEDED."""

    async def times_out(request: bytes, context: object) -> bytes:
        raise TimeoutError

    async with (
        echo.served(folder, incoming(5), echo.handler(times_out)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary")
    assert caught.value.code() is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("timeout", [0, 0.000001])
async def test_already_gone(folder: Path, timeout: float) -> None:
    """A deadline that has passed already ends the call as DEADLINE_EXCEEDED, before an answer that takes any time."""

    async def takes_time(request: bytes, context: object) -> bytes:
        await asyncio.sleep(1)
        return request

    async with (
        echo.served(folder, incoming(5), echo.handler(takes_time)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary", timeout=timeout)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("name", ["Watch", "WatchValidation", "Subscribe"])
async def test_following_has_none_of_the_servers(folder: Path, name: str) -> None:
    """A method that follows something lasts as long as its client wants: to the client's deadline, if it gave one."""

    async def watch(request: bytes, context: object) -> AsyncIterator[bytes]:
        await asyncio.sleep(0.3)
        yield b"none" if seconds_left() is None else b"some"
        await asyncio.sleep(30)

    methods: dict[str, Any] = {name: grpc.unary_stream_rpc_method_handler(watch)}
    async with (
        echo.served(folder, incoming(0.1), grpc.method_handlers_generic_handler("test.Echo", methods)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        method: Any = channel.unary_stream(f"/test.Echo/{name}")
        without = method(b"")
        assert await without.read() == b"none"
        without.cancel()
        stream = method(b"", timeout=0.8)
        assert await stream.read() == b"some"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_nested_call_gets_what_is_left(folder: Path, shape: str) -> None:
    """A call made while serving another has at most what is left of that one's deadline."""
    async with (
        echo.served(folder, incoming(600), echo.handler(left), "peer") as peer,
        adapted(grpc.aio.insecure_channel(peer), outgoing()) as to_peer,
    ):

        async def asks(request: bytes, context: object) -> bytes:
            await asyncio.sleep(0.1)
            return await echo.call(to_peer, shape, timeout=float(request) if request else None)

        async with (
            echo.served(folder, incoming(600), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            assert 1 < float(await echo.call(channel, shape, b"", timeout=3)) <= 2.9 + ROUNDING
            assert float(await echo.call(channel, shape, b"1", timeout=3)) <= 1 + ROUNDING


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_cancellation_reaches_the_nested_handler(folder: Path, shape: str) -> None:
    """When a client gives a call up, the handler of the call that was made for it is cancelled too."""
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def waits(request: bytes, context: object) -> bytes:
        begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            stopped.set()
        return b""

    async with (
        echo.served(folder, incoming(600), echo.handler(waits), "peer") as peer,
        adapted(grpc.aio.insecure_channel(peer), outgoing()) as to_peer,
    ):

        async def asks(request: bytes, context: object) -> bytes:
            return await echo.call(to_peer, shape, timeout=None)

        async with (
            echo.served(folder, incoming(600), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            task = asyncio.create_task(echo.call(channel, shape, timeout=None))
            await asyncio.wait_for(begun.wait(), 5)
            task.cancel()
            await asyncio.wait_for(stopped.wait(), 5)


async def test_stream_torn_down_early(folder: Path) -> None:
    """A response stream that its client leaves ends its handler's clean-up and leaves no task behind."""
    before = asyncio.all_tasks()
    stopped = asyncio.Event()

    async def endless(request: bytes, context: object) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1_000
        finally:
            await asyncio.sleep(0)
            stopped.set()

    methods: dict[str, Any] = {"Endless": grpc.unary_stream_rpc_method_handler(endless)}
    async with (
        echo.served(folder, incoming(30), grpc.method_handlers_generic_handler("test.Echo", methods)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        method: Any = channel.unary_stream("/test.Echo/Endless")
        stream = method(b"")
        async for _ in stream:
            break
        stream.cancel()
        await asyncio.wait_for(stopped.wait(), 5)
    assert not await left_behind(before)


async def test_slow_reader(folder: Path) -> None:
    """A stream whose client does not read is ended by the server's deadline as well."""
    stopped = asyncio.Event()

    async def endless(request: bytes, context: object) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1_000_000
        finally:
            stopped.set()

    methods: dict[str, Any] = {"Endless": grpc.unary_stream_rpc_method_handler(endless)}
    async with (
        echo.served(folder, incoming(0.5), grpc.method_handlers_generic_handler("test.Echo", methods)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        method: Any = channel.unary_stream("/test.Echo/Endless")
        stream = method(b"")
        await stream.read()
        await asyncio.wait_for(stopped.wait(), 5)
        stream.cancel()
