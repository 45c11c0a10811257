"""Composes the system service: the checks of the suite's parts, and the snapshot of what it does."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from assay.v1 import system_pb2_grpc

from host.database import opened, url_of
from host.service import Registration, ServiceContext
from services.system.canary import CacheCheck, ValidationCheck
from services.system.checkup import Check, Checkup
from services.system.database_check import DatabaseCheck
from services.system.kept import Kept
from services.system.memory import MemoryCheck
from services.system.queue_check import QueueCheck
from services.system.sandbox_check import SandboxCheck
from services.system.servicer import SystemServicer
from services.system.snapshot import KEPT_SECONDS, Snapshot, tenants_by, told_by


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open the system service. Nothing is looked at before somebody asks."""
    validation = partial(context.channel, "validation")
    statistics = told_by(validation)
    tenants = tenants_by(partial(context.channel, "gateway"))
    async with opened(context.settings) as database:
        # What else the suite comes to have adds its check here.
        checks: Sequence[Check] = (
            ValidationCheck(validation),
            CacheCheck(validation),
            SandboxCheck(partial(context.channel, "sandbox")),
            QueueCheck(statistics),
            DatabaseCheck(database, partial(url_of, context.settings)),
            MemoryCheck(),
        )
        checkup = Checkup(checks)
        metrics = Kept(Snapshot(statistics, tenants, database).take, KEPT_SECONDS)
        servicer = SystemServicer(checkup, metrics, version("assay-suite"))
        try:
            yield [
                Registration(
                    "assay.v1.SystemService",
                    lambda server: system_pb2_grpc.add_SystemServiceServicer_to_server(servicer, server),
                )
            ]
        finally:
            await checkup.close()
            await metrics.close()
