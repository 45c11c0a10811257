"""The gateway as a service of the catalog: it listens for itself; on the inner server it only tells its statistics."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from assay.addresses import is_local

from gateway.audit import AuditInterceptor
from gateway.authentication import AuthenticationInterceptor
from gateway.authenticator import authenticator
from gateway.chain import Guards, chain
from gateway.contract import public_methods
from gateway.doorkeeper import Doorkeeper
from gateway.forwarding import Forwarding
from gateway.health import PublicHealth
from gateway.http.service import http_side
from gateway.key_ring import KeyRing
from gateway.key_store import key_store
from gateway.quota_interceptor import quota_interceptor
from gateway.server import PublicServer
from gateway.statistics import statistics
from gateway.table import PUBLIC
from host.listening import CannotListen
from host.service import Registration, ServiceContext
from host.settings_network import GatewaySettings

_log = structlog.get_logger("assay.gateway")

HINT = "assay keys create --tenant NAME --scope '*' makes a key"


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """
    Open the door until the block is left.

    :raises host.listening.CannotListen: An address is none, taken, not ours, or reachable by more than may come in.
    :raises host.settings.BadSettings: A file of the settings cannot be used.
    """
    settings = context.settings
    check_addresses(settings.gateway)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(key_store(settings))
        keys = KeyRing(store)
        authenticate = authenticator(settings.gateway, keys)
        audit = AuditInterceptor(context.events)
        guards = Guards(
            audit,
            AuthenticationInterceptor(authenticate),
            await stack.enter_async_context(quota_interceptor(settings, public_methods())),
        )
        server = PublicServer(
            settings.gateway,
            chain(settings.server.max_call_seconds, guards, context.stopping),
            Forwarding(public_methods(), context.channel),
            PublicHealth({peer: service.full_name for peer, service in PUBLIC.items()}, context.channel),
            # What a call may take anyway; of streams without an end this is one.
            grace_seconds=settings.server.max_call_seconds,
            drain_seconds=settings.server.drain_seconds,
        )
        door = await stack.enter_async_context(server.open())
        context.before_stop.append(server.stop)
        said: dict[str, object] = {"open": True} if settings.gateway.open else {"open": False, "hint": HINT}
        if settings.gateway.http_listen:
            doorkeeper = Doorkeeper(authenticate, audit)
            http = await stack.enter_async_context(
                http_side(settings.gateway, door.private, doorkeeper.admit, drain_seconds=settings.server.drain_seconds)
            )
            # It calls the server above, so it is stopped before that one.
            context.before_stop.append(http.server.stop)
            said["http"] = http.address
        await _log.ainfo("gateway", address=door.address, **said)
        yield (statistics(store),)


def check_addresses(settings: GatewaySettings) -> None:
    """
    Check that who can reach an address is who may.

    :raises host.listening.CannotListen: There is none, calls without a key would be taken from other machines, or keys
        would travel where others can read them.
    """
    addresses = [listen for listen in (settings.listen, settings.http_listen) if listen]
    if not addresses:
        raise CannotListen("the gateway has no address: set ASSAY_GATEWAY__LISTEN or ASSAY_GATEWAY__HTTP_LISTEN")
    for listen in addresses:
        if is_local(listen):
            continue
        if settings.open:
            raise CannotListen(f"an open gateway may not listen on {listen!r}: other machines can reach it")
        if not (settings.certificate or settings.unencrypted):
            raise CannotListen(
                f"a gateway without a certificate may not listen on {listen!r}: others could read the keys on their "
                "way (ASSAY_GATEWAY__UNENCRYPTED says that a proxy before it encrypts)"
            )
