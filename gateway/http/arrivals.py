"""How a connection comes in: it is counted before anything is done for it, then encrypted, then spoken to in HTTP."""

import asyncio
import ssl
from typing import cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from gateway.http.connections import Connection, Connections
from gateway.http.protocols import HttpProtocol

HANDSHAKE_SECONDS = 10.0
"""How long the handshake of TLS may take."""


class Arrival(asyncio.Protocol):
    """
    A connection that has just come.

    asyncio's own way with TLS shows a connection only after the handshake: whoever never ends one would not be counted.

    :param context: How connections are encrypted; None: they are not.
    """

    def __init__(
        self, connections: Connections, context: ssl.SSLContext | None, config: Config, state: ServerState
    ) -> None:
        self._connections = connections
        self._context = context
        self._config = config
        self._state = state
        self._early: list[bytes] = []
        self._shaking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`."""
        plain = cast(asyncio.Transport, transport)
        connection = self._connections.take(plain)
        if connection is None:
            return
        if self._context is None:
            self._speak(connection, plain)
        else:
            # Nothing may be read before the handshake does.
            plain.pause_reading()
            self._shaking = asyncio.create_task(self._encrypt(connection, plain, self._context))

    def data_received(self, data: bytes) -> None:
        """Keep what comes between the end of the handshake and the next turn of the loop."""
        self._early.append(data)

    async def _encrypt(self, connection: Connection, plain: asyncio.Transport, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                plain, self, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (OSError, RuntimeError):
            # It failed, took too long, or the connection was lost on the way.
            transport = None
        if transport is None or transport.is_closing():
            plain.abort()
            self._connections.drop(connection)
            return
        connection.transport = transport
        self._speak(connection, transport)

    def _speak(self, connection: Connection, transport: asyncio.Transport) -> None:
        protocol = HttpProtocol(connection, self._connections, self._config, self._state)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        for data in self._early:
            protocol.data_received(data)
        self._early.clear()
