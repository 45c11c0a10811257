"""Clients that hold on, do not read, reset, or flood; and how long good ones wait in the meantime."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from tests.gateway import frames
from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.good_client import meanwhile
from tests.gateway.attacks.raw_calls import RawConnection, call_headers, message, raw_connection
from tests.gateway.attacks.target import Target

RULES = "/assay.v1.ValidationService/ListRules"
PROBE = "/grpc.health.v1.Health/Check"

SECONDS = [pytest.param(1.0, id="short"), pytest.param(20.0, id="long", marks=pytest.mark.slow)]
"""How long each goes on."""

MIB = 1024 * 1024
GROWTH = 400 * MIB

Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def opened(address: str, count: int) -> AsyncIterator[list[Opened]]:
    """Open many connections to "host:port", and hang up at the end."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    held = [await asyncio.open_connection(host, int(port)) for _ in range(count)]
    try:
        yield held
    finally:
        for _, writer in held:
            writer.close()


async def dribble(writer: asyncio.StreamWriter, content: bytes, pause: float = 0.2) -> None:
    """Send bytes one by one, for as long as the server lets one."""
    with suppress(ConnectionError):
        for byte in content:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(pause)


SLOW_HTTP: dict[str, bytes] = {
    "nothing": b"",
    "a head": b"GET /v1/rules HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 10_000,
    "a body": b"POST /v1/validations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: 1000000\r\n\r\n{" + b" " * 10_000,
    "chunks": b"POST /v1/validations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 5_000,
}

SLOW_GRPC: dict[str, bytes] = {
    "nothing": b"",
    "a preface": frames.PREFACE[:10],
    "settings": frames.PREFACE + frames.frame(frames.SETTINGS),
    "half a frame": frames.PREFACE + frames.frame(frames.SETTINGS) + frames.frame(1, b"x" * 100, 4, 1)[:30],
}


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("what", SLOW_HTTP)
async def test_slow_http(target: Target, acme: Tenant, what: str, seconds: float) -> None:
    """A hundred connections that say what they want a byte at a time keep nobody out."""
    async with meanwhile(target, acme.key, f"100 slow over HTTP, {what}") as good, opened(target.http, 100) as held:
        tasks = [asyncio.create_task(dribble(writer, SLOW_HTTP[what])) for _, writer in held]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
    assert good.failures == []
    assert good.seconds


@pytest.mark.slow
async def test_slow_http_is_hung_up_on(target: Target) -> None:
    """Who does not say what they want within some seconds is hung up on."""
    async with opened(target.http, 20) as held:
        tasks = [asyncio.create_task(dribble(writer, SLOW_HTTP["a head"])) for _, writer in held]
        await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in held), return_exceptions=True), 30)
        for task in tasks:
            task.cancel()


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("what", SLOW_GRPC)
async def test_slow_grpc(target: Target, acme: Tenant, what: str, seconds: float) -> None:
    """A hundred connections that do not say what they want keep nobody out over gRPC either."""
    async with meanwhile(target, acme.key, f"100 slow over gRPC, {what}") as good, opened(target.address, 100) as held:
        for _, writer in held:
            writer.write(SLOW_GRPC[what])
        await asyncio.sleep(seconds)
    assert good.failures == []
    assert good.seconds


Begin = Callable[[RawConnection, Sequence[tuple[str, str]]], None]


def _no_message(raw: RawConnection, metadata: Sequence[tuple[str, str]]) -> None:
    raw.begin(call_headers(RULES, *metadata))


def _half_a_message(raw: RawConnection, metadata: Sequence[tuple[str, str]]) -> None:
    raw.data(raw.begin(call_headers(RULES, *metadata)), message(b"\x08", size=1000))


def _probe_without_message(raw: RawConnection, metadata: Sequence[tuple[str, str]]) -> None:
    raw.begin(call_headers(PROBE))


def _unread(raw: RawConnection, metadata: Sequence[tuple[str, str]]) -> None:
    raw.data(raw.begin(call_headers(RULES, *metadata)), message(b"\x08\x64"))


def _unread_probe(raw: RawConnection, metadata: Sequence[tuple[str, str]]) -> None:
    raw.data(raw.begin(call_headers(PROBE)), message(b""))


