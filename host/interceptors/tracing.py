"""Continues the client's trace in a server span, and carries it on to the peers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
from opentelemetry import propagate, trace
from opentelemetry.context import attach, detach

from host.interceptors.around import AroundInterceptor, Context, code_of
from host.interceptors.calls import OutgoingInterceptor, replaced

_tracer = trace.get_tracer("assay.host")


class TracingInterceptor(AroundInterceptor):
    """One span of kind SERVER around each call, named after the method (OpenTelemetry RPC conventions)."""

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        parent = propagate.extract(dict(details.invocation_metadata or ()))
        service, _, method = details.method.lstrip("/").partition("/")
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
        span = _tracer.start_span(
            f"{service}/{method}", context=parent, kind=trace.SpanKind.SERVER, attributes=attributes
        )
        token = attach(trace.set_span_in_context(span, parent))
        is_abandoned = False
        try:
            yield
        except GeneratorExit:
            # A stream that the client left is closed by whoever collects it, in a context where nothing was attached.
            is_abandoned = True
            raise
        finally:
            number = code_of(context).value[0]
            span.set_attribute("rpc.grpc.status_code", number)
            if number:
                span.set_status(trace.StatusCode.ERROR)
            if not is_abandoned:
                detach(token)
            span.end()


class OutgoingTracing(OutgoingInterceptor):
    """Adds the current trace context to the metadata of each call to a peer."""

    def adapt(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        """See :class:`OutgoingInterceptor`."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        for key, value in carrier.items():
            metadata.add(key, value)
        return replaced(details, metadata=metadata)
