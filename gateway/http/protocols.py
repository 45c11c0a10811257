"""uvicorn's protocols, made to tell what they wait for, and to end what they would go along with for ever."""

import asyncio
import json
from functools import partial
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from gateway.http.connections import Awaited, Connection, Connections
from gateway.http.guards import SAFE_HEADERS
from gateway.http.problems import MEDIA_TYPE

MOST_PARTS = 1_000
"""Frames that one message of a WebSocket may come in. Their bytes are bounded elsewhere; empty ones have none."""

_AWAITED: dict[Any, Awaited] = {h11.IDLE: "head", h11.SEND_BODY: "body"}

_NOT_HTTP = {
    "type": "urn:assay:error:INVALID_ARGUMENT",
    "title": "Invalid argument",
    "status": 400,
    "detail": "this is no HTTP/1.1 request, or its head is too large",
    "code": "INVALID_ARGUMENT",
    "reason": "INVALID_ARGUMENT",
}


class HttpProtocol(H11Protocol):
    """One connection that speaks HTTP/1.1."""

    def __init__(self, connection: Connection, connections: Connections, config: Config, state: ServerState) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        # Whoever asks for a WebSocket is handed over on the same connection.
        self.ws_protocol_class = partial(WebSocketProtocol, connection, connections)  # type: ignore[assignment]
        self._watched = connection
        self._all = connections

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        super().data_received(data)
        if self.transport.get_protocol() is self:
            # Else a WebSocket was handed over, whose request stands as one for ever whose body is still to come.
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
        """Answer what is no request, and close."""
        headers = {**SAFE_HEADERS, "content-type": MEDIA_TYPE, "connection": "close"}
        response = h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request")
        for event in (response, h11.Data(data=json.dumps(_NOT_HTTP).encode()), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection that speaks WebSocket."""

    def __init__(self, connection: Connection, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._watched = connection
        self._all = connections

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
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """Take a further part of a message, of which there may not be any number."""
        if len(self.frames) >= MOST_PARTS:
            self.transport.abort()
        else:
            super().handle_cont(event)
