"""WebSockets: the same streams, a message a frame, both ways where the method takes a stream; and how they end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from assay.errors import SlowReader
from assay.v1 import event_pb2, sandbox_pb2
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from gateway.http import connections, frames, websocket
from gateway.http.server import FRAME_BYTES
from tests.gateway.http.sides import EXECUTE_STREAM, SUBSCRIBE, Web, candidate, side_of, web_of
from tests.gateway.http.test_streaming import WEBSOCKET_HEAD, Waiting, echoes, ends_badly


async def closed(socket: Any) -> tuple[int, str, list[Any]]:
    """Read a connection to its end: the code and reason of its close, and its frames."""
    frames: list[Any] = []
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(read(socket, frames), 20)
    close = caught.value.rcvd
    assert close is not None
    return close.code, close.reason, frames


async def read(socket: Any, frames: list[Any]) -> None:
    """Keep all frames of a connection."""
    while True:
        frames.append(json.loads(await socket.recv()))


async def test_a_validation_is_followed(web: Web) -> None:
    """A validation is followed to its end, and the connection closes with the last frame saying how."""
    async with web.client("acme") as client:
        made = (await client.post("/v1/validations", json={"candidate": candidate()})).json()
    async with web.socket(f"/v1/validations/{made['id']}/events", "acme") as socket:
        code, reason, frames = await closed(socket)
    assert (code, reason) == (1000, "")
    assert frames[-2]["snapshot"]["verdict"] == "VERDICT_INAUTHENTIC"
    assert set(frames[-1]["@end"]["used"]) >= {"calls"}


async def test_events_go_on(web: Web) -> None:
    """Events are told from a number on."""
    async with web.client("acme") as client:
        await client.post("/v1/validations:validate", json={"candidate": candidate(b"a = 1\n")})
    async with web.socket("/v1/events?afterSequence=0", "acme") as socket:
        whole = [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(4)]
    async with web.socket(f"/v1/events?after_sequence={whole[1]['sequence']}", "acme") as socket:
        rest = [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(2)]
    assert rest == whole[2:]


async def test_the_key_of_a_browser(web: Web) -> None:
    """A browser shows its key as a subprotocol; what is answered is the other one that it offered."""
    offered = [Subprotocol("assay.v1"), Subprotocol(f"assay.key.{web.keys['acme']}")]
    async with web.socket("/v1/events", subprotocols=offered) as socket:
        assert socket.subprotocol == "assay.v1"
        await asyncio.wait_for(socket.recv(), 10)


@pytest.mark.parametrize("offered", [[], ["assay.v1"], ["assay.v1", "assay.key.assay_wrong"]])
async def test_no_key(web: Web, offered: list[str]) -> None:
    """Without a key the connection closes with the status of HTTP in its code, and its reason."""
    async with web.socket("/v1/events", subprotocols=[Subprotocol(name) for name in offered] or None) as socket:
        code, reason, frames = await closed(socket)
    assert (code, reason.partition(":")[0]) == (4401, "UNAUTHENTICATED")
    assert frames == [{"@end": {"used": {}, "problem": frames[0]["@end"]["problem"]}}]
    assert frames[0]["@end"]["problem"]["status"] == 401


async def test_nobody_says_anything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing is said is not taken for a request that does not go on."""
    monkeypatch.setattr(connections, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.1)
    async with side_of(folder, {SUBSCRIBE: Waiting()}) as side, web_of(side).socket("/v1/events") as socket:
        await asyncio.wait_for(socket.recv(), 10)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.6)


async def test_two_keys(web: Web) -> None:
    """Two keys are none."""
    offered = [Subprotocol("assay.v1"), Subprotocol(f"assay.key.{web.keys['other']}")]
    async with web.socket("/v1/events", "acme", subprotocols=offered) as socket:
        code, _, _ = await closed(socket)
    assert code == 4401


