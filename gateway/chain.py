"""The order in which a call from outside passes through the interceptors of the door, outermost first."""

from collections.abc import Sequence

import grpc.aio

from host.interceptors.around import AroundInterceptor
from host.interceptors.deadlines import DeadlineInterceptor
from host.interceptors.logging import LoggingInterceptor
from host.interceptors.status import StatusInterceptor
from host.interceptors.tracing import TracingInterceptor


def chain(max_call_seconds: float, guards: Sequence[AroundInterceptor] = ()) -> Sequence[grpc.aio.ServerInterceptor]:
    """
    Return the interceptors of the public server.

    The first ones are those of every server of the suite (:func:`host.interceptors.chain.incoming`), and for the same
    reasons. Deadlines are innermost: what a call waits for at the door is told by the door's own words.

    :param max_call_seconds: The longest that a call may take, in seconds.
    :param guards: What decides whether a call goes on, outermost first: audit, which sees the refusals of the others;
        authentication, which says for whom; quotas, which go by that.
    """
    return (
        TracingInterceptor(),
        LoggingInterceptor(),
        StatusInterceptor(),
        *guards,
        DeadlineInterceptor(max_call_seconds),
    )
