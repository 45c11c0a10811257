"""What is too large, or becomes so: refused before it takes memory."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto

from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.raw_calls import call_headers, message, raw_connection
from tests.gateway.attacks.target import Target
from tests.gateway.guarded import call

VALIDATE = "/assay.v1.ValidationService/Validate"
RULES = "/assay.v1.ValidationService/ListRules"

MIB = 1024 * 1024
LARGEST = 32 * MIB
"""The largest message that is taken, by default."""

GROWTH = 300 * MIB
"""What the gateway may take more for a while: a few messages of the largest size, not what they claim to be."""


@pytest.fixture
async def bounded(target: Target) -> AsyncIterator[None]:
    """Make sure that the gateway's memory stays within its bounds all the time."""
    before = target.memory()
    most = before

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, target.memory())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    yield
    watching.cancel()
    assert most - before < GROWTH, f"it grew by {(most - before) // MIB} MiB"


async def code_of(channel: Any, request: bytes, **options: Any) -> grpc.StatusCode:
    """Return how a call ends."""
    try:
        await call(channel, VALIDATE, request, timeout=60, **options)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.usefixtures("bounded")
async def test_large_messages(target: Target, mallory: Tenant) -> None:
    """Messages over the bound are refused, many at one time, with a key and without one."""
    async with target.channel() as channel:
        for metadata, code in ((mallory.metadata, "RESOURCE_EXHAUSTED"), ((), "UNAUTHENTICATED")):
            content = bytes(LARGEST + MIB)
            codes = await asyncio.gather(*(code_of(channel, content, metadata=metadata) for _ in range(4)))
            assert {found.name for found in codes} == {code}


@pytest.mark.usefixtures("bounded")
async def test_a_bomb_over_grpc(target: Target, mallory: Tenant) -> None:
    """A message that is small and unpacks to a gibibyte is refused unread."""
    bomb = gzip.compress(bytes(64 * MIB), 9) * 16
    async with target.channel() as channel:
        assert await code_of(channel, bytes(8 * MIB), metadata=mallory.metadata, compression=grpc.Compression.Gzip) is (
            grpc.StatusCode.UNIMPLEMENTED
        )
        async with raw_connection(target.address) as raw:
            for encoding in ("gzip", "deflate", "identity", "br"):
                headers = call_headers(VALIDATE, *mallory.metadata, ("grpc-encoding", encoding))
                stream = raw.begin(headers)
                content = message(bomb, compressed=1)
                for start in range(0, min(len(content), 60_000), 16_000):
                    raw.data(stream, content[start : start + 16_000])
            await raw.writer.drain()
            await asyncio.sleep(0.5)
        assert await call(channel, RULES, metadata=mallory.metadata)


@pytest.mark.usefixtures("bounded")
async def test_sizes_that_are_lies(target: Target, mallory: Tenant) -> None:
    """A message that says it has four gibibytes makes nobody hold room for them; nor do a thousand of them."""
    async with target.channel() as channel:
        for metadata in (mallory.metadata, ()):
            async with raw_connection(target.address) as raw:
                for size in (2**32 - 1, 2**31, LARGEST - 1):
                    for _ in range(30):
                        stream = raw.begin(call_headers(VALIDATE, *metadata))
                        raw.data(stream, message(b"x" * 100, size=size))
                await raw.writer.drain()
                await asyncio.sleep(0.5)
                assert await call(channel, RULES, metadata=mallory.metadata)


@pytest.mark.usefixtures("bounded")
async def test_deep_messages(target: Target, mallory: Tenant) -> None:
    """A message within a message within a message, ten thousand times, is refused as what it is."""
    deep = b""
    for _ in range(10_000):
        deep = b"\x1a" + _varint(len(deep)) + deep
    assert DescriptorProto.FromString(b"\x1a\x00").nested_type
    async with target.channel() as channel:
        for field in (b"\x0a", b"\x12"):
            request = field + _varint(len(deep)) + deep
            assert await code_of(channel, request, metadata=mallory.metadata) is grpc.StatusCode.INVALID_ARGUMENT
            many = field + b"\x00"
            assert await code_of(channel, many * (8 * MIB), metadata=mallory.metadata) is not grpc.StatusCode.OK


def _varint(number: int) -> bytes:
    made = b""
    while number > 127:
        made += bytes((number % 128 + 128,))
        number //= 128
    return made + bytes((number,))


