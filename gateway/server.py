"""The public gRPC server: where it listens, what it bounds, and a stop that loses no call."""

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

SECTION = "ASSAY_GATEWAY"
"""What the settings of the gateway begin with."""

HANDSHAKE_SECONDS = 10
"""How long a new connection may take to say what it is."""

METADATA_BYTES = 8 * 1024
"""What a call may bring along. Peers take twice that, and are told more: the trace, the tenant, the token."""


@dataclass(frozen=True, slots=True)
class Door:
    """
    Where the public server listens.

    :param address: For clients; empty: nowhere.
    :param private: For the HTTP side of the same gateway, which tells where its own clients are.
    """

    address: str
    private: str


class PublicServer:
    """
    The public server. It is made, entered by :meth:`open`, and stopped once.

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
        drain_seconds: float,
    ) -> None:
        self._settings = settings
        self._health = health
        self._drain_seconds = drain_seconds
        self._stopped = False
        self._credentials = _credentials(settings)
        self._server = grpc.aio.server(
            interceptors=interceptors,
            # gRPC refuses what is beyond without a word on when to come back: quotas, which have one, come first.
            maximum_concurrent_rpcs=settings.max_concurrent_calls * 2,
            options=_options(settings),
        )
        health_pb2_grpc.add_HealthServicer_to_server(health, self._server)
        reflect(self._server, PUBLIC.values())
        self._server.add_generic_rpc_handlers((forwarding,))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Door]:
        """
        Serve until the block is left.

        :raises host.listening.CannotListen: The address is none, taken, or not ours.
        """
        # Only who may enter the folder can pretend to be the HTTP side.
        folder = tempfile.mkdtemp(prefix="assay-gateway-")
        try:
            private = bind(self._server, f"unix:{folder}/s")
            address = self._bind() if self._settings.listen else ""
            await self._server.start()
            async with self._health.watching():
                yield Door(address, private)
        finally:
            await self.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def _bind(self) -> str:
        return bind(self._server, self._settings.listen, self._credentials)

    async def stop(self) -> None:
        """Say NOT_SERVING, take no new calls, let those under way end in their time. A second time does nothing."""
        if self._stopped:
            return
        self._stopped = True
        await self._health.stop()
        await self._server.stop(self._drain_seconds)
        # grpc returns when the last call's response is sent; its handler's clean-up runs in the next turns of the loop.
        await asyncio.sleep(0)


def _credentials(settings: GatewaySettings) -> grpc.ServerCredentials | None:
    """Return what the public server encrypts with, and which certificates it asks for; None: nothing."""
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


def _options(settings: GatewaySettings) -> Sequence[tuple[str, int]]:
    return (
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        # gRPC bounds a message before it is decompressed, not after: so nothing compressed is taken.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.max_metadata_size", METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", METADATA_BYTES),
        ("grpc.so_reuseport", 0),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_SECONDS * 1000),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.max_concurrent_streams", settings.max_streams_per_connection),
        ("grpc.max_connection_age_ms", int(settings.connection_age_seconds * 1000)),
        ("grpc.max_connection_idle_ms", int(settings.idle_seconds * 1000)),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A client that pings more often than this, more than twice, is told to go (ENHANCE_YOUR_CALM).
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.max_ping_strikes", 2),
    )
