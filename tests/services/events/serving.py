"""An event service as its subscribers have it, over a real socket, and the bus that it listens on."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.client import Suite, connect
from assay.v1 import event_pb2

from host import catalog
from host.caller import SCOPES_HEADER, TENANT_HEADER
from host.events.port import Bus, Event
from host.server import serving
from host.service import Registration, ServiceContext
from host.settings import Settings
from host.settings_network import EventSettings

BOUND = 20.0

CATALOG = (
    catalog.Entry("events", "services.events.service:service"),
    catalog.Entry("bus", "tests.services.events.serving:bus_service"),
)

_buses: list[Bus] = []


@asynccontextmanager
async def bus_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Serve nothing, and give the server's bus to the tests; at the end, tell of one event more."""
    _buses.append(context.events)
    yield []
    context.events.publish(Event("local", "test.closed"))


@dataclass(frozen=True, slots=True)
class Serving:
    """
    An event service that runs.

    :param bus: The one that it listens on.
    """

    bus: Bus
    suite: Suite

    def publish(self, *resources: str, tenant: str = "local", kind: str = "test.done", **fields: Any) -> None:
        """Tell of events, each about another resource."""
        for resource in resources:
            self.bus.publish(Event(tenant, kind, resource, **fields))

    def subscribe(self, tenant: str = "", scopes: str = "", timeout: float = BOUND, **fields: Any) -> Any:
        """Subscribe; without a tenant as the person at this machine."""
        said = ((TENANT_HEADER, tenant), (SCOPES_HEADER, scopes)) if tenant else ()
        return self.suite.events.Subscribe(event_pb2.SubscribeRequest(**fields), timeout=timeout, metadata=said)


@asynccontextmanager
async def events_served(folder: Path, name: str = "s", **settings: Any) -> AsyncIterator[Serving]:
    """
    Run an event service over the database in a folder; :data:`CATALOG` has to be the catalog.

    :param name: Of the socket in that folder.
    """
    configured = Settings(state_dir=folder, events=EventSettings(**settings))
    async with (
        serving(["events", "bus"], f"unix:{folder}/{name}", configured) as address,
        connect(address) as suite,
    ):
        yield Serving(_buses.pop(), suite)


async def read(call: Any, count: int) -> list[event_pb2.Event]:
    """Read so many events."""
    async with asyncio.timeout(BOUND):
        return [(await call.read()).event for _ in range(count)]


async def read_resources(call: Any, count: int) -> list[str]:
    """Read what so many events are about."""
    return [event.resource for event in await read(call, count)]