HELD: dict[str, Begin] = {
    "calls without their message": _no_message,
    "half a message": _half_a_message,
    "probes without their message": _probe_without_message,
    "answers that nobody reads": _unread,
    "answers to probes that nobody reads": _unread_probe,
}


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("what", HELD)
async def test_held_calls(target: Target, acme: Tenant, bounded_tenant: Tenant, what: str, seconds: float) -> None:
    """Two and a half thousand calls that are not ended, by one tenant or by nobody, leave others their place."""
    before = target.memory()
    async with meanwhile(target, acme.key, f"2500 {what}") as good, AsyncExitStack() as stack:
        for _ in range(25):
            raw = await stack.enter_async_context(raw_connection(target.address))
            # No room for answers: INITIAL_WINDOW_SIZE is 0.
            raw.writer.write(frames.frame(frames.SETTINGS, struct.pack(">HI", 4, 0)))
            for _ in range(100):
                HELD[what](raw, bounded_tenant.metadata)
            await raw.writer.drain()
            await asyncio.sleep(0.02)
        await asyncio.sleep(seconds)
        assert target.memory() - before < GROWTH
    assert good.failures == []
    assert good.seconds


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("has_key", [True, False], ids=["key", "no key"])
async def test_rapid_resets(
    target: Target, acme: Tenant, bounded_tenant: Tenant, has_key: bool, seconds: float
) -> None:
    """Clients that begin calls and reset them at once, as fast as they can, keep nobody out (CVE-2023-44487)."""
    before = target.memory()
    metadata = bounded_tenant.metadata if has_key else ()
    count = 0

    async def resets(until: float) -> None:
        nonlocal count
        while time.monotonic() < until:
            with suppress(ConnectionError):
                async with raw_connection(target.address) as raw:
                    while time.monotonic() < until and not raw.reader.at_eof():
                        for _ in range(50):
                            raw.reset(raw.begin(call_headers(RULES, *metadata)))
                        count += 50
                        await raw.writer.drain()
                        # What the server says is read and thrown away, as whoever attacks would.
                        with suppress(TimeoutError):
                            await asyncio.wait_for(raw.reader.read(1 << 16), 0.01)

    async with meanwhile(target, acme.key, f"rapid resets for {seconds:g} s") as good:
        await asyncio.gather(*(resets(time.monotonic() + seconds) for _ in range(4)))
    print(f"{count} calls begun and reset")  # noqa: T201 - the figure
    assert good.failures == []
    assert good.seconds
    assert target.memory() - before < GROWTH


@pytest.mark.parametrize("seconds", SECONDS)
async def test_slow_readers(target: Target, acme: Tenant, bounded_tenant: Tenant, seconds: float) -> None:
    """Clients that ask for much over HTTP and read nothing of it hold no more than is bounded, and nobody up."""
    before = target.memory()
    ask = (
        "GET /v1/rules?page_size=1000 HTTP/1.1\r\nhost: localhost\r\n"
        f"authorization: Bearer {bounded_tenant.key}\r\n\r\n"
    ).encode()
    follow = ask.replace(b"/v1/rules?page_size=1000", b"/v1/events")
    async with meanwhile(target, acme.key, "50 that do not read") as good, opened(target.http, 50) as held:
        for number, (_, writer) in enumerate(held):
            writer.write(ask * 20 if number % 2 else follow)
        await asyncio.sleep(seconds)
        assert target.memory() - before < GROWTH
    assert good.failures == []
    assert good.seconds


@pytest.mark.parametrize("seconds", SECONDS)
async def test_pings_and_settings(target: Target, acme: Tenant, seconds: float) -> None:
    """Floods of frames that cost the sender nothing end their own connection, and nobody else's."""
    flood = frames.frame(frames.PING, bytes(8)) * 100 + frames.frame(frames.SETTINGS) * 100

    async def floods(until: float) -> None:
        while time.monotonic() < until:
            with suppress(ConnectionError):
                async with raw_connection(target.address) as raw:
                    while time.monotonic() < until and not raw.reader.at_eof():
                        raw.writer.write(flood)
                        await raw.writer.drain()
                        with suppress(TimeoutError):
                            await asyncio.wait_for(raw.reader.read(1 << 16), 0.01)

    async with meanwhile(target, acme.key, "floods of PING and SETTINGS") as good:
        await asyncio.gather(*(floods(time.monotonic() + seconds) for _ in range(4)))
    assert good.failures == []
    assert good.seconds


async def test_it_is_as_before(target: Target, acme: Tenant) -> None:
    """After all of them a validation is made, and no more tasks and descriptors are there than before."""
    async with meanwhile(target, acme.key, "afterwards") as good:
        await asyncio.sleep(0.5)
    assert good.failures == []
    assert target.process.num_fds() < 200