async def test_a_key_in_the_address(web: Web) -> None:
    """A key in the address is not taken, and not told."""
    key = web.keys["acme"]
    async with web.socket(f"/v1/events?key={key}") as socket:
        code, reason, frames = await closed(socket)
    assert code == 4401
    assert key not in reason + json.dumps(frames)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_page_of_another_origin(web: Web, origin: str) -> None:
    """A page of an origin that may not call gets no connection, whatever key it has."""
    with pytest.raises(InvalidStatus) as caught:
        async with web.socket("/v1/events", "acme", origin=Origin(origin)):
            pass
    assert caught.value.response.status_code == 403


async def test_pages_that_may_call(web: Web) -> None:
    """The gateway's own pages may connect, and those of an origin that the settings name."""
    for origin in ("https://pages.example", f"http://{web.address}"):
        async with web.socket("/v1/events", "acme", origin=Origin(origin)) as socket:
            await asyncio.wait_for(socket.recv(), 10)


async def test_a_batch(web: Web) -> None:
    """Where a method has a body, the first frame is it."""
    async with web.socket("/v1/validations:batch", "acme") as socket:
        await socket.send(json.dumps({"requests": [{"candidate": candidate(b"b = 1\n")}]}))
        code, _, frames = await closed(socket)
    assert (code, [frame.get("index") for frame in frames]) == (1000, [0, None])


async def test_a_body_that_is_none(web: Web) -> None:
    """A first frame that is no request closes with the field at fault."""
    async with web.socket("/v1/validations:batch", "acme") as socket:
        await socket.send(json.dumps({"requests": [{"candidate": 7}]}))
        code, reason, frames = await closed(socket)
    assert (code, reason) == (4400, "INVALID_ARGUMENT: requests[0].candidate: must be an object")
    assert frames[0]["@end"]["problem"]["errors"][0]["field"] == "requests[0].candidate"


async def test_unasked_frames(web: Web) -> None:
    """A stream that takes no messages closes when one comes."""
    async with web.socket("/v1/events?kinds=none", "acme") as socket:
        await socket.send("{}")
        code, reason, _ = await closed(socket)
    assert (code, reason) == (1003, "this stream takes no messages")


