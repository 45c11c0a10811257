"""Streams on a WebSocket: a JSON message a frame, both ways where the method takes a stream."""

import asyncio
from contextlib import aclosing
from typing import Any

import grpc
import grpc.aio
from assay.errors import DeadlineExceeded
from google.protobuf.message import Message
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.contract import PublicMethod, Route
from gateway.http import bodies, json, problems
from gateway.http.door import Door, authorization, metadata, seconds
from gateway.http.leaving import ClientLeft
from gateway.http.reading import answers
from gateway.http.streaming import ending
from gateway.http.unary import plain

PROTOCOL = "assay.v1"
"""The subprotocol that is spoken. A browser has to offer it besides its key, or it takes the answer for a failure."""

KEY_PROTOCOL = "assay.key."
"""How the subprotocol begins that carries a key: a browser's WebSocket can send no header. It never stands in an
address, since those stand in logs."""

FIRST_FRAME_SECONDS = 10.0
"""How long a client may take to say what it wants."""

DONE, UNSUPPORTED, GOING = 1000, 1003, 1001
"""Codes of RFC 6455."""

PROBLEM = 4000
"""Closed for a problem: this and its status, for example 4401."""

REASON_BYTES = 120
"""The longest reason of a close; RFC 6455 allows 123."""


class _Unexpected(Exception):
    """The client sent what this stream does not take."""


class WebSocketEndpoint:
    """One route of a method with a stream of answers, on a WebSocket: an ASGI application."""

    def __init__(self, door: Door, method: PublicMethod, route: Route) -> None:
        self._door = door
        self._method = method
        self._route = route
        self._call = door.caller(method)
        self._is_following = route.method == "GET"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection to its end, which says why."""
        socket = WebSocket(scope, receive, send)
        try:
            await socket.accept(PROTOCOL if PROTOCOL in scope["subprotocols"] else None)
            await self._converse(socket)
        except (WebSocketDisconnect, ClientLeft):
            return

    async def _converse(self, socket: WebSocket) -> None:
        call: Any = None
        problem: problems.Problem | None = None
        code = DONE
        try:
            call = await self._begin(socket)
            await self._both_ways(socket, call)
        except _Unexpected:
            code = UNSUPPORTED
        except (WebSocketDisconnect, ClientLeft):
            raise
        except Exception as failure:  # noqa: BLE001  # every failure is told in one way
            problem = await problems.told(failure, self._method.request)
        finally:
            if call is not None:
                call.cancel()
        trailing = await call.trailing_metadata() if call is not None else None
        await _close(socket, code, ending(trailing, problem), problem)

    async def _begin(self, socket: WebSocket) -> Any:
        most = self._door.settings.max_http_seconds
        shown = shown_by(socket)
        told = metadata(socket, shown)
        timeout = seconds(socket, most, None if self._is_following else most)
        await self._door.tenant_of(socket, shown, self._method)
        request = await self._first(socket)
        if not self._method.request_streaming:
            return self._call(request, metadata=told, timeout=timeout)
        call = self._call(metadata=told, timeout=timeout)
        await call.write(request)
        return call

    async def _first(self, socket: WebSocket) -> Message:
        """Return the first request: it stands in the address, or is the first frame."""
        fields = bodies.of_address(socket, self._method, self._route)
        if self._is_following:
            return json.message(self._method.request, fields)
        try:
            async with asyncio.timeout(FIRST_FRAME_SECONDS):
                return await self._message(await _frame(socket), fields)
        except TimeoutError:
            raise DeadlineExceeded(f"nothing was asked for within {FIRST_FRAME_SECONDS:g} s") from None

    async def _message(self, content: bytes, fields: dict[str, Any]) -> Message:
        (message,) = await bodies.messages(content, self._method, fields)
        return message

    async def _both_ways(self, socket: WebSocket, call: Any) -> None:
        """Hand on frames and answers until either side ends."""
        hearing = asyncio.ensure_future(self._hear(socket, call))
        telling = asyncio.ensure_future(self._tell(socket, call))
        try:
            await asyncio.wait({hearing, telling}, return_when=asyncio.FIRST_COMPLETED)
            if not telling.done():
                # Nothing is raised where the call was over when more was to be written to it.
                hearing.result()
            try:
                await telling
            except grpc.aio.AioRpcError as error:
                # grpc.aio says INTERNAL then, whatever the status was that the call ended with.
                if problems.is_ours(error) or error.code() is not grpc.StatusCode.INTERNAL or not _ended_well(hearing):
                    raise
        finally:
            hearing.cancel()
            telling.cancel()
            await asyncio.gather(hearing, telling, return_exceptions=True)

    async def _hear(self, socket: WebSocket, call: Any) -> None:
        """Hand on what the client says, until it leaves, or the call is over."""
        while True:
            content = await _frame(socket)
            if not self._method.request_streaming:
                raise _Unexpected
            message = await self._message(content, {})
            try:
                # Waits while the other side has no room, and the client's frames wait with it.
                await call.write(message)
            except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
                # Its last answers say how.
                return

    async def _tell(self, socket: WebSocket, call: Any) -> None:
        async with aclosing(answers(call, self._door.stopping if self._is_following else None)) as stream:
            async for answer in stream:
                # The protocol itself pings a client to which nothing is said.
                if answer is not None:
                    await socket.send_text(json.text(await plain(answer, self._route.response)).decode())


def _ended_well(hearing: "asyncio.Future[None]") -> bool:
    return hearing.done() and not hearing.cancelled() and hearing.exception() is None


def shown_by(socket: WebSocket) -> list[str]:
    """Return what a client shows: its authorization headers, and the key among its subprotocols."""
    offered: list[str] = socket.scope["subprotocols"]
    keys = [name.removeprefix(KEY_PROTOCOL) for name in offered if name.startswith(KEY_PROTOCOL)]
    return authorization(socket) + [f"Bearer {key}" for key in keys]


async def _frame(socket: WebSocket) -> bytes:
    """Return the next frame of a client. One of bytes is JSON as well as one of text."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise ClientLeft
    return received.get("bytes") or (received.get("text") or "").encode()


async def _close(socket: WebSocket, code: int, end: dict[str, Any], problem: problems.Problem | None) -> None:
    """Say how a stream ended, in a last frame, and in the code and the reason of the close."""
    reason = ""
    if problem is not None:
        code = GOING if problem.reason == "SHUTTING_DOWN" else PROBLEM + problem.status
        text = f"{problem.reason}: {problem.document['detail']}"
        reason = text.encode()[:REASON_BYTES].decode(errors="ignore")
    elif code == UNSUPPORTED:
        reason = "this stream takes no messages"
    await socket.send_text(json.text({"@end": end}).decode())
    await socket.close(code, reason)