BODIES: dict[str, bytes] = {
    "deep lists": b'{"candidate":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"candidate":' * 50_000 + b"1" + b"}" * 50_000,
    "many values": b'{"candidate":{"files":[' + b"{}," * 3_000_000 + b"{}]}}",
    "many names": b"{" + b",".join(b'"n%d":1' % number for number in range(500_000)) + b"}",
    "a long number": b'{"page_size":' + b"9" * 1_000_000 + b"}",
    "a long exponent": b'{"page_size":1e999999999}',
    "escapes": b'{"candidate":"' + b"\\u0000" * 2_000_000 + b'"}',
    "half of a pair": b'{"candidate":{"language":"\\ud800"}}',
    "a mark of order": b'\xef\xbb\xbf{"candidate":{}}',
    "no text": b"\xff\xfe" * 100_000,
    "a long name": b'{"' + b"a" * 5_000_000 + b'":1}',
}
"""Bodies that are slow to read, or large once they are read."""


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("name", BODIES)
async def test_bodies(target: Target, mallory: Tenant, name: str) -> None:
    """A body that is slow to read or large once it is read is refused, and others are answered in the meantime."""
    headers = {"authorization": f"Bearer {mallory.key}", "content-type": "application/json"}
    async with httpx.AsyncClient(base_url=target.http, timeout=60) as client:
        sending = asyncio.create_task(client.post("/v1/validations:validate", content=BODIES[name], headers=headers))
        async with target.channel() as channel:
            assert await call(channel, RULES, metadata=mallory.metadata)
        answer = await sending
        assert answer.status_code in {400, 413}, answer.text[:500]
        assert len(answer.content) < 5000


@pytest.mark.usefixtures("bounded")
async def test_large_bodies(target: Target, mallory: Tenant) -> None:
    """A body over the bound is refused by what it says of itself, and one that says nothing is refused for that."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 200 * MIB:
            sent += MIB
            yield bytes(MIB)

    headers = {"authorization": f"Bearer {mallory.key}", "content-type": "application/json"}
    async with httpx.AsyncClient(base_url=target.http, timeout=60) as client:
        for shown, refusal in ((headers, 413), ({"content-type": "application/json"}, 401)):
            for content, status in ((bytes(LARGEST + MIB), refusal), (endless(), 411)):
                try:
                    answer = await client.post("/v1/validations", content=content, headers=shown)
                except (httpx.WriteError, httpx.ReadError):
                    # Hung up on while it still sent.
                    continue
                assert answer.status_code == status
            sent = 0


@pytest.mark.usefixtures("bounded")
async def test_a_bomb_over_http(target: Target, mallory: Tenant) -> None:
    """A compressed body is refused unread, whatever it says it is compressed with."""
    headers = {"authorization": f"Bearer {mallory.key}", "content-type": "application/json"}
    bomb = gzip.compress(b'{"x":"' + bytes(64 * MIB) + b'"}', 9)
    async with httpx.AsyncClient(base_url=target.http, timeout=60) as client:
        for encoding in ("gzip", "br", "gzip, gzip"):
            answer = await client.post(
                "/v1/validations", content=bomb, headers=headers | {"content-encoding": encoding}
            )
            assert answer.status_code == 415


HEADS = (
    "GET /v1/rules?" + "a" * 2_000_000,
    "GET /v1/validations/" + "a" * 2_000_000 + " HTTP/1.1\r\nhost: localhost\r\n",
    "GET /v1/rules HTTP/1.1\r\nhost: localhost\r\nx: " + "a" * 2_000_000,
    "GET /v1/rules HTTP/1.1\r\nhost: localhost\r\n" + "".join(f"x-{n}: {'a' * 500}\r\n" for n in range(5_000)),
)


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("head", HEADS, ids=["query", "path", "header", "headers"])
async def test_long_heads(target: Target, head: str) -> None:
    """Paths, queries and headers without an end are refused before their end."""
    host, _, port = target.http.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    with suppress(ConnectionError):
        writer.write(head.encode())
        answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert answer[9:12] in {b"", b"400", b"414", b"431"}, answer[:500]


@pytest.mark.usefixtures("bounded")
async def test_much_metadata(target: Target, mallory: Tenant) -> None:
    """A call over gRPC that brings along more than the bound is refused."""
    async with target.channel() as channel:
        for metadata in ([("x", "a" * 60_000)], [(f"x-{number}", "a" * 500) for number in range(200)]):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(channel, RULES, metadata=[*mallory.metadata, *metadata])
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
