"""One snapshot of what the suite does: of this process, and what other services tell of theirs."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import grpc.aio
from assay.errors import Unavailable
from assay.v1 import statistics_pb2, statistics_pb2_grpc, system_pb2

from host import usage
from host.call_counts import from_outside
from host.database import Database
from services.system import convert, process

CALL_SECONDS = 10.0
KEPT_SECONDS = 2.0
"""How long a snapshot is told again."""

Statistics = Callable[[], Awaitable[statistics_pb2.ValidationStatistics]]
Tenants = Callable[[], Awaitable[int]]


class Snapshot:
    """
    Takes snapshots.

    :param statistics: Returns what the validation service tells.
    :param tenants: Returns how many tenants have a key.
    """

    def __init__(self, statistics: Statistics, tenants: Tenants, database: Database) -> None:
        self._statistics = statistics
        self._tenants = tenants
        self._database = database

    async def take(self) -> system_pb2.SystemMetrics:
        """
        Take one.

        :raises assay.errors.AssayError: The database cannot be read.
        :raises grpc.aio.AioRpcError: A service that has to tell something cannot.
        """
        yesterday = usage.day_of(time.time()) - 1
        told, tenants, active = await asyncio.gather(
            self._statistics(),
            self._tenants(),
            self._database.read(lambda connection: usage.active_tenants(connection, yesterday)),
        )
        metrics = system_pb2.SystemMetrics(
            performance=convert.performance_to_proto(from_outside(), process.read()),
            ai=system_pb2.AiMetrics(),
            validation=convert.validation_to_proto(told),
            users=system_pb2.UserMetrics(tenants=tenants, active_tenants=active),
        )
        metrics.create_time.GetCurrentTime()
        return metrics


def told_by(channel: Callable[[], grpc.aio.Channel]) -> Statistics:
    """Return what asks the validation service, which is at the end of a channel, for its statistics."""

    async def ask() -> statistics_pb2.ValidationStatistics:
        stub = statistics_pb2_grpc.StatisticsServiceStub(channel())
        request = statistics_pb2.GetValidationStatisticsRequest()
        return (await stub.GetValidationStatistics(request, timeout=CALL_SECONDS)).statistics

    return ask


def tenants_by(channel: Callable[[], grpc.aio.Channel]) -> Tenants:
    """Return what asks the gateway, which is at the end of a channel, for its tenants; where there is none, of none."""

    async def ask() -> int:
        try:
            stub = statistics_pb2_grpc.AccessStatisticsServiceStub(channel())
        except Unavailable:
            return 0
        answer = await stub.GetAccessStatistics(statistics_pb2.GetAccessStatisticsRequest(), timeout=CALL_SECONDS)
        return answer.statistics.tenants

    return ask
