"""The order in which a call from outside passes through the interceptors of the door, outermost first."""

from collections.abc import Sequence

import grpc.aio
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from gateway.contract import public_methods
from host.call_counts import PUBLIC
from host.interceptors.around import AroundInterceptor
from host.interceptors.deadlines import DeadlineInterceptor
from host.interceptors.logging import LoggingInterceptor
from host.interceptors.metrics import MetricsInterceptor
from host.interceptors.status import StatusInterceptor
from host.interceptors.tracing import TracingInterceptor


def chain(max_call_seconds: float, guards: Sequence[AroundInterceptor] = ()) -> Sequence[grpc.aio.ServerInterceptor]:
    """
    Return the interceptors of the public server.

    The first ones are those of every server of the suite (:func:`host.interceptors.chain.incoming`), and for the same
    reasons; here a method may be none that there is, and has no name of its own in traces and metrics. Deadlines are
    innermost: what a call waits for at the door is told by the door's own words.

    :param max_call_seconds: The longest that a call may take, in seconds.
    :param guards: What decides whether a call goes on, outermost first: audit, which sees the refusals of the others;
        authentication, which says for whom; quotas, which go by that.
    """
    known = known_methods()
    return (
        TracingInterceptor(known),
        LoggingInterceptor(),
        MetricsInterceptor(PUBLIC, known),
        StatusInterceptor(),
        *guards,
        DeadlineInterceptor(max_call_seconds),
    )


def known_methods() -> frozenset[str]:
    """Return the methods that the public server has, by their paths."""
    own: list[ServiceDescriptor] = [
        health_pb2.DESCRIPTOR.services_by_name["Health"],
        reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"],
    ]
    return frozenset(public_methods()) | {
        f"/{service.full_name}/{method.name}" for service in own for method in service.methods
    }
