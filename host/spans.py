"""
Spans within a call: where its time goes.

Nothing that an exception says is ever kept in one, since it may quote the code under test: only its name.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACE_CONTEXT = TraceContextTextMapPropagator()
"""How traces go from one process to another. OpenTelemetry's baggage does not go along: nothing here uses it, and
reading what a stranger sends of it takes a millisecond, before anybody has asked who that is."""

CONSUMER = SpanKind.CONSUMER
"""The kind of a span that takes up what was left in a queue."""

_tracer = trace.get_tracer("assay")


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, str | int | float | bool] | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
) -> Iterator[Span]:
    """
    Let a block be a span of the trace that it belongs to.

    :param name: One of few, without anything in it that a caller said.
    :param parent: Where the trace comes from, if not from what runs now.
    """
    with _tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except Exception as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


@contextmanager
def detail(name: str, attributes: Mapping[str, str | int | float | bool] | None = None) -> Iterator[None]:
    """Let a block be a span where it belongs to a trace that is recorded; what nobody records costs nothing."""
    if not trace.get_current_span().is_recording():
        yield
        return
    with span(name, attributes):
        yield


def carried() -> str:
    """Return the current trace in one line, to be gone on with elsewhere, later; empty: there is none."""
    carrier: dict[str, str] = {}
    TRACE_CONTEXT.inject(carrier)
    return carrier.get("traceparent", "")


def continued(trace_line: str) -> Context:
    """Return the trace that a line of :func:`carried` stands for, whatever runs now."""
    return TRACE_CONTEXT.extract({"traceparent": trace_line} if trace_line else {}, Context())
