"""The server: its address, TLS, what it bounds, and a stop that loses no request."""

import asyncio
import socket
import ssl
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from assay.v1 import validation_pb2

from gateway.http import arrivals, connections, server
from host.listening import CannotListen
from host.settings import BadSettings
from tests.certificates import Authority
from tests.gateway.http.sides import VALIDATE, side_of, web_of

PATH = "/v1/validations:validate"


async def answer(request: Any, context: Any) -> Any:
    """Answer as long as the request says."""
    size = len(request.candidate.files[0].content) if request.candidate.files else 1
    return validation_pb2.ValidateResponse(validation=validation_pb2.Validation(explanation="x" * size))


class Line:
    """A connection that sends what a test says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *lines: str, body: bytes = b"") -> None:
        """Send lines, and an empty one where a body follows them."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode() + body)

    async def read(self) -> bytes:
        """Return all that comes until the connection is closed."""
        try:
            return await asyncio.wait_for(self.reader.read(), 20)
        except ConnectionError:
            return b""


def certified(folder: Path) -> tuple[dict[str, Any], ssl.SSLContext]:
    """Return the settings of a side that shows a certificate, and what a client needs that trusts it."""
    authority = Authority(folder)
    pair = authority.signed("localhost")
    return {"certificate": pair.certificate, "key": pair.key}, ssl.create_default_context(cafile=str(authority.path))


async def line_to(address: str, **options: Any) -> Line:
    """Connect to an address."""
    host, _, port = address.rpartition(":")
    return Line(*await asyncio.open_connection(host, int(port), **options))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody be waited for long."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connections, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(arrivals, "HANDSHAKE_SECONDS", 0.3)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["GET /healthz HTTP/1.1"],
        [f"POST {PATH} HTTP/1.1", "host: x", "content-type: application/json", "content-length: 100", "", "{"],
    ],
)
async def test_slow_clients(folder: Path, lines: list[str]) -> None:
    """A client that does not say what it wants, or not all of it, is cut off."""
    async with side_of(folder, {VALIDATE: answer}) as side:
        line = await line_to(side.address)
        line.say(*lines)
        assert await line.read() == b""


@pytest.mark.usefixtures("hurried")
async def test_a_slow_second_request(folder: Path) -> None:
    """It is the same with the next request of a connection."""
    async with side_of(folder, {VALIDATE: answer}) as side:
        line = await line_to(side.address)
        line.say("GET /healthz HTTP/1.1", "host: x", "")
        assert (await line.reader.readuntil(b"alive\n")).startswith(b"HTTP/1.1 200")
        line.say("GET /healthz HTTP/1.1")
        assert await line.read() == b""


@pytest.mark.usefixtures("hurried")
async def test_a_drop_at_a_time(folder: Path) -> None:
    """A client that sends a byte now and then is no faster for it."""
    async with side_of(folder, {VALIDATE: answer}) as side:
        line = await line_to(side.address)
        dripping = asyncio.create_task(drip(line))
        await line.read()
        dripping.cancel()


async def drip(line: Line) -> None:
    """Send a request a byte at a time."""
    for letter in "GET /healthz HTTP/1.1\r\nx: " + "y" * 10_000:
        line.writer.write(letter.encode())
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("hurried")
async def test_a_client_that_does_not_read(folder: Path) -> None:
    """A client that does not read its answer is cut off, and its answer is not kept."""
    body = b'{"candidate": {"files": [{"content": "' + b"A" * 24_000_000 + b'"}]}}'
    async with side_of(folder, {VALIDATE: answer}) as side:
        host, _, port = side.address.rpartition(":")
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.connect((host, int(port)))
        plain.setblocking(False)
        line = Line(*await asyncio.open_connection(sock=plain, limit=1024))
        head = (f"POST {PATH} HTTP/1.1", "host: x", "content-type: application/json")
        line.say(*head, f"content-length: {len(body)}", "", body=body)
        await line.writer.drain()
        await asyncio.sleep(3)
        got = await line.read()
    assert len(got) < 12_000_000


async def test_more_connections_than_may_be(folder: Path) -> None:
    """A connection too many is closed at once; those that there are go on."""
    async with side_of(folder, {VALIDATE: answer}, max_connections=3) as side:
        lines = [await line_to(side.address) for _ in range(3)]
        beyond = await line_to(side.address)
        assert await beyond.read() == b""
        lines[0].say("GET /healthz HTTP/1.1", "host: x", "connection: close", "")
        assert (await lines[0].read()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "lines",
    [
        ["GARBAGE", ""],
        ["GET /healthz HTTP/1.1", "host: x", "host: y", ""],
        ["GET /healthz HTTP/1.1", "host: x", "evil : y", ""],
        ["GET /healthz HTTP/1.1", "host: x", "x: y\0z", ""],
        ["POST /v1/validations HTTP/1.1", "host: x", "content-length: 1", "content-length: 2", ""],
        ["GET /healthz HTTP/1.1", f"x: {'y' * server.HEAD_BYTES}", ""],
        ["GET /healthz HTTP/1.1", *[f"x-{n}: y" for n in range(5_000)], ""],
    ],
)
async def test_what_is_no_request(folder: Path, lines: list[str]) -> None:
    """What is no request, or says two things at once, or is too long, is answered with a problem and a close."""
    async with side_of(folder, {VALIDATE: answer}) as side:
        line = await line_to(side.address)
        line.say(*lines)
        got = await line.read()
    assert got.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in got


