"""WebSockets that are flooded, left, and spoken to in frames that the protocol does not allow (RFC 6455)."""

import asyncio
import base64
import os
import random
import struct
import time
from contextlib import suppress

import pytest
import websockets
from websockets.exceptions import WebSocketException

from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.good_client import meanwhile
from tests.gateway.attacks.target import Target
from tests.gateway.attacks.test_floods import GROWTH, SECONDS


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("has_key", [True, False], ids=["key", "no key"])
async def test_websockets(target: Target, acme: Tenant, bounded_tenant: Tenant, has_key: bool, seconds: float) -> None:
    """Many WebSockets that are opened, flooded and left, with a key and without one, keep nobody out."""
    before = target.memory()
    headers = {"authorization": f"Bearer {bounded_tenant.key}"} if has_key else {}
    chance = random.Random(1)
    count = 0

    async def floods(until: float) -> None:
        nonlocal count
        while time.monotonic() < until:
            path = chance.choice(("/v1/events", "/v1/executions:stream", "/v1/validations:batch"))
            with suppress(WebSocketException, OSError, EOFError, TimeoutError):
                async with websockets.connect(
                    f"{target.http.replace('http', 'ws', 1)}{path}", additional_headers=headers, open_timeout=10,
                    close_timeout=1, max_size=None,
                ) as socket:  # fmt: skip
                    count += 1
                    for _ in range(chance.choice((0, 5, 50))):
                        await socket.send(chance.choice(("{}", "x" * 100_000, b"\xff" * 1000, '{"stdin":"eA=="}')))

    async with meanwhile(target, acme.key, "floods of WebSockets") as good:
        await asyncio.gather(*(floods(time.monotonic() + seconds) for _ in range(8)))
    print(f"{count} WebSockets opened")  # noqa: T201 - the figure
    assert good.failures == []
    assert good.seconds
    assert target.memory() - before < GROWTH


async def test_frames_of_websockets(target: Target, bounded_tenant: Tenant) -> None:
    """Frames that the protocol does not allow end their connection: too large, not masked, reserved, in pieces."""
    host, _, port = target.http.removeprefix("http://").rpartition(":")
    head = (
        "GET /v1/executions:stream HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        f"sec-websocket-version: 13\r\nsec-websocket-key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
        f"authorization: Bearer {bounded_tenant.key}\r\n\r\n"
    ).encode()
    for sent in (
        b"\x81\xff" + struct.pack(">Q", 2**62) + bytes(4), b"\x81\x05hello", b"\xf1\x85" + bytes(9),
        b"\x8b\x80" + bytes(4), b"\x01\x81" + bytes(5) + b"\x01\x81" + bytes(5), b"\x89\xfe\x01\x00" + bytes(260),
        b"\x82\xfe\xff\xff" + bytes(100),
    ):  # fmt: skip
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head + sent)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 30)
        writer.close()
