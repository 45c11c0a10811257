"""
Where a process is asked whether it is well, apart from where it serves: for probes that speak no TLS.

Kubernetes' gRPC probes know no encryption, and no address but the pod's own. The health that is told here is the
process's own and nothing else is: neither another method, nor who calls, nor what for.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from grpc_health.v1 import health_pb2_grpc

from host.health import Health
from host.interceptors.late_reading import LateReading
from host.interceptors.probes import MOST_PROBES, Probes
from host.interceptors.status import StatusInterceptor
from host.listening import bind
from host.unregistered import registered_server

IDLE_SECONDS = 30
"""After which a connection that asks nothing is closed."""

METADATA_BYTES = 4 * 1024

REQUEST_BYTES = 4 * 1024
"""A request holds the name of a service."""


@asynccontextmanager
async def probed(listen: str, health: Health) -> AsyncIterator[str]:
    """
    Answer the health service, and it alone, without encryption, until the block is left.

    :param listen: "host:port" or "unix:/path"; empty: nowhere.
    :param health: What is told.
    :returns: The address as bound; empty: there is none.
    :raises host.listening.CannotListen: The address is none, taken, or not ours.
    """
    if not listen:
        yield ""
        return
    server = registered_server(
        interceptors=(StatusInterceptor(), Probes(), LateReading()),
        # Probes bounds them with a word on when to come back; gRPC only where that is not reached.
        maximum_concurrent_rpcs=2 * MOST_PROBES,
        options=(
            ("grpc.so_reuseport", 0),
            ("grpc.max_allowed_incoming_connections", MOST_PROBES),
            ("grpc.max_connection_idle_ms", IDLE_SECONDS * 1000),
            ("grpc.max_receive_message_length", REQUEST_BYTES),
            ("grpc.max_metadata_size", METADATA_BYTES),
            ("grpc.absolute_max_metadata_size", METADATA_BYTES),
        ),
    )
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    address = bind(server, listen)
    await server.start()
    try:
        yield address
    finally:
        await server.stop(None)
