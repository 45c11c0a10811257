"""The HTTP server: uvicorn within the gateway's own event loop, behind what takes connections in."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from gateway.http.arrivals import Arrival
from gateway.http.connections import Connections
from host.listening import CannotListen
from host.settings import BadSettings
from host.settings_network import GatewaySettings

HEAD_BYTES = 16 * 1024
"""The largest request line and headers together."""

FRAME_BYTES = 4 * 1024 * 1024
"""The largest message on a WebSocket: it is held before anybody has asked what it is for. What is larger is posted."""

KEEP_ALIVE_SECONDS = 60
"""How long a connection may wait for its next request."""

PING_SECONDS = 20.0
"""How often a WebSocket is asked whether it is there, and how long it may take to answer."""

BACKLOG = 512


class HttpServer:
    """
    The server. It is made, entered by :meth:`open`, and stopped once.

    :param drain_seconds: How long requests under way may go on after it was told to stop.
    :param stopping: Set when it is about to stop.
    """

    def __init__(
        self, app: ASGIApp, settings: GatewaySettings, *, drain_seconds: float, stopping: asyncio.Event
    ) -> None:
        self._settings = settings
        self._stopping = stopping
        self._drain_seconds = drain_seconds
        self._connections = Connections(settings.max_connections)
        self._server = _Uvicorn(_config(app, settings, drain_seconds))
        self._serving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """
        Serve until the block is left; yield the address as bound.

        :raises CannotListen: The address is none, taken, or not ours.
        :raises BadSettings: The certificate or its key cannot be used.
        """
        context = tls(self._settings.certificate, self._settings.key)
        self._server.config.load()
        listening = await self._listen(context)
        watch = asyncio.create_task(self._connections.watch())
        try:
            self._server.listening = listening
            self._serving = asyncio.create_task(self._server.serve())
            yield _address(listening, self._settings.http_listen)
        finally:
            await self.stop()
            watch.cancel()
            self._connections.close()
            listening.close()

    async def stop(self) -> None:
        """Take no new connections, end what follows something, let other requests end in their time."""
        self._stopping.set()
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving

    async def _listen(self, context: ssl.SSLContext | None) -> asyncio.Server:
        host, port = _host_and_port(self._settings.http_listen)
        server, connections = self._server, self._connections
        try:
            return await asyncio.get_running_loop().create_server(
                lambda: Arrival(connections, context, server.config, server.server_state),
                host, port, backlog=BACKLOG,
            )  # fmt: skip
        except OSError as error:
            raise CannotListen(f"cannot listen on {self._settings.http_listen!r}: {error.strerror or error}") from None


class _Uvicorn(uvicorn.Server):
    """uvicorn's server, less what a program has to itself: signals, and its own way of listening."""

    listening: asyncio.Server

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    async def startup(self, sockets: object = None) -> None:
        """Serve on what listens already."""
        self.servers = [self.listening]
        self.started = True


def _config(app: ASGIApp, settings: GatewaySettings, drain_seconds: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        # What a stranger sends may not fill the log: a line for each bad request would. What breaks is written by us.
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        # Whom a proxy before the gateway speaks for is not for a client to say.
        proxy_headers=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
        ws_max_size=min(FRAME_BYTES, settings.max_message_bytes),
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
    )


def tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """
    Return how connections are encrypted; None: they are not.

    :raises BadSettings: The certificate or its key cannot be used.
    """
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except OSError:
        raise BadSettings("ASSAY_GATEWAY__CERTIFICATE and ASSAY_GATEWAY__KEY cannot be used together") from None
    return context


def _host_and_port(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit():
        raise CannotListen(f"cannot listen on {listen!r}: an address is host:port")
    return host.strip("[]"), int(port)


def _address(listening: asyncio.Server, listen: str) -> str:
    host = listen.rpartition(":")[0]
    return f"{host}:{listening.sockets[0].getsockname()[1]}"
