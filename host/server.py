"""One gRPC server: its services, health, reflection, bounds, and a stop that loses no call."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import grpc.aio
import structlog
from assay.addresses import is_local
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from host import catalog, tls
from host.backbone import backbone
from host.health import Health
from host.identity import identity_of
from host.interceptors.authentication import Identify
from host.interceptors.chain import incoming
from host.listening import bind
from host.loop_lag import watched_loop
from host.peers import Peers
from host.probing import probed
from host.service import Registration, Service, ServiceContext
from host.settings import ServerSettings, Settings
from host.unregistered import registered_server

_log = structlog.get_logger("assay.server")

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the interpreter's lock while others wait for it: those of the database and of the workers
hand over what the event loop waits for, and Python's own five milliseconds are a third of reading a file."""

METADATA_BYTES = 16 * 1024
"""What a call may bring along."""


@asynccontextmanager
async def serving(names: Iterable[str], listen: str, settings: Settings) -> AsyncIterator[str]:
    """
    Serve services of the catalog until the block is left.

    Leaving says NOT_SERVING, lets calls under way end within ``server.drain_seconds``, then closes the services.

    :param names: Names of the catalog. Those that share a service are served by one instance.
    :param listen: "host:port" (port 0: any) or "unix:/path"; a socket is readable by its owner only.
    :returns: The address as bound.
    :raises host.listening.CannotListen: The address is none, taken, or not ours.
    :raises host.catalog.BrokenCatalog: A name is unknown, or a plug-in broken.
    :raises host.settings.BadSettings: A file of a key or certificate cannot be used.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    wanted = _grouped(names)
    local = [name for names in wanted.values() for name in names]
    encryption = tls.read(settings.tls)
    identity = identity_of(settings.tokens, local, listen)
    server = _server(settings.server, identity.identify)
    address = bind(server, listen, encryption.server)
    peers = Peers(settings.peers | dict.fromkeys(local, address), own=address, tls=encryption, signer=identity.signer)
    stopping = asyncio.Event()
    doors: list[Callable[[], Awaitable[None]]] = []
    async with AsyncExitStack() as stack:
        stack.push_async_callback(peers.close)
        await stack.enter_async_context(watched_loop())
        registrations: list[Registration] = []
        try:
            connected = await stack.enter_async_context(backbone(settings, local))
            for target, group in wanted.items():
                service: Service = catalog.load(target)
                context = ServiceContext(tuple(group), settings, peers.channel, stopping, connected, doors)
                registrations.extend(await stack.enter_async_context(service(context)))
            health_servicer = _register(server, registrations)
            # Left after the server has stopped, so that it tells of the stop until it is done.
            await stack.enter_async_context(probed(settings.server.probe_listen, health_servicer))
        except BaseException:
            await _give_address_back(server)
            raise
        await server.start()
        # Entered last, so left first: the services are closed when no call is under way any more.
        stack.push_async_callback(_stop, server, health_servicer, settings.server.drain_seconds)
        for close in doors:
            stack.push_async_callback(close)
        # First of all: a stream that follows something has no other end, and would hold a door up.
        stack.callback(stopping.set)
        await _set_health(health_servicer, registrations)
        await _log.ainfo("serving", address=address, services=local)
        if encryption.server is None and not is_local(address):
            await _log.awarning("calls are not encrypted: set ASSAY_TLS__CERTIFICATE", address=address)
        # What is there by now stays. Looked at again by each full collection it would stop all calls for 60 to 140 ms.
        gc.freeze()
        stack.callback(gc.unfreeze)
        yield address


def _grouped(names: Iterable[str]) -> dict[str, list[str]]:
    entries = catalog.entries()
    wanted: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        if name not in entries:
            raise catalog.BrokenCatalog(f"there is no service {name!r}; there are {', '.join(entries)}")
        wanted.setdefault(entries[name].target, []).append(name)
    return wanted


def _server(settings: ServerSettings, identify: Identify) -> grpc.aio.Server:
    return registered_server(
        interceptors=incoming(settings.max_call_seconds, identify),
        maximum_concurrent_rpcs=settings.max_concurrent_calls,
        options=(
            ("grpc.max_receive_message_length", settings.max_message_bytes),
            ("grpc.max_send_message_length", settings.max_message_bytes),
            # What a client may send through the door, and what the door adds to it.
            ("grpc.max_metadata_size", METADATA_BYTES),
            ("grpc.absolute_max_metadata_size", METADATA_BYTES),
            # Two servers on one port would share its connections by chance.
            ("grpc.so_reuseport", 0),
            # Without a bound on what follows: a stream that follows something may take as long as its client wants.
            ("grpc.max_connection_age_ms", int(settings.connection_age_seconds * 1000)),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ),
    )


async def _give_address_back(server: grpc.aio.Server) -> None:
    # gRPC releases the address only of a server that has run.
    await server.start()
    await server.stop(None)


def _register(server: grpc.aio.Server, registrations: Sequence[Registration]) -> Health:
    # Imported here: reflection takes a while to load and nothing before this needs it.
    from grpc_reflection.v1alpha import reflection

    seen: set[str] = set()
    for registration in registrations:
        if registration.name in seen:
            raise catalog.BrokenCatalog(f"{registration.name} would be registered twice; grpc would keep the last")
        seen.add(registration.name)
        registration.add(server)
    health_servicer = Health()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    reflection.enable_server_reflection((*seen, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return health_servicer


async def _set_health(servicer: Health, registrations: Sequence[Registration]) -> None:
    for name in ("", *(registration.name for registration in registrations)):
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)


async def _stop(server: grpc.aio.Server, servicer: Health, drain_seconds: float) -> None:
    await servicer.stop()
    await server.stop(drain_seconds)
    # grpc returns when the last call's response is sent; its handler's clean-up runs in the next turns of the loop.
    await asyncio.sleep(0)
