"""The order in which a call passes through the interceptors, outermost first."""

from collections.abc import Sequence

import grpc.aio

from host.interceptors.deadlines import DeadlineInterceptor, OutgoingDeadlines
from host.interceptors.logging import LoggingInterceptor
from host.interceptors.metrics import MetricsInterceptor
from host.interceptors.status import StatusInterceptor
from host.interceptors.tracing import OutgoingTracing, TracingInterceptor


def incoming(max_call_seconds: float) -> Sequence[grpc.aio.ServerInterceptor]:
    """
    Return the server's interceptors.

    Tracing is outermost, so that the log line has a trace id; logging and metrics see the status that the client
    gets; the status interceptor also translates what the ones inside it raise.
    """
    return (
        TracingInterceptor(),
        LoggingInterceptor(),
        MetricsInterceptor(),
        StatusInterceptor(),
        DeadlineInterceptor(max_call_seconds),
    )


def outgoing() -> Sequence[grpc.aio.ClientInterceptor]:
    """Return the interceptors of the channels to peers."""
    return (*OutgoingTracing().for_every_shape(), *OutgoingDeadlines().for_every_shape())
