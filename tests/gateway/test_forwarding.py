"""Calls through the door: what a client gets is what it gets from the peer itself."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import InvalidArgument, Unavailable, UnknownMethod

from host.interceptors.authentication import by_token
from host.interceptors.chain import incoming
from host.tokens import Verifier
from tests.gateway.doors import door_to, echo_behind_a_door
from tests.host import echo


async def answers(request: bytes, context: Any) -> bytes:
    """Answer in capitals."""
    return request.upper()


def started(channel: Any, path: str, shape: str) -> Any:
    """Begin a call of a shape with one message."""
    sent, got = ("stream" if part == "Stream" else "unary" for part in re.findall("Unary|Stream", shape))
    return getattr(channel, f"{sent}_{got}")(path)(b"x" if sent == "unary" else iter([b"x"]), timeout=10)


async def read(call: Any, shape: str) -> None:
    """Read a call's answers to the end."""
    if shape.endswith("Stream"):
        async for _ in call:
            pass
    else:
        await call


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
async def test_metadata_of_a_success(folder: Path, shape: str) -> None:
    """An answer comes with the metadata of both of its ends."""

    async def tells(request: bytes, context: Any) -> bytes:
        await context.send_initial_metadata((("first", "1"),))
        context.set_trailing_metadata((("last-bin", b"\x00\xff"),))
        return b""

    async with (
        echo_behind_a_door(folder, echo.handler(tells)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        call = started(channel, f"/test.Echo/{shape}", shape)
        assert list(await call.initial_metadata()) == [("first", "1")]
        await read(call, shape)
        assert list(await call.trailing_metadata()) == [("last-bin", b"\x00\xff")]


@pytest.mark.parametrize("shape", echo.SHAPES)
@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
async def test_every_code(folder: Path, shape: str, code: grpc.StatusCode) -> None:
    """A code comes as the peer gave it, with its words, where gRPC itself could not have said it."""

    async def ends(request: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("said-by", "the peer"),))
        await context.abort(code, "for a reason")
        return b""

    async with (
        echo_behind_a_door(folder, echo.handler(ends)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        call = started(channel, f"/test.Echo/{shape}", shape)
        assert await asyncio.wait_for(call.code(), 10) is code
        assert await call.details() == "for a reason"


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_a_peer_that_does_not_know_the_door(folder: Path, shape: str) -> None:
    """A client whose key was good does not hear that it was not, where it is the door's that the peer refuses."""
    guarded = incoming(5, by_token(Verifier({}, 1)))
    async with (
        echo.served(folder, guarded, echo.handler(answers)) as peer,
        door_to(folder, peer) as door,
        grpc.aio.insecure_channel(door.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, shape)
    error = error_from_rpc(caught.value)
    assert (type(error), error.metadata) == (Unavailable, {"service": "echo"})


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
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await read(started(channel, path, shape), shape)
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


def serving(name: str, handler: Any) -> grpc.GenericRpcHandler:
    """Return an echo of one method."""
    methods: dict[str, Any] = {name: handler}
    return grpc.method_handlers_generic_handler("test.Echo", methods)


async def test_slow_reader(folder: Path) -> None:
    """A client that does not read stops the peer, and gets all of it when it does."""
    sent = 0

    async def streams(request: bytes, context: Any) -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield bytes(256 * 1024)

    generic = serving("UnaryStream", grpc.unary_stream_rpc_method_handler(streams))
    async with echo_behind_a_door(folder, generic) as (door, _), grpc.aio.insecure_channel(door) as channel:
        call = started(channel, "/test.Echo/UnaryStream", "UnaryStream")
        assert len(await call.read()) == 256 * 1024
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.3)
        assert sent < 50
        rest = 0
        while await call.read():
            rest += 1
    assert rest == 199
    assert sent == 200


async def test_slow_peer(folder: Path) -> None:
    """A peer that does not read stops the client that sends to it."""
    sent = 0
    enough = asyncio.Event()

    async def waits(requests: AsyncIterator[bytes], context: Any) -> bytes:
        await enough.wait()
        return str(len([one async for one in requests])).encode()

    async def requests() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield bytes(256 * 1024)

    generic = serving("StreamUnary", grpc.stream_unary_rpc_method_handler(waits))
    async with echo_behind_a_door(folder, generic) as (door, _), grpc.aio.insecure_channel(door) as channel:
        method: Any = channel.stream_unary("/test.Echo/StreamUnary")
        call = method(requests(), timeout=30)
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.3)
        assert sent < 50
        enough.set()
        assert await call == b"200"


async def test_the_peer_ends_first(folder: Path) -> None:
    """A peer that ends a stream while its client still sends ends it for the client."""

    async def first(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request
            return

    async def requests() -> AsyncIterator[bytes]:
        yield b"1"
        await asyncio.sleep(60)

    generic = serving("StreamStream", grpc.stream_stream_rpc_method_handler(first))
    async with echo_behind_a_door(folder, generic) as (door, _), grpc.aio.insecure_channel(door) as channel:
        method: Any = channel.stream_stream("/test.Echo/StreamStream")
        async with asyncio.timeout(10):
            assert [answer async for answer in method(requests(), timeout=30)] == [b"1"]


async def test_the_peer_ends_while_more_is_sent(folder: Path) -> None:
    """A peer that ends a stream well while messages to it are on their way ends it well for the client."""

    async def first(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for _ in requests:
            yield b"1"
            return

    async def requests() -> AsyncIterator[bytes]:
        while True:
            yield bytes(20_000)

    generic = serving("StreamStream", grpc.stream_stream_rpc_method_handler(first))
    async with echo_behind_a_door(folder, generic) as (door, _), grpc.aio.insecure_channel(door) as channel:
        method: Any = channel.stream_stream("/test.Echo/StreamStream")
        for _ in range(50):
            assert [answer async for answer in method(requests(), timeout=30)] == [b"1"]


async def test_a_peer_that_is_lost(folder: Path) -> None:
    """A peer that goes away in the middle of a call is UNAVAILABLE with our reason, and is found when it is back."""
    waiting = asyncio.Event()

    async def waits(request: bytes, context: Any) -> bytes:
        waiting.set()
        await asyncio.sleep(60 if request == b"wait" else 0)
        return b"done"

    async with door_to(folder, f"unix:{folder}/s") as door, grpc.aio.insecure_channel(door.address) as channel:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((echo.handler(waits),))
        server.add_insecure_port(f"unix:{folder}/s")
        await server.start()
        call = asyncio.create_task(echo.call(channel, "UnaryUnary", b"wait", timeout=30))
        await asyncio.wait_for(waiting.wait(), 10)
        await server.stop(None)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert type(error_from_rpc(caught.value)) is Unavailable
        async with echo.served(folder, (), echo.handler(waits)):
            assert await within_seconds(channel) == b"done"


async def within_seconds(channel: grpc.aio.Channel) -> bytes:
    """Call until somebody answers."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await echo.call(channel, "UnaryUnary", b"now")
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.1)


async def test_deadline(folder: Path) -> None:
    """A peer gets what is left of the client's time, and a call that has used it up says so."""
    left: list[float] = []

    async def waits(request: bytes, context: Any) -> bytes:
        left.append(context.time_remaining())
        await asyncio.sleep(60)
        return b""

    async with (
        echo_behind_a_door(folder, echo.handler(waits)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary", timeout=0.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0 < left[0] < 1
