"""The public server: encryption, bounds, the private listener, and its stop."""

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import connect

from gateway import server
from host.settings import BadSettings
from tests.certificates import Authority
from tests.gateway import frames
from tests.gateway.doors import door_to, echo_behind_a_door
from tests.host import echo

ANYWHERE = "127.0.0.1:0"


async def answers(request: bytes, context: Any) -> bytes:
    """Answer with what was said."""
    return request


async def code_of(address: str, **options: Any) -> grpc.StatusCode:
    """Return how a call to an address ends."""
    async with connect(address, **options) as suite:
        try:
            await echo.call(suite.channel, "UnaryUnary", timeout=3)
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


async def test_encrypted(folder: Path) -> None:
    """A client that trusts the authority gets in; one that trusts another, or does not encrypt, does not."""
    authority, other = Authority(folder), Authority(folder, "other")
    pair = authority.signed("door")
    files = {"certificate": pair.certificate, "key": pair.key}
    async with echo_behind_a_door(folder, echo.handler(answers), listen=ANYWHERE, **files) as (door, _):
        assert await code_of(f"tls:{door}", ca=authority.content) is grpc.StatusCode.OK
        assert await code_of(f"tls:{door}", ca=other.content) is grpc.StatusCode.UNAVAILABLE
        assert await code_of(door) is grpc.StatusCode.UNAVAILABLE


async def test_client_certificates(folder: Path) -> None:
    """Where an authority of clients is named, a certificate of another, or none, does not get in."""
    authority, clients = Authority(folder), Authority(folder, "clients")
    pair = authority.signed("door")
    files = {"certificate": pair.certificate, "key": pair.key, "client_ca": clients.path}
    trusted = {"ca": authority.content}
    async with echo_behind_a_door(folder, echo.handler(answers), listen=ANYWHERE, **files) as (door, _):
        good, bad = clients.signed("good").content(), authority.signed("bad").content()
        assert await code_of(f"tls:{door}", certificate=good, **trusted) is grpc.StatusCode.OK
        assert await code_of(f"tls:{door}", certificate=bad, **trusted) is grpc.StatusCode.UNAVAILABLE
        assert await code_of(f"tls:{door}", **trusted) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("name", ["certificate", "key", "client_ca", "client_certificates"])
