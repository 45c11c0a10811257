"""Composes the validation service: the engine over the stages of the suite, and the store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from assay.v1 import validation_pb2_grpc

from host import catalog, database
from host.service import Registration, ServiceContext
from services.validation.judging import Judging
from services.validation.policy import StageTimes
from services.validation.remote_stages import RemoteStages
from services.validation.repair import Rounds
from services.validation.servicer import ValidationServicer
from services.validation.store import ValidationStore
from services.validation.turns import Turns


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open the validation service."""
    settings = context.settings.validation
    store = ValidationStore(lambda: database.open_engine(database.url_of(context.settings)), settings.keep)
    stages = RemoteStages(catalog.stage_names(), context.channel)
    judging = Judging(stages, StageTimes(settings.default_stage_seconds, settings.stage_seconds), Rounds())
    servicer = ValidationServicer(
        stages=stages, judging=judging, store=store, turns=Turns(settings.max_concurrent, settings.queue_size)
    )
    # Loading SQLAlchemy takes longer than reading a file: it overlaps with the stages. The first use tells of an error.
    opening = asyncio.create_task(store.open())
    try:
        yield [
            Registration(
                "assay.v1.ValidationService",
                lambda server: validation_pb2_grpc.add_ValidationServiceServicer_to_server(servicer, server),
            )
        ]
    finally:
        await asyncio.gather(opening, return_exceptions=True)
        await store.close()
