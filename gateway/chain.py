"""The order in which a call from outside passes through the interceptors of the door, outermost first."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import grpc.aio
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from gateway.audit import AuditInterceptor, asked
from gateway.authentication import AuthenticationInterceptor
from gateway.contract import public_methods
from gateway.late_refusals import LateRefusals
from gateway.quota_interceptor import QuotaInterceptor
from host.call_counts import PUBLIC
from host.interceptors.deadlines import DeadlineInterceptor
from host.interceptors.following import FollowingInterceptor
from host.interceptors.late_reading import LateReading
from host.interceptors.metrics import MetricsInterceptor
from host.interceptors.status import StatusInterceptor
from host.interceptors.tracing import TracingInterceptor


class Guards(NamedTuple):
    """
    What decides whether a call goes on, in the order in which they stand around it.

    :param audit: Outermost: it sees the refusals of the others.
    :param authentication: Says for whom a call is, and whether they may make it.
    :param quotas: Go by that.
    """

    audit: AuditInterceptor
    authentication: AuthenticationInterceptor
    quotas: QuotaInterceptor


def chain(
    max_call_seconds: float, guards: Guards | None, stopping: asyncio.Event | None = None
) -> Sequence[grpc.aio.ServerInterceptor]:
    """
    Return the interceptors of the public server.

    The first ones are those of every server of the suite (:func:`host.interceptors.chain.incoming`), and for the same
    reasons; here a method may be none that there is, and has no name of its own in traces and metrics. The line in the
    log is the audit's: a second one would tell nothing new, and of a flood of refusals it would tell all. Deadlines are
    inside of what guards the door: what a call waits for there is told by its own words. Requests are read last.

    :param max_call_seconds: The longest that a call may take, in seconds.
    :param guards: None: every call goes on.
    :param stopping: Set when the process is about to stop; None: nothing tells.
    """
    known = known_methods()
    return (
        TracingInterceptor(known),
        MetricsInterceptor(PUBLIC, known),
        StatusInterceptor(),
        LateRefusals(),
        *(guards or ()),
        DeadlineInterceptor(max_call_seconds),
        FollowingInterceptor(stopping or asyncio.Event()),
        LateReading(asked),
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
