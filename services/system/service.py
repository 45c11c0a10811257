"""Composes the system service: the checks of the suite's parts, and the snapshot of what it does."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from assay.v1 import system_pb2_grpc

from host import usage
from host.database import Database, url_of
from host.service import Registration, ServiceContext
from services.system import database_check
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
    url = partial(url_of, context.settings)
    validation = partial(context.channel, "validation")
    statistics = told_by(validation)
    probed = Database(url, database_check.prepare)
    used = Database(url, usage.prepare)
    # What else the suite comes to have adds its check here.
    checks: Sequence[Check] = (
        ValidationCheck(validation),
        CacheCheck(validation),
        SandboxCheck(partial(context.channel, "sandbox")),
        QueueCheck(statistics),
        DatabaseCheck(probed, url),
        MemoryCheck(),
    )
    checkup = Checkup(checks)
    tenants = tenants_by(partial(context.channel, "gateway"))
    metrics = Kept(Snapshot(statistics, tenants, used).take, KEPT_SECONDS)
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
        await probed.close()
        await used.close()
