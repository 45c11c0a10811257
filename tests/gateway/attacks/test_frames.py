"""HTTP/2 that is wrong, changed, or larger than it looks."""

import asyncio
import random
import struct
from contextlib import suppress

import pytest

from tests.gateway import frames
from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.good_client import meanwhile
from tests.gateway.attacks.mutations import VALID, mutated
from tests.gateway.attacks.raw_calls import (
    CONTINUATION,
    DATA,
    HEADERS,
    Header,
    call_headers,
    header_block,
    message,
    raw_connection,
)
from tests.gateway.attacks.target import Target

RULES = "/assay.v1.ValidationService/ListRules"

MIB = 1024 * 1024
GROWTH = 200 * MIB

SEEDS = [
    pytest.param(200, id="200"),
    pytest.param(5_000, id="5000", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
]


async def send(target: Target, content: bytes) -> bytes:
    """Send bytes to the gateway, and return what it says until it hangs up or says nothing more."""
    host, _, port = target.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    try:
        writer.write(content)
        await writer.drain()
        while more := await asyncio.wait_for(reader.read(1 << 16), 0.5):
            answer += more
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return answer


def connection(metadata: tuple[Header, ...]) -> bytes:
    """Return all bytes of a connection on which three calls are made."""
    made = frames.PREFACE + frames.frame(frames.SETTINGS)
    for number, name in enumerate(("ListRules", "Validate", "ListValidations")):
        stream = 2 * number + 1
        path = f"/assay.v1.ValidationService/{name}"
        request = message(VALID[f"ValidationService/{name}"].SerializeToString())
        made += frames.frame(HEADERS, header_block(call_headers(path, *metadata)), 4, stream)
        made += frames.frame(DATA, request, 1, stream)
    return made


@pytest.mark.parametrize("count", SEEDS)
async def test_changed(target: Target, acme: Tenant, mallory: Tenant, count: int) -> None:
    """Connections whose bytes are changed anywhere end, or go on, and tell nothing of the inside."""
    before = target.memory()
    whole = connection(mallory.metadata)
    at_once = asyncio.Semaphore(8)

    async def one(seed: int) -> bytes:
        chance = random.Random(seed)
        # The preface is changed seldom: what follows is not read then.
        kept = 0 if seed % 20 == 0 else len(frames.PREFACE)
        async with at_once:
            return await send(target, whole[:kept] + mutated(chance, whole[kept:]))

    async with meanwhile(target, acme.key, f"{count} changed connections") as good:
        answers = await asyncio.gather(*(one(seed) for seed in range(count)))
    assert good.failures == []
    assert not any(word in answer for answer in answers for word in (b"Traceback", b"site-packages", b"DecodeError"))
    assert target.memory() - before < GROWTH


async def test_headers_without_an_end(target: Target, acme: Tenant) -> None:
    """Headers that go on in frame after frame are cut off before they take memory (CVE-2024-27316)."""
    before = target.memory()
    piece = header_block([("x", "a" * 16_000)])
    async with meanwhile(target, acme.key, "headers without an end") as good:
        for _ in range(3):
            async with raw_connection(target.address) as raw:
                raw.writer.write(frames.frame(HEADERS, header_block(call_headers(RULES)), 0, 1))
                with suppress(ConnectionError):
                    for _ in range(5_000):
                        raw.writer.write(frames.frame(CONTINUATION, piece, 0, 1))
                        await raw.writer.drain()
        assert target.memory() - before < GROWTH
    assert good.failures == []


async def test_headers_that_unpack(target: Target, acme: Tenant, mallory: Tenant) -> None:
    """
    Headers that stand once and are pointed at thousands of times are refused by what they become, one call at a time.

    gRPC's core holds about a mebibyte for each for some seconds, and the allocator keeps it for what comes next.
    """
    before = target.memory()
    # A literal that is put into the table (RFC 7541, 6.2.1), and then its index, again and again.
    literal = b"\x40" + header_block([("x", "a" * 3_000)])[1:]
    block = header_block(call_headers(RULES, *mallory.metadata)) + literal + b"\xbe" * 10_000
    calls = 250
    async with meanwhile(target, acme.key, f"{calls} headers that unpack") as good:
        for _ in range(5):
            async with raw_connection(target.address) as raw:
                for stream in range(1, 2 * calls // 5, 2):
                    raw.writer.write(frames.frame(HEADERS, block, 4, stream))
                with suppress(ConnectionError):
                    await raw.writer.drain()
                await asyncio.sleep(0.2)
    growth = (target.memory() - before) // MIB
    print(f"{calls} headers that unpack: memory {growth:+} MiB")  # noqa: T201 - the figure
    assert growth < 2 * calls
    # gRPC's core would write a line of its own for each.
    assert "hpack" not in target.log.read_text(errors="replace")
    assert good.failures == []


ODD: dict[str, list[Header]] = {
    "no path": [(":method", "POST"), (":scheme", "http"), ("content-type", "application/grpc")],
    "two paths": [*call_headers(RULES), (":path", "/assay.v1.StageService/RunStage")],
    "not POST": [(":method", "GET"), *call_headers(RULES)[1:]],
    "CONNECT": [(":method", "CONNECT"), (":authority", "localhost:22")],
    "no content": [header for header in call_headers(RULES) if header[0] != "content-type"],
    "a page": [(name, "text/html" if name == "content-type" else value) for name, value in call_headers(RULES)],
    "large letters": [*call_headers(RULES), ("X-Large", "x")],
    "of a connection": [*call_headers(RULES), ("connection", "upgrade"), ("transfer-encoding", "chunked")],
    "a line in it": [*call_headers(RULES), ("x", "a\r\nauthorization: Bearer x")],
    "a timeout of nothing": [*call_headers(RULES), ("grpc-timeout", "0n")],
    "a timeout of ages": [*call_headers(RULES), ("grpc-timeout", "99999999H")],
    "a timeout of words": [*call_headers(RULES), ("grpc-timeout", "-1S")],
    "a trace of nothing": [*call_headers(RULES), ("traceparent", "00-" + "0" * 32 + "-" + "0" * 16 + "-01")],
    "a trace of anything": [*call_headers(RULES), ("traceparent", "\xff" * 500), ("tracestate", "a=b," * 500)],
    "an encoding of ours": [*call_headers(RULES), ("grpc-accept-encoding", "x" * 4_000), ("grpc-encoding", "\xff")],
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
async def test_odd_headers(target: Target, acme: Tenant, mallory: Tenant, what: str) -> None:
    """Headers that no client sends end their call, or do nothing, and other connections go on."""
    async with meanwhile(target, acme.key, f"odd headers, {what}") as good:
        for metadata in (mallory.metadata, ()):
            async with raw_connection(target.address) as raw:
                for _ in range(5):
                    raw.data(raw.begin([*ODD[what], *metadata]), message(b""))
                with suppress(ConnectionError):
                    await raw.writer.drain()
                await asyncio.sleep(0.1)
    assert good.failures == []


@pytest.mark.slow
async def test_windows(target: Target, acme: Tenant) -> None:
    """Windows that grow beyond what they may, settings out of bounds, and frames of no stream end their connection."""
    for sent in (
        frames.frame(8, struct.pack(">I", 2**31 - 1)) * 5,
        frames.frame(frames.SETTINGS, struct.pack(">HI", 4, 2**32 - 1)),
        frames.frame(frames.SETTINGS, struct.pack(">HI", 5, 1)), frames.frame(DATA, b"x" * 100, 1, 1),
        frames.frame(HEADERS, header_block(call_headers(RULES)), 4, 2), frames.frame(5, bytes(10), 4, 1),
        frames.frame(7, struct.pack(">II", 0, 0)) * 100, frames.frame(0xFF, bytes(100), 0xFF, 0) * 1_000,
        frames.frame(3, struct.pack(">I", 8), 0, 1) * 1_000, frames.frame(2, bytes(5), 0, 1) * 1_000,
        struct.pack(">I", 2**24 - 1)[1:] + bytes(6),
    ):  # fmt: skip
        await send(target, frames.PREFACE + frames.frame(frames.SETTINGS) + sent)
    async with meanwhile(target, acme.key, "after wrong windows and settings") as good:
        await asyncio.sleep(0.3)
    assert good.failures == []
    assert good.seconds
