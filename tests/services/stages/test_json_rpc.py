"""JSON-RPC over streams, against another end that says exactly what a test needs."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from services.stages.json_rpc import MAX_MESSAGE_BYTES, Connection, ConnectionLost, RequestRefused


@dataclass
class Ends:
    """Both ends of one connection, over a real socket."""

    connection: Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def heard(self) -> dict[str, Any]:
        """Return the next message that the connection sent."""
        header = await self.reader.readuntil(b"\r\n\r\n")
        body = await self.reader.readexactly(int(header.split(b":")[1]))
        message: dict[str, Any] = json.loads(body)
        return message

    def say(self, message: object) -> None:
        """Send a message to the connection."""
        self.raw(json.dumps(message).encode())

    def raw(self, body: bytes) -> None:
        """Send a body with its length."""
        self.writer.write(b"Content-Length: %d\r\nContent-Type: utf-8\r\n\r\n" % len(body) + body)


@pytest_asyncio.fixture
async def ends() -> AsyncIterator[Ends]:
    """Connect two ends, one of which answers "double" itself."""
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accepted.put((reader, writer))

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        other_reader, other_writer = await accepted.get()
        connection = Connection(reader, writer, {"double": lambda number: 2 * number})
        yield Ends(connection, other_reader, other_writer)
        await connection.close()
        other_writer.close()


async def test_answers_find_their_questions(ends: Ends) -> None:
    """Answers come to whoever asked, in whatever order they come; answers that nobody waits for are dropped."""
    first = asyncio.create_task(ends.connection.request("first", {}))
    second = asyncio.create_task(ends.connection.request("second", {"x": 1}))
    asked = {message["method"]: message for message in (await ends.heard(), await ends.heard())}
    assert asked["second"]["params"] == {"x": 1}
    ends.say({"jsonrpc": "2.0", "id": 999, "result": "nobody's"})
    ends.say({"jsonrpc": "2.0", "id": asked["second"]["id"], "result": 2})
    ends.say({"jsonrpc": "2.0", "id": asked["first"]["id"], "result": 1})
    assert (await first, await second) == (1, 2)


async def test_error(ends: Ends) -> None:
    """An error comes as one, with its code and without its text."""
    asked = asyncio.create_task(ends.connection.request("first", {}))
    number = (await ends.heard())["id"]
    ends.say({"id": number, "error": {"code": -32801, "message": "the source was x = 1"}})
    with pytest.raises(RequestRefused) as caught:
        await asked
    assert caught.value.code == -32801
    assert "x = 1" not in str(caught.value)


async def test_questions_of_the_other_end(ends: Ends) -> None:
    """Questions of the other end are answered where an answer is known, by null where none is; notices are not."""
    ends.say({"method": "window/logMessage", "params": {}})
    ends.say({"id": 7, "method": "double", "params": 21})
    ends.say({"id": 8, "method": "unknown", "params": {}})
    assert await ends.heard() == {"jsonrpc": "2.0", "id": 7, "result": 42}
    assert await ends.heard() == {"jsonrpc": "2.0", "id": 8, "result": None}


@pytest.mark.parametrize(
    "said",
    [
        b"Content-Length: %d\r\n\r\n" % (MAX_MESSAGE_BYTES + 1),
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: many\r\n\r\n",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 3\r\n\r\n{x}",
        b"\r\n",
        b"X: y\r\n" * 50,
        b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
    ],
)
async def test_nonsense_ends_the_connection(ends: Ends, said: bytes) -> None:
    """Whatever is no message ends the connection, and whoever waits or asks later is told so."""
    asked = asyncio.create_task(ends.connection.request("first", {}))
    await ends.heard()
    ends.writer.write(said)
    with pytest.raises(ConnectionLost):
        await asked
    assert ends.connection.lost
    with pytest.raises(ConnectionLost):
        await ends.connection.request("second", {})


async def test_the_other_end_goes(ends: Ends) -> None:
    """Who waits when the other end closes is told so."""
    asked = asyncio.create_task(ends.connection.request("first", {}))
    await ends.heard()
    ends.writer.close()
    with pytest.raises(ConnectionLost):
        await asked


async def test_told_later(ends: Ends) -> None:
    """What nobody waits for goes out before what is sent next, or by itself in a moment."""
    ends.connection.notify_later("closed", 1, 2)
    asking = asyncio.create_task(ends.connection.request("next", {}))
    assert [(await ends.heard())["method"] for _ in range(3)] == ["closed", "closed", "next"]
    ends.say({"id": 1, "result": None})
    await asking
    ends.connection.notify_later("closed", 3)
    async with asyncio.timeout(5):
        assert (await ends.heard())["params"] == 3
