"""JSON-RPC 2.0 over the streams of a child process, framed as the Language Server Protocol frames it."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""A longer message ends the connection."""

MAX_HEADER_LINES = 16

LATER_SECONDS = 0.05
"""How long at most it takes until what nobody waits for is sent."""


class ConnectionLost(Exception):
    """The other end is gone, or does not speak the protocol."""


class RequestRefused(Exception):
    """
    The other end answered with an error.

    :param code: See the specification of JSON-RPC, "Error object".
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class Connection:
    """
    One conversation. Reads until the other end is gone or :meth:`close` is called.

    :param answers: By method what makes, of its parameters, the answer to the other end's own requests; null to others.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Mapping[str, Callable[[Any], object]]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answers = answers
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._unsent: list[bytes] = []
        self._sending: asyncio.Handle | None = None
        """Sends what is unsent; nothing is while there is none."""
        self._reading = asyncio.create_task(self._read())

    @property
    def lost(self) -> bool:
        """Whether nothing more can be asked."""
        return self._reading.done()

    async def request(self, method: str, parameters: object) -> Any:
        """
        Ask, and return the answer.

        :raises ConnectionLost: There is none.
        :raises RequestRefused: It is an error.
        """
        if self.lost:
            raise ConnectionLost(f"it ended before {method}")
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._send({"id": number, "method": method, "params": parameters})
            return await answer
        finally:
            del self._waiting[number]

    async def notify(self, method: str, *parameters: object) -> None:
        """
        Tell something that has no answer, once for each of the parameters.

        :raises ConnectionLost: Nobody is there.
        """
        await self._send(*({"method": method, "params": each} for each in parameters))

    def notify_later(self, method: str, *parameters: object) -> None:
        """
        Tell something as :meth:`notify` does, with whatever is sent next, or in :data:`LATER_SECONDS`.

        For what nobody waits for: the other end would begin to work on it while its last answer is still on its way.
        """
        self._unsent += (_framed({"method": method, "params": each}) for each in parameters)
        if self._unsent and self._sending is None:
            self._sending = asyncio.get_running_loop().call_later(LATER_SECONDS, self._flush)

    async def close(self) -> None:
        """Stop reading; whoever waits is told so."""
        if self._sending is not None:
            self._sending.cancel()
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()

    async def _send(self, *messages: dict[str, object]) -> None:
        """Send messages once nothing else is to do: what is sent in one turn of the event loop wakes the other once."""
        framed = [_framed(message) for message in messages]
        try:
            await self._writer.drain()
        except (ConnectionError, RuntimeError) as error:
            raise ConnectionLost(type(error).__name__) from None
        self._unsent += framed
        if self._sending is None or isinstance(self._sending, asyncio.TimerHandle):
            if self._sending is not None:
                self._sending.cancel()
            self._sending = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        self._sending = None
        # What goes wrong in here shows in the next drain, and as the end of reading.
        self._writer.write(b"".join(unsent))

    async def _read(self) -> None:
        reason = "the other end closed the connection"
        try:
            while True:
                await self._take(await self._message())
        except asyncio.IncompleteReadError:
            pass
        except (ConnectionError, ConnectionLost, ValueError, RecursionError) as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionLost(reason))

    async def _message(self) -> dict[str, Any]:
        length = -1
        for _ in range(MAX_HEADER_LINES):
            line = (await self._reader.readuntil(b"\r\n")).strip().lower()
            if not line:
                break
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
        if not 0 <= length <= MAX_MESSAGE_BYTES:
            raise ConnectionLost("a message without a length, or a longer one than may be")
        message = json.loads(await self._reader.readexactly(length))
        if not isinstance(message, dict):
            raise ConnectionLost("a message that is no object")
        return message

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if "id" in message:
                make = self._answers.get(message["method"])
                answer = make(message.get("params")) if make is not None else None
                await self._send({"id": message["id"], "result": answer})
            return
        waiting = self._waiting.get(message.get("id", 0))
        if waiting is None or waiting.done():
            return
        if "error" in message:
            waiting.set_exception(RequestRefused(int(message["error"].get("code", 0))))
        else:
            waiting.set_result(message.get("result"))


def _framed(message: dict[str, object]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0"} | message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
