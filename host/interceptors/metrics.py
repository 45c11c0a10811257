"""
Measures every call: how many, how they end, how long they take.

The metric is that of OpenTelemetry's conventions for RPC servers
(https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/), with one attribute of ours: which server took the call.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager

import grpc
import grpc.aio
from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from host.call_counts import COUNTS, INNER
from host.interceptors.around import AroundInterceptor, Context, code_of
from host.interceptors.logging import QUIET_PREFIXES
from host.interceptors.tracing import OTHER
from host.telemetry import BOUNDARIES

_meter = metrics.get_meter("assay.host")
_seconds = _meter.create_histogram(
    "rpc.server.call.duration",
    "s",
    "How long calls took, by method and status.",
    explicit_bucket_boundaries_advisory=BOUNDARIES,
)


def _active(_: CallbackOptions) -> list[Observation]:
    return [Observation(counts.active, {"assay.server": server}) for server, counts in COUNTS.items()]


_meter.create_observable_up_down_counter("assay.calls.active", [_active], "{call}", "Calls under way.")


class MetricsInterceptor(AroundInterceptor):
    """
    Counts and times each call.

    :param server: Which server this is, of :data:`host.call_counts.COUNTS`.
    :param known: The methods that have a name of their own; None: all that get here, where only those do that exist.
    """

    def __init__(self, server: str = INNER, known: Container[str] | None = None) -> None:
        self._server = server
        self._counts = COUNTS[server]
        self._known = known

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        started = time.monotonic()
        given_up = False
        self._counts.active += 1
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            given_up = True
            raise
        finally:
            self._counts.active -= 1
            code = grpc.StatusCode.CANCELLED if given_up else code_of(context)
            self._count(details.method, code, time.monotonic() - started)

    def _count(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        known = self._known is None or method in self._known
        attributes = {
            "rpc.system.name": "grpc",
            "rpc.method": method.lstrip("/") if known else OTHER,
            "rpc.response.status_code": code.name,
            "assay.server": self._server,
        }
        _seconds.record(seconds, attributes)
        if not method.startswith(QUIET_PREFIXES):
            self._counts.add(seconds, failed=code is not grpc.StatusCode.OK)
