"""The gateway as a service of the catalog: it listens for itself, and registers nothing on the inner server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from assay.addresses import is_local

from gateway.chain import chain
from gateway.contract import public_methods
from gateway.forwarding import Forwarding
from gateway.health import PublicHealth
from gateway.server import PublicServer
from gateway.table import PUBLIC
from host.listening import CannotListen
from host.service import Registration, ServiceContext
from host.settings_network import GatewaySettings

_log = structlog.get_logger("assay.gateway")


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """
    Open the door until the block is left.

    :raises host.listening.CannotListen: An address is none, taken, not ours, or reachable by more than may come in.
    """
    settings = context.settings
    _check(settings.gateway)
    server = PublicServer(
        settings.gateway,
        chain(settings.server.max_call_seconds),
        Forwarding(public_methods(), context.channel),
        PublicHealth({peer: service.full_name for peer, service in PUBLIC.items()}, context.channel),
        drain_seconds=settings.server.drain_seconds,
    )
    async with server.open() as door:
        context.before_stop.append(server.stop)
        await _log.ainfo("gateway", address=door.address, open=settings.gateway.open)
        yield ()


def _check(settings: GatewaySettings) -> None:
    if not settings.open:
        raise CannotListen("the gateway has no keys yet: it has to be open")
    for listen in (settings.listen, settings.http_listen):
        if listen and not is_local(listen):
            raise CannotListen(f"a gateway without keys may not listen on {listen!r}: other machines can reach it")
