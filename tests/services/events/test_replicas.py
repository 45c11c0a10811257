"""Replicas of the event service that share a database and a NATS: an event is stored once, and told at all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from assay.client import Suite, connect
from assay.v1 import event_pb2

from host.events.jetstream import JetStreamBus
from host.events.port import Event
from host.server import serving
from host.settings import Settings
from host.settings_network import NatsSettings
from services.events import following
from tests.backing import Nats
from tests.jetstream import BOUND, connection, emptied

pytestmark = pytest.mark.docker


@asynccontextmanager
async def replica(folder: Path, name: str, url: str) -> AsyncIterator[Suite]:
    """Run an event service."""
    settings = Settings(state_dir=folder, nats=NatsSettings(url=url))
    async with (
        serving(["events"], f"unix:{folder}/{name}", settings) as address,
        connect(address) as suite,
    ):
        yield suite


async def read(suite: Suite, count: int) -> list[str]:
    """Return what so many events are about, from the first on."""
    call: Any = suite.events.Subscribe(event_pb2.SubscribeRequest(), timeout=BOUND)
    async with asyncio.timeout(BOUND):
        return [(await call.read()).event.resource for _ in range(count)]


async def test_stored_once_told_everywhere(folder: Path, nats_server: Nats, monkeypatch: pytest.MonkeyPatch) -> None:
    """What any process tells is stored by one replica, and told to subscribers at all, woken and not looking."""
    monkeypatch.setattr(following, "LOOK_SECONDS", 60.0)
    await emptied(nats_server.url)
    async with (
        replica(folder, "a", nats_server.url) as one,
        replica(folder, "b", nats_server.url) as other,
        connection(nats_server.url) as connected,
    ):
        bus = JetStreamBus(connected, 1_000)
        async with bus.at_work():
            names = [str(number) for number in range(200)]
            subscribers = [asyncio.create_task(read(suite, 201)) for suite in (one, other)]
            for name in names:
                bus.publish(Event("local", "test.done", name))
                await asyncio.sleep(0.002)
            bus.publish(Event("local", "test.done", "last"))
            told = await asyncio.gather(*subscribers)
    assert told[0] == told[1]
    assert sorted(told[0]) == sorted([*names, "last"])