async def test_a_length_and_parts(folder: Path) -> None:
    """A request whose body has a length and parts is none: what follows in it is not another."""
    async with side_of(folder, {VALIDATE: answer}) as side:
        line = await line_to(side.address)
        head = (f"POST {PATH} HTTP/1.1", "host: x", "content-type: application/json", "content-length: 5")
        line.say(
            *head, "transfer-encoding: chunked", "", body=b"0\r\n\r\nGET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"
        )
        line.writer.write_eof()
        got = await line.read()
    assert got.count(b"HTTP/1.1 ") == 1
    assert got.startswith(b"HTTP/1.1 411")


async def test_tls(folder: Path) -> None:
    """Where a certificate is given, connections are encrypted, and what is not encrypted is not answered."""
    shown, trusting = certified(folder)
    async with side_of(folder, {VALIDATE: answer}, **shown) as side:
        port = side.address.rpartition(":")[2]
        async with httpx.AsyncClient(verify=trusting) as client:
            got = [await client.get(f"https://localhost:{port}/healthz") for _ in range(3)]
        plain = await line_to(side.address)
        plain.say("GET /healthz HTTP/1.1", "host: x", "")
        unanswered = await plain.read()
    assert [each.status_code for each in got] == [200] * 3
    assert b"alive" not in unanswered


async def test_old_tls(folder: Path) -> None:
    """Versions of TLS that are not safe any more are not spoken."""
    shown, old = certified(folder)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with side_of(folder, {VALIDATE: answer}, **shown) as side:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await line_to(side.address, ssl=old, server_hostname="localhost")


@pytest.mark.usefixtures("hurried")
async def test_handshakes_that_never_end(folder: Path) -> None:
    """A connection counts before its handshake, and one that never ends it is cut off and makes room."""
    shown, trusting = certified(folder)
    async with side_of(folder, {VALIDATE: answer}, **shown, max_connections=2) as side:
        silent = [await line_to(side.address) for _ in range(2)]
        beyond = await line_to(side.address)
        assert await beyond.read() == b""
        for line in silent:
            assert await line.read() == b""
        port = side.address.rpartition(":")[2]
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(f"https://localhost:{port}/healthz")).status_code == 200


async def test_requests_under_way_end(folder: Path) -> None:
    """A stop lets requests under way end, and takes no new ones."""
    begun, released = asyncio.Event(), asyncio.Event()

    async def wait(request: Any, context: Any) -> Any:
        begun.set()
        await released.wait()
        return await answer(request, context)

    async with side_of(folder, {VALIDATE: wait}) as side, web_of(side).client() as client:
        under_way = asyncio.create_task(client.post(PATH, json={}))
        await begun.wait()
        stopping = asyncio.create_task(side.server.stop())
        await asyncio.sleep(0.3)
        with pytest.raises(OSError, match="Connect call failed"):
            await line_to(side.address)
        released.set()
        assert (await under_way).status_code == 200
        await asyncio.wait_for(stopping, 10)


async def test_the_stop_has_an_end(folder: Path) -> None:
    """A request that never ends does not keep the server from stopping."""

    async def for_ever(request: Any, context: Any) -> Any:
        begun.set()
        await asyncio.sleep(60)

    begun = asyncio.Event()
    async with side_of(folder, {VALIDATE: for_ever}) as side, web_of(side).client() as client:
        under_way = asyncio.create_task(client.post(PATH, json={}))
        await begun.wait()
        await asyncio.wait_for(side.server.stop(), 10)
    got = await asyncio.gather(under_way, return_exceptions=True)
    assert isinstance(got[0], httpx.HTTPError) or got[0].status_code >= 500  # type: ignore[union-attr]


async def serving(folder: Path, **gateway: Any) -> AsyncIterator[None]:
    """Serve for a moment."""
    async with side_of(folder, {}, **gateway):
        yield


async def test_an_address_that_is_taken(folder: Path) -> None:
    """An address that somebody else has, or that is none, stops the start with a word on it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for address in (f"127.0.0.1:{taken.getsockname()[1]}", "nowhere", "127.0.0.1:http"):
            with pytest.raises(CannotListen, match="cannot listen on"):
                await anext(serving(folder, http_listen=address))


async def test_a_certificate_that_cannot_be_used(folder: Path) -> None:
    """A certificate without its key stops the start, and names the settings."""
    shown, _ = certified(folder)
    with pytest.raises(BadSettings, match="ASSAY_GATEWAY__"):
        await anext(serving(folder, certificate=shown["certificate"], key=shown["certificate"]))
