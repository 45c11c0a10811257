"""The door's gRPC servers: where they listen, what they bound, and a stop that loses no call."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc

from gateway.forwarding import Forwarding
from gateway.health import PublicHealth
from gateway.reflection import reflect
from gateway.table import PUBLIC
from host import tls
from host.listening import bind
from host.settings import BadSettings
from host.settings_network import GatewaySettings
from host.unregistered import registered_server

SECTION = "ASSAY_GATEWAY"
"""What the settings of the gateway begin with."""

HANDSHAKE_SECONDS = 10
"""How long a new connection may take to say what it is."""

METADATA_BYTES = 8 * 1024
"""What a call may bring along. Peers take twice that, and are told more: the trace, the tenant, the token."""

Options = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Door:
    """
    Where calls come in.

    :param address: For clients; empty: nowhere.
    :param private: For the HTTP side of the same gateway, which tells where its own clients are.
    """

    address: str
    private: str


class PublicServer:
    """
    The server of clients, and beside it one of the same methods, behind the same guards, for the HTTP side alone: its
    one connection is all clients of HTTP together, and is bounded by what the HTTP side bounds.

    :param grace_seconds: How long the calls of a connection that has come of age may go on.
    :param drain_seconds: How long calls under way may go on after it was told to stop.
    :raises host.settings.BadSettings: A file of a certificate or key cannot be used.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        interceptors: Sequence[grpc.aio.ServerInterceptor],
        forwarding: Forwarding,
        health: PublicHealth,
        *,
        grace_seconds: float,
        drain_seconds: float,
    ) -> None:
        self._settings = settings
        self._credentials = _credentials(settings)
        self._health = health
        self._drain_seconds = drain_seconds
        self._stopped = False
        common = _bounds_on_messages(settings)
        self._public, self._private = (
            _server(settings, options, interceptors, forwarding, health)
            for options in ((*common, *_bounds_on_clients(settings, grace_seconds)), common)
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Door]:
        """
        Serve until the block is left.

        :raises host.listening.CannotListen: The address is none, taken, or not ours.
        """
        # Only who may enter the folder can pretend to be the HTTP side.
        folder = tempfile.mkdtemp(prefix="assay-gateway-")
        try:
            private = bind(self._private, f"unix:{folder}/s")
            listen = self._settings.listen
            address = bind(self._public, listen, self._credentials) if listen else ""
            for server in (self._private, self._public):
                await server.start()
            async with self._health.watching():
                yield Door(address, private)
        finally:
            await self.stop()
            shutil.rmtree(folder, ignore_errors=True)

    async def stop(self) -> None:
        """Say NOT_SERVING, take no new calls, let those under way end in their time. A second time does nothing."""
        if self._stopped:
            return
        self._stopped = True
        await self._health.stop()
        await asyncio.gather(*(server.stop(self._drain_seconds) for server in (self._public, self._private)))
        # grpc returns when the last call's response is sent; its handler's clean-up runs in the next turns of the loop.
        await asyncio.sleep(0)


def _server(
    settings: GatewaySettings,
    options: Options,
    interceptors: Sequence[grpc.aio.ServerInterceptor],
    forwarding: Forwarding,
    health: PublicHealth,
) -> grpc.aio.Server:
    server = registered_server(
        interceptors=interceptors,
        # gRPC refuses what is beyond without a word on when to come back: quotas, which have one, come first.
        maximum_concurrent_rpcs=settings.max_concurrent_calls * 2,
        options=options,
    )
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflect(server, PUBLIC.values())
    forwarding.register(server)
    return server


def _credentials(settings: GatewaySettings) -> grpc.ServerCredentials | None:
    """Return what clients are shown, and which certificates they are asked for; None: nothing is encrypted."""
    pair = tls.key_pair(settings.certificate, settings.key, SECTION)
    if pair is None:
        if settings.client_ca or settings.client_certificates:
            raise BadSettings(f"the setting {SECTION}__CERTIFICATE: without it no client can show a certificate")
        return None
    chain, key, _ = pair
    if settings.client_ca is None:
        if settings.client_certificates:
            raise BadSettings(f"the setting {SECTION}__CLIENT_CA: without it no client's certificate can be trusted")
        return grpc.ssl_server_credentials([(key, chain)])
    trusted = tls.authorities(settings.client_ca, f"{SECTION}__CLIENT_CA")
    return grpc.ssl_server_credentials([(key, chain)], trusted, require_client_auth=True)


def _bounds_on_messages(settings: GatewaySettings) -> Options:
    return (
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        # gRPC bounds a message before it is decompressed, not after: so nothing compressed is taken.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.max_metadata_size", METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", METADATA_BYTES),
    )


def _bounds_on_clients(settings: GatewaySettings, grace_seconds: float) -> Options:
    return (
        ("grpc.so_reuseport", 0),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_SECONDS * 1000),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.max_concurrent_streams", settings.max_streams_per_connection),
        # It counts streams that have ended and are not yet cleared away, and refuses honest clients that make full use
        # of their connection; under a flood of resets the door was as quick and as small without it.
        ("grpc.http.overload_protection", 0),
        ("grpc.max_connection_age_ms", int(settings.connection_age_seconds * 1000)),
        ("grpc.max_connection_age_grace_ms", int(grace_seconds * 1000)),
        ("grpc.max_connection_idle_ms", int(settings.idle_seconds * 1000)),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A client that pings more often than this, more than twice, is told to go (ENHANCE_YOUR_CALM).
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.max_ping_strikes", 2),
    )
