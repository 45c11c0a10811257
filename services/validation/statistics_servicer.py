"""StatisticsService: what validations come to, for the suite's own services."""

from collections.abc import Callable
from typing import Any

from assay.convert import duration_to_proto
from assay.v1 import statistics_pb2, statistics_pb2_grpc, validation_pb2

from host.interceptors.around import Context
from services.validation.statistics import Statistics


class StatisticsServicer(statistics_pb2_grpc.StatisticsServiceServicer):
    """
    Serves statistics.

    :param under_way: Returns how many validations this process makes now.
    :param most: How many may be in the queue at one time.
    """

    def __init__(self, statistics: Statistics, under_way: Callable[[], int], most: int) -> None:
        self._statistics = statistics
        self._under_way = under_way
        self._most = most

    async def GetValidationStatistics(  # noqa: N802  # the contract's name
        self, request: statistics_pb2.GetValidationStatisticsRequest, context: Context
    ) -> statistics_pb2.GetValidationStatisticsResponse:
        """See the contract."""
        figures = await self._statistics.figures()
        verdicts = {_name(verdict): count for verdict, count in figures.verdicts.items() if verdict}
        return statistics_pb2.GetValidationStatisticsResponse(
            statistics=statistics_pb2.ValidationStatistics(
                validations=sum(figures.verdicts.values()),
                queued=figures.queue.queued,
                running=figures.queue.elsewhere + self._under_way(),
                verdicts=verdicts,
                oldest_queued=duration_to_proto(figures.queue.oldest_seconds),
                max_queued=self._most,
            )
        )


def _name(verdict: int) -> str:
    number: Any = verdict
    return validation_pb2.Verdict.Name(number).removeprefix("VERDICT_")
