"""Composes the event service: what is heard on the bus is stored, and told to those who follow."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from assay.v1 import event_pb2_grpc

from host.database import opened
from host.service import Registration, ServiceContext
from services.events.following import Following
from services.events.servicer import EventServicer
from services.events.store import EventStore
from services.events.writer import Writer

TOPIC = "events"
"""What replicas wake one another about: events of a tenant were stored."""


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open the event service. Opened first, it is closed last, and stores what the others tell at their end."""
    settings = context.settings.events
    async with opened(context.settings) as database:
        store = EventStore(database, settings.keep, settings.keep_seconds)
        following = Following(
            store, most_behind=settings.most_behind, most=settings.max_subscribers, stopping=context.stopping
        )
        servicer = EventServicer(following)

        def told(tenants: Collection[str]) -> None:
            following.tell(tenants)
            context.backbone.wakes.tell(TOPIC, tenants)

        with context.backbone.wakes.hearing(TOPIC, following.tell):
            async with (
                context.events.listen(settings.most_waiting) as listener,
                Writer(listener, store, told).at_work(),
                following.at_work(),
            ):
                yield [
                    Registration(
                        "assay.v1.EventService",
                        lambda server: event_pb2_grpc.add_EventServiceServicer_to_server(servicer, server),
                    )
                ]
