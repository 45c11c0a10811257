"""SystemService: converts, has the check-up made or the snapshot taken, converts back."""

from assay.errors import InvalidArgument
from assay.v1 import system_pb2, system_pb2_grpc

from host.interceptors.around import Context
from services.system import convert
from services.system.checkup import Checkup
from services.system.kept import Kept

MOST_NAMES = 100
"""Checks that a request may name."""


class SystemServicer(system_pb2_grpc.SystemServiceServicer):
    """
    Tells how the suite is, and what it does.

    :param metrics: The snapshot, kept for a moment.
    :param version: The version of the suite.
    """

    def __init__(self, checkup: Checkup, metrics: Kept[system_pb2.SystemMetrics], version: str) -> None:
        self._checkup = checkup
        self._metrics = metrics
        self._version = version

    async def GetHealthReport(  # noqa: N802  # the contract's name
        self, request: system_pb2.GetHealthReportRequest, context: Context
    ) -> system_pb2.GetHealthReportResponse:
        """See the contract."""
        if len(request.checks) > MOST_NAMES:
            raise InvalidArgument("checks", f"at most {MOST_NAMES} may be named")
        checks = await self._checkup.report(request.checks)
        return system_pb2.GetHealthReportResponse(report=convert.report_to_proto(checks, self._version))

    async def GetSystemMetrics(  # noqa: N802  # the contract's name
        self, request: system_pb2.GetSystemMetricsRequest, context: Context
    ) -> system_pb2.GetSystemMetricsResponse:
        """See the contract."""
        return system_pb2.GetSystemMetricsResponse(metrics=await self._metrics.get())
