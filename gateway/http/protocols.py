"""uvicorn's protocols, made to tell what they wait for, and to end what they would go along with for ever."""

import asyncio
import json
from functools import partial
from http import HTTPStatus
from typing import Any

import h11
from assay.errors import InvalidArgument
from uvicorn._types import ASGIReceiveEvent
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from gateway.http import problems
from gateway.http.connections import Awaited, Connection, Connections
from gateway.http.guards import SAFE_HEADERS

MOST_PARTS = 1_000
"""Frames that one message of a WebSocket may come in. Their bytes are bounded elsewhere; empty ones have none."""

CONTROLS_AT_ONCE, CONTROLS_PER_SECOND = 100, 10
"""Pings and pongs that a client may send. We ask for one every twenty seconds."""

SLICE_BYTES = 4 * 1024
"""What is read of a WebSocket's frames before its application is listened to: a frame may be as small as six bytes."""

LINGER_SECONDS = 0.5
"""How long a client that goes on to send what is not taken is heard out, unread: a close at once would reach it before
the answer."""

_AWAITED: dict[Any, Awaited] = {h11.IDLE: "head", h11.SEND_BODY: "body"}


class _Measured(h11.Connection):
    """
    Takes requests whose length is said before.

    Of those that come in parts each part is an event, however small: a quarter of a megabyte of them, which is what is
    read at one time, keeps everybody else waiting for two seconds.
    """

    def next_event(self) -> Any:
        """See :class:`h11.Connection`."""
        event = super().next_event()
        if isinstance(event, h11.Request) and any(name == b"transfer-encoding" for name, _ in event.headers):
            raise h11.RemoteProtocolError("without a length", error_status_hint=HTTPStatus.LENGTH_REQUIRED)
        return event


class HttpProtocol(H11Protocol):
    """One connection that speaks HTTP/1.1."""

    def __init__(self, connection: Connection, connections: Connections, config: Config, state: ServerState) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self.conn = _Measured(h11.SERVER, config.h11_max_incomplete_event_size or 0)
        # Whoever asks for a WebSocket is handed over on the same connection.
        self.ws_protocol_class = partial(WebSocketProtocol, connection, connections)  # type: ignore[assignment]
        self._watched = connection
        self._all = connections
        self._is_refusing = False

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        if self._is_refusing:
            return
        super().data_received(data)
        # Where it was handed over to a WebSocket, that one tells.
        if self.transport.get_protocol() is self:
            self._watched.heard(len(data), _AWAITED.get(self.conn.their_state, "nothing"), self._all.now())

    def pause_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().pause_writing()
        self._watched.stopped_reading(self._all.now())

    def resume_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().resume_writing()
        self._watched.reads_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._all.drop(self._watched)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request that can be taken, and close; but not before the client can have read it."""
        if self.conn.their_state is h11.ERROR:
            status, words = HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request, or its head is too large"
        else:
            status, words = HTTPStatus.LENGTH_REQUIRED, "a body has to say its length: content-length"
        problem = problems.of_error(InvalidArgument("", words), status)
        headers = {**SAFE_HEADERS, "content-type": problems.MEDIA_TYPE, "connection": "close"}
        response = h11.Response(status_code=status, headers=list(headers.items()), reason=status.phrase.encode())
        for event in (response, h11.Data(data=json.dumps(problem.document).encode()), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self._is_refusing = True
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection that speaks WebSocket."""

    def __init__(self, connection: Connection, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._watched = connection
        self._all = connections
        self._began = connections.now()
        self._controls = 0
        self._unread = b""

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        self._unread += data
        self._read()

    async def receive(self) -> ASGIReceiveEvent:
        """Return the next message, and read on."""
        message = await super().receive()
        self._read()
        return message

    def _read(self) -> None:
        """Read as much as the application has room for: it takes one message at a time."""
        while self._unread and not self.read_paused and not self.transport.is_closing():
            part, self._unread = self._unread[:SLICE_BYTES], self._unread[SLICE_BYTES:]
            super().data_received(part)

    def shutdown(self) -> None:
        """Leave it to the application to end a stream at the stop: it says why, or lets it end by itself."""
        if not self.handshake_complete:
            super().shutdown()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`."""
        super().connection_made(transport)
        # From here on the protocol's own pings tell whether the client is there.
        self._watched.heard(0, "nothing", self._all.now())

    def pause_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().pause_writing()
        self._watched.stopped_reading(self._all.now())

    def resume_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().resume_writing()
        self._watched.reads_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._all.drop(self._watched)
        super().connection_lost(exc)

    def handle_ping(self) -> None:
        """Answer a ping, unless the client reads no answers: they would pile up."""
        if self._may_control() and self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong."""
        if self._may_control():
            super().handle_pong(event)
        else:
            self.transport.abort()

    def _may_control(self) -> bool:
        self._controls += 1
        return self._controls <= CONTROLS_AT_ONCE + CONTROLS_PER_SECOND * (self._all.now() - self._began)

    def handle_cont(self, event: Frame) -> None:
        """Take a further part of a message, of which there may not be any number."""
        if len(self.frames) >= MOST_PARTS:
            self.transport.abort()
        else:
            super().handle_cont(event)
