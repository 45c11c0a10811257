"""What tests of several folders do with a NATS server: connections to it, and a look at its streams."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import nats
from nats.js import JetStreamContext
from nats.js.api import StreamInfo
from nats.js.errors import NotFoundError

from host.nats_connection import NatsConnection
from host.settings_network import NatsSettings
from host.streams import STREAMS

BOUND = 20.0


@asynccontextmanager
async def connection(url: str, user: str = "") -> AsyncIterator[NatsConnection]:
    """Keep a connection as a service has one."""
    async with NatsConnection(NatsSettings(url=url, user=user), "test").kept() as kept:
        yield kept


@asynccontextmanager
async def jetstream(url: str) -> AsyncIterator[JetStreamContext]:
    """Give JetStream to a test itself."""
    client = await nats.connect(url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def emptied(url: str) -> None:
    """
    Remove what tests before left in the streams of the suite.

    Emptied first: a server with much to do removes the files of a stream later, and finds them in one of the same name.
    """
    async with jetstream(url) as context:
        for stream in STREAMS:
            with suppress(NotFoundError):
                await context.purge_stream(stream.name)
                await context.delete_stream(stream.name)


async def stream_info(context: JetStreamContext, name: str) -> StreamInfo:
    """Return how a stream is, as soon as it is there."""
    async with asyncio.timeout(BOUND):
        while True:
            with suppress(NotFoundError):
                return await context.stream_info(name)
            await asyncio.sleep(0.02)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(BOUND):
        while not holds():
            await asyncio.sleep(0.01)
