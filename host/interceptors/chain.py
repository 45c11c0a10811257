"""The order in which a call passes through the interceptors, outermost first."""

from collections.abc import Sequence

import grpc.aio
from assay.outgoing import OutgoingInterceptor

from host.interceptors.authentication import AuthenticationInterceptor, Identify, OutgoingIdentity, by_nothing
from host.interceptors.deadlines import DeadlineInterceptor, OutgoingDeadlines
from host.interceptors.logging import LoggingInterceptor
from host.interceptors.metrics import MetricsInterceptor
from host.interceptors.readable import ReadableRequests
from host.interceptors.status import StatusInterceptor
from host.interceptors.tracing import OutgoingTracing, TracingInterceptor
from host.interceptors.usage import OutgoingUsage, UsageInterceptor


def incoming(max_call_seconds: float, identify: Identify = by_nothing) -> Sequence[grpc.aio.ServerInterceptor]:
    """
    Return the server's interceptors.

    Tracing is outermost, so that the log line has a trace id; logging and metrics see the status that the client
    gets; the status interceptor also translates what the ones inside it raise. What is inside of authentication is done
    on the caller's behalf. Requests are made messages last, so that those that are none are refused as all else is.

    :param identify: Says who calls.
    """
    return (
        TracingInterceptor(),
        LoggingInterceptor(),
        MetricsInterceptor(),
        StatusInterceptor(),
        AuthenticationInterceptor(identify),
        UsageInterceptor(),
        DeadlineInterceptor(max_call_seconds),
        ReadableRequests(),
    )


def outgoing(identity: OutgoingIdentity | None = None) -> Sequence[OutgoingInterceptor]:
    """
    Return what adapts the calls to peers (:func:`assay.outgoing.adapted`). Identity is innermost: a token is signed
    when the call goes out.

    :param identity: Tells the peer who calls; None: nothing does.
    """
    named = (identity,) if identity else ()
    return OutgoingTracing(), OutgoingDeadlines(), OutgoingUsage(), *named
