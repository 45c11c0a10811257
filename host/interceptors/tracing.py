"""Continues the client's trace in a server span, and carries it on to the peers."""

from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager

import grpc
import grpc.aio
from assay.outgoing import Outgoing, OutgoingInterceptor
from opentelemetry import trace
from opentelemetry.context import attach, detach

from host.interceptors.around import AroundInterceptor, Context, code_of
from host.interceptors.logging import QUIET_PREFIXES
from host.spans import TRACE_CONTEXT

_tracer = trace.get_tracer("assay.host")


OTHER = "_OTHER"
"""What OpenTelemetry's conventions call a method that the server does not have: anybody can make up names."""


class TracingInterceptor(AroundInterceptor):
    """
    One span of kind SERVER around each call but those of probes, named after the method (OpenTelemetry RPC
    conventions).

    :param known: The methods that have a name of their own; None: all that get here, where only those do that exist.
    """

    def __init__(self, known: Container[str] | None = None) -> None:
        self._known = known

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        if details.method.startswith(QUIET_PREFIXES):
            # Probes ask all the time: each would be a trace of its own.
            yield
            return
        parent = TRACE_CONTEXT.extract(dict(details.invocation_metadata or ()))
        name = details.method.lstrip("/") if self._known is None or details.method in self._known else OTHER
        attributes = {"rpc.system.name": "grpc", "rpc.method": name}
        span = _tracer.start_span(name, context=parent, kind=trace.SpanKind.SERVER, attributes=attributes)
        token = attach(trace.set_span_in_context(span, parent))
        is_abandoned = False
        try:
            yield
        except GeneratorExit:
            # A stream that the client left is closed by whoever collects it, in a context where nothing was attached.
            is_abandoned = True
            raise
        finally:
            code = code_of(context)
            span.set_attribute("rpc.response.status_code", code.name)
            if code.value[0]:
                span.set_status(trace.StatusCode.ERROR)
            if not is_abandoned:
                detach(token)
            span.end()


class OutgoingTracing(OutgoingInterceptor):
    """Adds the current trace context to the metadata of each call to a peer."""

    def adapt(self, call: Outgoing) -> None:
        """See :class:`OutgoingInterceptor`."""
        carrier: dict[str, str] = {}
        TRACE_CONTEXT.inject(carrier)
        call.metadata.extend(carrier.items())
