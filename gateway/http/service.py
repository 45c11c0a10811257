"""The HTTP side of the gateway, put together: a client of the gateway's own gRPC server, by its private listener."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.http.app import application
from gateway.http.channels import channels_to
from gateway.http.door import Admit, Door
from gateway.http.server import HttpServer
from host.settings_network import GatewaySettings
from host.telemetry import exposition


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
    async with channels_to(
        private, streams=settings.max_streams_per_connection, most_bytes=settings.max_message_bytes
    ) as channels:
        door = Door(channels, settings, admit, exposition)
        server = HttpServer(application(door), settings, drain_seconds=drain_seconds, stopping=door.stopping)
        async with server.open() as address:
            yield HttpSide(address, server)
