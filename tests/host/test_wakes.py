"""Waking other replicas over NATS: soon, of what is theirs to hear, and never by what is no such message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import pytest

from host.wakes import MAX_BYTES, MOST_NAMES, MOST_WAITING, NatsWakes
from tests.backing import Nats
from tests.jetstream import BOUND, connection, until

pytestmark = pytest.mark.docker


@asynccontextmanager
async def wakes_of(url: str) -> AsyncIterator[NatsWakes]:
    """Yield wakes as a process has them."""
    async with connection(url) as connected:
        wakes = NatsWakes(connected)
        async with wakes.at_work():
            await connected.connected()
            yield wakes


async def test_others_hear(nats_server: Nats) -> None:
    """All other processes that listen hear what is told of a topic, however much it is; the one that tells does not."""
    heard: dict[str, list[str]] = {"here": [], "there": [], "other": []}
    async with wakes_of(nats_server.url) as here, wakes_of(nats_server.url) as there:
        with (
            here.hearing("a", heard["here"].extend),
            there.hearing("a", heard["there"].extend),
            there.hearing("b", heard["other"].extend),
        ):
            async with asyncio.timeout(BOUND):
                while not heard["there"]:
                    here.tell("a", ["first"])
                    await asyncio.sleep(0.05)
            names = {f"name {number}" for number in range(3 * MOST_NAMES)}
            here.tell("a", names)
            await until(lambda: set(heard["there"]) == names | {"first"})
        here.tell("a", ["late"])
        await asyncio.sleep(0.1)
    assert "late" not in heard["there"]
    assert (heard["here"], heard["other"]) == ([], [])


async def test_strangers_messages(nats_server: Nats) -> None:
    """What is no such message wakes nobody and ends nothing."""
    heard: list[str] = []
    bad = [
        b"", b"null", b"[]", b"{}", b'["x", 1]', b"[" * 20_000, json.dumps(["x", "n" * 129]).encode(),
        json.dumps(["x"] * (MOST_NAMES + 2)).encode(), b'"' + b"x" * MAX_BYTES + b'"',
    ]  # fmt: skip
    async with wakes_of(nats_server.url) as wakes:
        with wakes.hearing("c", heard.extend):
            client = await nats.connect(nats_server.url)
            async with asyncio.timeout(BOUND):
                while not heard:
                    for message in (*bad, json.dumps(["me", "good"]).encode()):
                        await client.publish("wake.c", message)
                    await asyncio.sleep(0.05)
            await client.close()
    assert set(heard) == {"good"}


async def test_away() -> None:
    """While NATS is away telling waits for nothing, and no more is held than may be."""
    async with asyncio.timeout(BOUND), connection("nats://127.0.0.1:1") as connected:
        wakes = NatsWakes(connected)
        async with wakes.at_work():
            for number in range(MOST_WAITING + 100):
                wakes.tell("a", [str(number)])
            assert len(wakes._waiting["a"]) == MOST_WAITING
