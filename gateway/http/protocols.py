"""uvicorn's HTTP, made to tell what it waits for, and to end what it would go along with for ever."""

import json
from functools import partial
from http import HTTPStatus
from typing import Any

import h11
from assay.errors import InvalidArgument
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from gateway.http import problems
from gateway.http.connections import Awaited, Connection, Connections, Watched
from gateway.http.frames import WebSocketProtocol
from gateway.http.guards import SAFE_HEADERS

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


class HttpProtocol(Watched, H11Protocol):
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
