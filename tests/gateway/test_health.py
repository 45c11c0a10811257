"""The health of the suite as its clients see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.health import PublicHealth
from host.health import Health
from host.peers import Peers

Status = health_pb2.HealthCheckResponse


@asynccontextmanager
async def serving(address: str, health: Health) -> AsyncIterator[None]:
    """Serve a health service at an address."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    server.add_insecure_port(address)
    await server.start()
    try:
        yield
    finally:
        await health.stop()
        await server.stop(1)


@asynccontextmanager
async def door(folder: Path, **peers: str) -> AsyncIterator[health_pb2_grpc.HealthStub]:
    """Serve the health of a door with peers, each of which serves "test.NAME", and give a client of it."""
    channels = Peers({name: address for name, address in peers.items() if address})
    health = PublicHealth({name: f"test.{name}" for name in peers}, channels.channel)
    address = f"unix:{folder}/door"
    async with serving(address, health), health.watching(), grpc.aio.insecure_channel(address) as channel:
        yield health_pb2_grpc.HealthStub(channel)
    await channels.close()


async def until(stub: health_pb2_grpc.HealthStub, service: str, status: int) -> None:
    """Watch a service until it has a status."""
    async with asyncio.timeout(20):
        async for answer in stub.Watch(health_pb2.HealthCheckRequest(service=service)):
            if answer.status == status:
                return


async def test_as_the_peers_say(folder: Path) -> None:
    """A service is as its peer says, and the whole serves when all of them do."""
    one, two = Health(), Health()
    addresses = {"one": f"unix:{folder}/1", "two": f"unix:{folder}/2"}
    async with serving(addresses["one"], one), serving(addresses["two"], two), door(folder, **addresses) as stub:
        await one.set("test.one", Status.SERVING)
        await until(stub, "test.one", Status.SERVING)
        await until(stub, "", Status.NOT_SERVING)
        await two.set("test.two", Status.SERVING)
        await until(stub, "", Status.SERVING)
        await one.set("test.one", Status.NOT_SERVING)
        await until(stub, "test.one", Status.NOT_SERVING)
        await until(stub, "", Status.NOT_SERVING)


async def test_a_peer_that_comes_and_goes(folder: Path) -> None:
    """A peer that is not there does not serve, and is found when it is."""
    address = f"unix:{folder}/1"
    async with door(folder, one=address) as stub:
        await until(stub, "", Status.NOT_SERVING)
        health = Health()
        await health.set("test.one", Status.SERVING)
        async with serving(address, health):
            await until(stub, "test.one", Status.SERVING)
            await until(stub, "", Status.SERVING)
        await until(stub, "", Status.NOT_SERVING)


async def test_a_peer_that_the_suite_does_without(folder: Path) -> None:
    """A service without an address is not known, and the whole serves without it."""
    health = Health()
    await health.set("test.one", Status.SERVING)
    async with serving(f"unix:{folder}/1", health), door(folder, one=f"unix:{folder}/1", two="") as stub:
        await until(stub, "", Status.SERVING)
        await until(stub, "test.two", Status.SERVICE_UNKNOWN)
