"""Gateways for tests: in front of a whole suite, and in front of a service of all four call shapes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc

from gateway.chain import chain
from gateway.contract import PublicMethod, public_methods
from gateway.forwarding import Forwarding
from gateway.health import PublicHealth
from gateway.server import Door, PublicServer
from host.embedded import embedded
from host.interceptors.chain import incoming
from host.peers import Peers
from host.settings import Settings
from host.settings_network import GatewaySettings
from tests.host import echo

CALL_SECONDS = 30.0
"""The longest that a call through the echo's door may take."""


@asynccontextmanager
async def embedded_behind_a_door(settings: Settings, folder: Path, **gateway: Any) -> AsyncIterator[str]:
    """Serve a whole suite with its gateway, on a Unix socket unless told otherwise, and give the gateway's address."""
    values: dict[str, Any] = {"listen": f"unix:{folder}/door", "open": True} | gateway
    with_door = settings.model_copy(update={"gateway": GatewaySettings(**values)})
    async with embedded(with_door):
        yield with_door.gateway.listen


def echo_methods() -> dict[str, PublicMethod]:
    """Return a contract in which the methods of the echo are public."""
    some = next(iter(public_methods().values()))
    return {
        path: replace(
            some,
            path=path,
            peer="echo",
            request_streaming=shape.startswith("Stream"),
            response_streaming=shape.endswith("Stream"),
        )
        for shape in echo.SHAPES
        for path in [f"/test.Echo/{shape}"]
    }


@asynccontextmanager
async def door_to(folder: Path, peer: str, **gateway: Any) -> AsyncIterator[Door]:
    """Serve a gateway whose one peer is the echo at an address."""
    values: dict[str, Any] = {"listen": f"unix:{folder}/door", "open": True} | gateway
    settings = GatewaySettings(**values)
    peers = Peers({"echo": peer})
    health = PublicHealth({"echo": "test.Echo"}, peers.channel)
    forwarding = Forwarding(echo_methods(), peers.channel)
    server = PublicServer(settings, chain(CALL_SECONDS, None), forwarding, health, grace_seconds=1, drain_seconds=1)
    try:
        async with server.open() as door:
            yield door
    finally:
        await peers.close()


@asynccontextmanager
async def echo_behind_a_door(
    folder: Path, generic: grpc.GenericRpcHandler, **gateway: Any
) -> AsyncIterator[tuple[str, str]]:
    """Serve an echo and a gateway in front of it; give the addresses of the gateway and of the echo itself."""
    async with echo.served(folder, incoming(CALL_SECONDS), generic) as peer, door_to(folder, peer, **gateway) as door:
        yield door.address, peer
