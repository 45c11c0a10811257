"""AccessStatisticsService: who may use the suite, for its own services. On the inner server alone."""

import time

from assay.v1 import statistics_pb2, statistics_pb2_grpc

from gateway.key_store import KeyStore
from host.interceptors.around import Context
from host.service import Registration


class AccessStatisticsServicer(statistics_pb2_grpc.AccessStatisticsServiceServicer):
    """Serves statistics of the keys that are kept."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    async def GetAccessStatistics(  # noqa: N802  # the contract's name
        self, request: statistics_pb2.GetAccessStatisticsRequest, context: Context
    ) -> statistics_pb2.GetAccessStatisticsResponse:
        """See the contract."""
        tenants = await self._store.tenants(time.time())
        return statistics_pb2.GetAccessStatisticsResponse(statistics=statistics_pb2.AccessStatistics(tenants=tenants))


def statistics(store: KeyStore) -> Registration:
    """Return what the inner server registers."""
    servicer = AccessStatisticsServicer(store)
    return Registration(
        "assay.v1.AccessStatisticsService",
        lambda server: statistics_pb2_grpc.add_AccessStatisticsServiceServicer_to_server(servicer, server),
    )
