"""Composes the validation service: the engine over the stages of the suite, the store and the queue."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from assay.v1 import statistics_pb2_grpc, validation_pb2_grpc
from opentelemetry.metrics import get_meter

from host import catalog
from host.database import Database, opened
from host.interceptors.deadlines import seconds_left
from host.service import Registration, ServiceContext
from services.validation.announcing import Announcer
from services.validation.dead import Bounds
from services.validation.metrics import NAME, Instruments, MeteredJudging, MeteredStore
from services.validation.policy import StageTimes
from services.validation.queue import Queue
from services.validation.relay import Relay
from services.validation.remote_stages import RemoteStages
from services.validation.repair import Rounds
from services.validation.servicer import ValidationServicer
from services.validation.statistics import Statistics
from services.validation.statistics_servicer import StatisticsServicer
from services.validation.turns import Turns
from services.validation.validating import Validating
from services.validation.watching import Changes, Watching
from services.validation.workers import QueueWorkers

TOPIC = "validation"
"""What replicas wake one another about: something happened to a validation."""


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open the validation service."""
    # Loading SQLAlchemy takes longer than reading a file: it overlaps with the stages.
    async with opened(context.settings, early=True) as database, _over(database, context) as registrations:
        yield registrations


@asynccontextmanager
async def _over(database: Database, context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    settings = context.settings.validation
    changes = Changes()
    wakes = context.backbone.wakes

    def told(identifier: str) -> None:
        changes.tell(identifier)
        wakes.tell(TOPIC, [identifier])

    bounds = Bounds(settings.max_attempts, settings.keep_dead, settings.keep_dead_seconds)
    announcer = Announcer(context.events.publish)
    names = catalog.stage_names()
    # Rules of stages that others install are not told apart: there is no bound on them.
    instruments = Instruments(get_meter(NAME), [entry.name for entry in catalog.BUILT_IN if entry.factory])
    owner = _owner()
    statistics = Statistics(database, owner)
    instruments.watch_queue(lambda: statistics.queue)
    store = MeteredStore(database, settings.keep, instruments)
    queue = Queue(
        database,
        keep=settings.keep,
        most=settings.max_queued,
        owner=owner,
        lease=settings.lease_seconds,
        told=told,
        bounds=bounds,
        announcer=announcer,
    )
    stages = RemoteStages(names, context.channel)
    times = StageTimes(settings.default_stage_seconds, settings.stage_seconds)
    judging = MeteredJudging(stages, times, Rounds(), instruments)
    watching = Watching(queue, changes, context.stopping)
    turns = Turns(settings.max_concurrent, settings.queue_size)
    validating = Validating(
        judging=judging,
        store=store,
        queue=queue,
        watching=watching,
        left=seconds_left,
        stopping=context.stopping,
        announcer=announcer,
    )
    workers = QueueWorkers(
        queue=queue,
        permits=context.backbone.permits,
        validating=validating,
        turns=turns,
        count=settings.queue_workers,
        stopping=context.stopping,
    )
    relay = Relay(database, context.backbone.permits, bounds, workers.wake)

    def heard(identifiers: Collection[str]) -> None:
        """Wake those who follow a validation here, which another replica makes, and the one who makes it here."""
        for identifier in identifiers:
            changes.tell(identifier)
            workers.check(identifier)

    servicer = ValidationServicer(
        stages=stages,
        validating=validating,
        store=store,
        queue=queue,
        workers=workers,
        relay=relay,
        watching=watching,
        turns=turns,
    )
    counts = StatisticsServicer(statistics, lambda: instruments.under_way, settings.max_queued)
    with wakes.hearing(TOPIC, heard):
        async with workers.at_work(), relay.at_work(), statistics.watching():
            yield [
                Registration(
                    "assay.v1.ValidationService",
                    lambda server: validation_pb2_grpc.add_ValidationServiceServicer_to_server(servicer, server),
                ),
                Registration(
                    "assay.v1.StatisticsService",
                    lambda server: statistics_pb2_grpc.add_StatisticsServiceServicer_to_server(counts, server),
                ),
            ]


def _owner() -> str:
    """Return what names this process among all that ever use the database."""
    return f"{socket.gethostname()[:32]}/{os.getpid()}/{secrets.token_hex(8)}"[:64]
