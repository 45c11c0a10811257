"""What connects the processes of a suite besides calls: the bus, wake-ups and the queue of permits."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from host.events.memory import MemoryBus
from host.events.port import Bus
from host.permits import NoPermits, Permits
from host.settings import Settings
from host.wakes import NoWakes, Wakes


@dataclass(frozen=True, slots=True)
class Backbone:
    """
    What connects the processes; by default that of a process that is alone.

    :param events: What happens, told to whoever listens.
    :param wakes: Wakes the other replicas of a service.
    :param permits: Hands out queued work.
    """

    events: Bus = field(default_factory=MemoryBus)
    wakes: Wakes = field(default_factory=NoWakes)
    permits: Permits = field(default_factory=NoPermits)


@asynccontextmanager
async def backbone(settings: Settings, names: Sequence[str]) -> AsyncIterator[Backbone]:
    """
    Keep what connects the processes until the block is left: over NATS, where the settings say where that is.

    NATS need not be there: nobody waits for it, here or later.

    :param names: What this process serves.
    :raises host.settings.BadSettings: A setting cannot be used.
    """
    if not settings.nats.url:
        yield Backbone()
        return
    # Loaded where it is used: a suite of one process needs none of it.
    from host.events.jetstream import JetStreamBus
    from host.nats_connection import NatsConnection
    from host.nats_permits import JetStreamPermits
    from host.wakes import NatsWakes

    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(NatsConnection(settings.nats, "assay " + " ".join(names)).kept())
        bus = JetStreamBus(connection, settings.events.most_waiting)
        wakes = NatsWakes(connection)
        permits = JetStreamPermits(connection)
        for part in (bus, wakes, permits):
            await stack.enter_async_context(part.at_work())
        yield Backbone(bus, wakes, permits)
