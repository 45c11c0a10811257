"""Calls through the door: what a client gets is what it gets from the peer itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import InvalidArgument, Unavailable, UnknownMethod

from tests.gateway.doors import door_to, echo_behind_a_door
from tests.host import echo


async def answers(request: bytes, context: Any) -> bytes:
    """Answer in capitals."""
    return request.upper()


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_every_shape(folder: Path, shape: str) -> None:
    """A call of any shape gets its answer."""
    async with (
        echo_behind_a_door(folder, echo.handler(answers)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        assert await echo.call(channel, shape, b"\x00\xffx") == b"\x00\xffX"


async def test_order(folder: Path) -> None:
    """Messages come in the order in which they were sent, each once, while others still go out."""
    asked = [str(number).encode() for number in range(500)]

    async def requests() -> AsyncIterator[bytes]:
        for one in asked:
            yield one

    async with (
        echo_behind_a_door(folder, echo.handler(answers)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        calls: Any = channel.stream_stream("/test.Echo/StreamStream")
        assert [answer async for answer in calls(requests(), timeout=20)] == asked


async def refuses(request: bytes, context: Any) -> bytes:
    """Refuse with metadata of all kinds."""
    await context.send_initial_metadata((("first", "1"), ("first-bin", b"\x00\xff")))
    context.set_trailing_metadata((("last", "2"), ("last", "3")))
    raise InvalidArgument("candidate.files", "there are none", metadata={"most": "5"})


async def ended(channel: Any, shape: str, **options: Any) -> tuple[Any, ...]:
    """Return all that a client is told of how a call ends."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(channel, shape, **options)
    error = caught.value
    ours = error_from_rpc(error)
    return error.code(), error.details(), set(error.initial_metadata()), set(error.trailing_metadata()), ours.metadata


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_status(folder: Path, shape: str) -> None:
    """A status comes with its details and the metadata of both ends, as from the peer itself."""
    async with (
        echo_behind_a_door(folder, echo.handler(refuses)) as (door, peer),
        grpc.aio.insecure_channel(door) as outside,
        grpc.aio.insecure_channel(peer) as inside,
    ):
        through, straight = await ended(outside, shape), await ended(inside, shape)
    assert through == straight
    assert through[0] is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_nobody_there(folder: Path, shape: str) -> None:
    """A peer that is down is UNAVAILABLE with our reason, and nobody is told where it should be."""
    async with (
        door_to(folder, f"unix:{folder}/nobody") as door,
        grpc.aio.insecure_channel(door.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, shape)
    error = error_from_rpc(caught.value)
    assert type(error) is Unavailable
    assert error.metadata == {"service": "echo"}
    assert "nobody" not in str(caught.value)


@pytest.mark.parametrize("shape", echo.SHAPES)
@pytest.mark.parametrize("path", ["/test.Other/UnaryUnary", "/test.Echo/Other", "/assay.v1.StageService/RunStage", "/"])
async def test_not_public(folder: Path, shape: str, path: str) -> None:
    """What is not public is UNIMPLEMENTED with our reason, whatever shape the caller takes it for."""
    async with (
        echo_behind_a_door(folder, echo.handler(answers)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        method: Any = getattr(
            channel,
            {
                "UnaryUnary": "unary_unary",
                "UnaryStream": "unary_stream",
                "StreamUnary": "stream_unary",
                "StreamStream": "stream_stream",
            }[shape],
        )(path)
        call = method(b"x" if shape.startswith("Unary") else iter([b"x"]), timeout=10)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [one async for one in call] if shape.endswith("Stream") else await call
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert type(error_from_rpc(caught.value)) is UnknownMethod


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_cancelled(folder: Path, shape: str) -> None:
    """A client that leaves ends the peer's call at once."""
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def waits(request: bytes, context: Any) -> bytes:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        return b""

    async with (
        echo_behind_a_door(folder, echo.handler(waits)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        call = asyncio.create_task(echo.call(channel, shape, timeout=None))
        await asyncio.wait_for(begun.wait(), 10)
        call.cancel()
        await asyncio.wait_for(stopped.wait(), 10)