async def test_nothing_said(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing is not waited for."""
    monkeypatch.setattr(websocket, "FIRST_FRAME_SECONDS", 0.2)
    async with web.socket("/v1/validations:batch", "acme") as socket:
        code, _, _ = await closed(socket)
    assert code == 4504


async def test_both_ways(folder: Path) -> None:
    """Where the method takes a stream, each frame is a message of it, answered while others may still come."""
    async with (
        side_of(folder, {EXECUTE_STREAM: echoes}) as side,
        web_of(side).socket("/v1/executions:stream") as socket,
    ):
        await socket.send('{"start": {"language": "python"}}')
        assert json.loads(await socket.recv())["started"]["languageVersion"] == "python"
        for text in ("YQ==", "Yg=="):
            await socket.send(json.dumps({"stdin": text}).encode())
            assert json.loads(await socket.recv()) == {"stdout": text}
        await socket.send('{"stdin": 1}')
        code, reason, _ = await closed(socket)
    assert (code, reason) == (4400, "INVALID_ARGUMENT: stdin: must be base64: these are bytes")


async def test_a_peer_that_ends_first(folder: Path) -> None:
    """Where the method ends while the client could still speak, the connection closes as it should."""

    async def one(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        yield sandbox_pb2.ExecuteStreamResponse(result={"execution_id": "e"})

    async with side_of(folder, {EXECUTE_STREAM: one}) as side, web_of(side).socket("/v1/executions:stream") as socket:
        await socket.send('{"start": {}}')
        await socket.send('{"stdin": "YQ=="}')
        code, _, frames = await closed(socket)
    assert (code, frames[0]["result"]["executionId"]) == (1000, "e")


async def test_a_failure_later(folder: Path) -> None:
    """What is cut off says why, in its code, its reason and the last frame."""
    async with side_of(folder, {SUBSCRIBE: ends_badly}) as side, web_of(side).socket("/v1/events") as socket:
        code, reason, frames = await closed(socket)
    assert (code, reason) == (4429, f"{SlowReader.reason}: too far behind")
    assert frames[0]["sequence"] == "7"
    assert frames[1]["@end"]["problem"]["metadata"] == {"sequence": "7"}


async def test_a_client_that_leaves(folder: Path) -> None:
    """A client that leaves ends the call."""
    waiting = Waiting()
    async with side_of(folder, {SUBSCRIBE: waiting}) as side:
        async with web_of(side).socket("/v1/events") as socket:
            await socket.recv()
        await asyncio.wait_for(waiting.ended.wait(), 10)


async def test_the_stop(folder: Path) -> None:
    """A stop closes with "going away", by which a client connects anew."""
    async with side_of(folder, {SUBSCRIBE: Waiting()}) as side, web_of(side).socket("/v1/events") as socket:
        await socket.recv()
        stopping = asyncio.create_task(side.server.stop())
        code, reason, _ = await closed(socket)
        await asyncio.wait_for(stopping, 10)
    assert (code, reason.partition(":")[0]) == (1001, "SHUTTING_DOWN")


async def test_what_is_under_way_ends(folder: Path) -> None:
    """A stop lets a stream end that does so by itself."""
    begun = asyncio.Event()

    async def later(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        begun.set()
        await asyncio.sleep(0.5)
        yield sandbox_pb2.ExecuteStreamResponse(result={"execution_id": "e"})

    async with (
        side_of(folder, {EXECUTE_STREAM: later}) as side,
        web_of(side).socket("/v1/executions:stream") as socket,
    ):
        await socket.send('{"start": {}}')
        await begun.wait()
        stopping = asyncio.create_task(side.server.stop())
        code, _, frames = await closed(socket)
        await asyncio.wait_for(stopping, 10)
    assert (code, frames[0]["result"]["executionId"]) == (1000, "e")


async def test_a_frame_that_is_too_large(web: Web) -> None:
    """A frame beyond the bound closes the connection before it is held."""
    async with web.socket("/v1/validations:batch", "acme") as socket:
        # It may close while the frame is still sent.
        with contextlib.suppress(ConnectionClosed):
            await socket.send("x" * (FRAME_BYTES + 1))
        code, _, _ = await closed(socket)
    assert code == 1009


async def test_a_message_of_no_end(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message in more parts than any needs cuts the connection, however small they are."""
    monkeypatch.setattr(frames, "MOST_PARTS", 10)

    async def parts() -> AsyncIterator[str]:
        for _ in range(10_000):
            yield ""

    async with web.socket("/v1/validations:batch", "acme") as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(parts())
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 10)


@pytest.mark.parametrize("letter", [b"\x89", b"\x8a"], ids=["ping", "pong"])
async def test_a_flood(web: Web, letter: bytes) -> None:
    """A client that sends more pings or pongs than any needs is cut off, and others are answered in the meantime."""
    async with web.client() as client:
        host, _, port = web.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /v1/events HTTP/1.1\r\nhost: {web.address}\r\n{WEBSOCKET_HEAD}\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        writer.write((letter + b"\x80\0\0\0\0") * 40_000)
        assert (await client.get("/healthz")).status_code == 200
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 10)
        writer.close()


async def test_pings_of_a_client_that_reads_nothing(folder: Path) -> None:
    """Answers to pings do not pile up for a client that does not read them."""

    async def fast(request: Any, context: Any) -> AsyncIterator[Any]:
        for number in range(100_000):
            yield event_pb2.SubscribeResponse(event=event_pb2.Event(id="e" * 1000, sequence=number))

    async with side_of(folder, {SUBSCRIBE: fast}) as side:
        host, _, port = side.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(f"GET /v1/events HTTP/1.1\r\nhost: {side.address}\r\n{WEBSOCKET_HEAD}\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        ping = b"\x89\xfd\0\0\0\0" + b"x" * 125
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(flood(writer, ping * 100), 20)
        writer.close()


async def flood(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Send something again and again."""
    while True:
        writer.write(content)
        await writer.drain()
