"""The HTTP side of the gateway, put together: a client of the gateway's own gRPC server, by its private listener."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc.aio

from gateway.http.app import application
from gateway.http.door import Admit, Door
from gateway.http.server import HttpServer
from host.settings_network import GatewaySettings
from host.telemetry import exposition

WINDOW_BYTES = 64 * 1024
"""What may be under way on each stream to a client that does not read: its source has to notice, and soon."""


@dataclass(frozen=True, slots=True)
class HttpSide:
    """
    The HTTP side, open.

    :param address: As bound.
    """

    address: str
    server: HttpServer


@asynccontextmanager
async def http_side(
    settings: GatewaySettings, private: str, admit: Admit, *, drain_seconds: float
) -> AsyncIterator[HttpSide]:
    """
    Serve HTTP until the block is left. Stop its server before the gRPC server that it calls.

    :param private: The address of the gateway's private listener.
    :param admit: Says who may come in before anything is read; see :data:`gateway.http.door.Admit`.
    :raises host.listening.CannotListen: The address is none, taken, or not ours.
    :raises host.settings.BadSettings: The certificate or its key cannot be used.
    """
    async with grpc.aio.insecure_channel(private, options=_options(settings)) as channel:
        door = Door(channel, settings, admit, exposition)
        server = HttpServer(application(door), settings, drain_seconds=drain_seconds, stopping=door.stopping)
        async with server.open() as address:
            yield HttpSide(address, server)


def _options(settings: GatewaySettings) -> Sequence[tuple[str, int]]:
    return (
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.enable_http_proxy", 0),
        ("grpc.http2.lookahead_bytes", WINDOW_BYTES),
        ("grpc.http2.bdp_probe", 0),
    )