async def test_settings_that_lack_something(folder: Path, name: str) -> None:
    """A certificate without its key, or trust in certificates that nobody can show, stops the start by its name."""
    pair = Authority(folder).signed("door")
    alone: dict[str, Any] = {
        "certificate": pair.certificate,
        "key": pair.key,
        "client_ca": pair.certificate,
        "client_certificates": {"x": {"tenant": "t", "scopes": ["*"]}},
    }
    with pytest.raises(BadSettings, match="ASSAY_GATEWAY__"):
        async with door_to(folder, f"unix:{folder}/s", **{name: alone[name]}):
            pass


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_message_too_large(folder: Path, shape: str) -> None:
    """A request over the bound is refused, and so is an answer."""

    async def doubles(request: bytes, context: Any) -> bytes:
        return request * 2

    async with (
        echo_behind_a_door(folder, echo.handler(doubles), max_message_bytes=1000) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        assert len(await echo.call(channel, shape, bytes(400))) == 800
        for size in (600, 1100):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await echo.call(channel, shape, bytes(size))
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_compressed(folder: Path) -> None:
    """A compressed message is refused unread: what it would become is not bounded by what it is."""
    seen = 0

    async def counts(request: bytes, context: Any) -> bytes:
        nonlocal seen
        seen += 1
        return b""

    async with (
        echo_behind_a_door(folder, echo.handler(counts)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary", bytes(1000), compression=grpc.Compression.Gzip)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert seen == 0
        assert await echo.call(channel, "UnaryUnary") == b""


async def test_too_much_metadata(folder: Path) -> None:
    """A call that brings along more than the bound is refused."""
    async with (
        echo_behind_a_door(folder, echo.handler(answers)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary", metadata=[(f"key-{n}", "x" * 1000) for n in range(10)])
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def opened(path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect by hand, as far as HTTP/2's first words."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(frames.PREFACE + frames.frame(frames.SETTINGS))
    return reader, writer


async def test_connections(folder: Path) -> None:
    """One connection more than the bound is closed at once, and there is room again when another one goes."""
    async with echo_behind_a_door(folder, echo.handler(answers), max_connections=3) as (door, _):
        path = door.removeprefix("unix:")
        held = [await opened(path) for _ in range(3)]
        for reader, _ in held:
            assert await asyncio.wait_for(frames.read(reader), 5) is not None
        more, writer = await asyncio.open_unix_connection(path)
        writer.write(frames.PREFACE + frames.frame(frames.SETTINGS))
        assert await asyncio.wait_for(frames.read(more), 5) is None
        for _, one in (*held, (more, writer)):
            one.close()
        async with asyncio.timeout(10):
            while await code_of(door) is not grpc.StatusCode.OK:
                await asyncio.sleep(0.05)


async def test_streams_of_a_connection(folder: Path) -> None:
    """A connection is told how many streams it may have, and the calls beyond wait for one of them."""
    at_once, most = 0, 0

    async def counts(request: bytes, context: Any) -> bytes:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        return b""

    async with (
        echo_behind_a_door(folder, echo.handler(counts), max_streams_per_connection=4) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        reader, writer = await opened(door.removeprefix("unix:"))
        first = await asyncio.wait_for(frames.read(reader), 5)
        assert first is not None
        assert first.settings()[frames.MAX_CONCURRENT_STREAMS] == 4
        writer.close()
        await asyncio.gather(*(echo.call(channel, "UnaryUnary") for _ in range(12)))
    assert most == 4


async def test_idle(folder: Path) -> None:
    """A connection without calls is closed after a while."""
    async with echo_behind_a_door(folder, echo.handler(answers), idle_seconds=0.5) as (door, _):
        reader, writer = await opened(door.removeprefix("unix:"))
        assert await asyncio.wait_for(frames.last(reader), 10) is not None
        writer.close()


async def test_age(folder: Path) -> None:
    """A connection that has come of age is asked to go: its calls end in peace, or after the grace."""

    async def waits(request: bytes, context: Any) -> bytes:
        await asyncio.sleep(float(request))
        return b"done"

    async with (
        echo_behind_a_door(folder, echo.handler(waits), connection_age_seconds=0.5) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        long = asyncio.create_task(echo.call(channel, "UnaryUnary", b"60", timeout=None))
        assert await echo.call(channel, "UnaryUnary", b"0.7") == b"done"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(long, 10)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert await echo.call(channel, "UnaryUnary", b"0", wait_for_ready=True) == b"done"


async def test_nothing_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never says what it is is closed, and others are served in the meantime."""
    monkeypatch.setattr(server, "HANDSHAKE_SECONDS", 1)
    async with echo_behind_a_door(folder, echo.handler(answers)) as (door, _):
        silent = [await asyncio.open_unix_connection(door.removeprefix("unix:")) for _ in range(20)]
        silent[0][1].write(frames.PREFACE[:10])
        assert await code_of(door) is grpc.StatusCode.OK
        await asyncio.wait_for(asyncio.gather(*(frames.last(reader) for reader, _ in silent)), 15)
        for _, writer in silent:
            writer.close()


async def test_flood_of_pings(folder: Path) -> None:
    """A client that does nothing but ping is told to calm down, and its connection closed."""
    async with echo_behind_a_door(folder, echo.handler(answers)) as (door, _):
        reader, writer = await opened(door.removeprefix("unix:"))
        writer.write(frames.frame(frames.PING, bytes(8)) * 50)
        told = await asyncio.wait_for(frames.last(reader), 10)
        writer.close()
    assert told is not None
    assert told.error() == frames.ENHANCE_YOUR_CALM


async def test_private_listener(folder: Path) -> None:
    """The HTTP side's way in is its owner's alone, leads to the same door, and goes with it."""
    async with (
        echo.served(folder, (), echo.handler(answers)) as peer,
        door_to(folder, peer, listen="") as door,
    ):
        assert door.address == ""
        path = Path(door.private.removeprefix("unix:"))
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700
        assert await code_of(door.private) is grpc.StatusCode.OK
    assert not path.parent.exists()
