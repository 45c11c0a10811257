"""
What the suite tells of itself: traces, exported where an endpoint is set, and metrics in the form that Prometheus
reads.

Instruments and tracers are those of OpenTelemetry's interface wherever they are used; here they are given what keeps
and sends what they say. A command that serves for a moment sets nothing of this up, and pays for none of it.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from host.listening import CannotListen
from host.settings_network import TelemetrySettings

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from prometheus_client import CollectorRegistry, Metric

BOUNDARIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Of all histograms of times, in seconds. OpenTelemetry's own are made for milliseconds."""

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Where traces are exported to, over gRPC; OpenTelemetry's other variables hold too. Not set: they are not kept."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of :func:`exposition`."""

EXPORT_SECONDS = 5.0
"""The longest that one export may take, and the longest that a process waits at its end for the last one."""

MOST_CONNECTIONS = 64
"""At the metrics' own address at one time; one more is closed at once."""

REQUEST_SECONDS = 10.0
"""How long a client of the metrics' own address may take to ask, or to read."""


@contextmanager
def told(names: Sequence[str], settings: TelemetrySettings) -> Iterator[None]:
    """
    Keep and tell what a process of the suite does, until the block is left. Once a process.

    :param names: The services that it serves; none: all.
    :raises CannotListen: The metrics' own address is none, taken, or not ours.
    """
    resource = _resource(names)
    provider = _traced(resource, settings.trace_sample)
    _measured(resource)
    with _served(settings.metrics_listen):
        try:
            yield
        finally:
            _within(EXPORT_SECONDS, provider.shutdown)


def exposition() -> bytes:
    """Return all metrics of this process, as :data:`CONTENT_TYPE` says; may take some milliseconds."""
    from prometheus_client import generate_latest

    return generate_latest(_OneAtATime(_measured()))


def _resource(names: Sequence[str]) -> "Resource":
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    name = os.environ.get("OTEL_SERVICE_NAME") or "assay-" + ("-".join(names) or "suite")
    return Resource.create({SERVICE_NAME: name})


def _traced(resource: "Resource", share: float) -> "TracerProvider":
    """
    Give spans ids, so that logs of several processes can be joined, and export those that are sampled.

    Without an endpoint nothing is recorded: a recorded span costs four times one that only has its ids.
    """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

    if not os.environ.get(ENDPOINT):
        provider = TracerProvider(ALWAYS_OFF, resource, shutdown_on_exit=False)
    else:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider(ParentBased(TraceIdRatioBased(share)), resource, shutdown_on_exit=False)
        # Its queue is bounded; what finds no room in it is dropped.
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS)))
    trace.set_tracer_provider(provider)
    return provider


@cache
def _registry() -> "CollectorRegistry":
    """Return what Prometheus reads: what the process takes, and what OpenTelemetry's instruments say."""
    from prometheus_client import CollectorRegistry, ProcessCollector

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


_providing = threading.Lock()
_provided = False


def _measured(resource: "Resource | None" = None) -> "CollectorRegistry":
    """Let instruments be kept from now on, unless they are already."""
    global _provided  # noqa: PLW0603  # a process has one provider of metrics
    with _providing:
        if not _provided:
            _provide(resource)
            _provided = True
    return _registry()


def _provide(resource: "Resource | None") -> None:
    from opentelemetry import metrics
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from opentelemetry.sdk.metrics import Histogram, MeterProvider
    from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
    from opentelemetry.sdk.resources import Resource

    seconds = View(
        instrument_type=Histogram, instrument_unit="s", aggregation=ExplicitBucketHistogramAggregation(BOUNDARIES)
    )
    reader = PrometheusMetricReader(scope_info_enabled=False, registry=_registry())
    metrics.set_meter_provider(
        MeterProvider([reader], resource or Resource.create(), shutdown_on_exit=False, views=[seconds])
    )


class _OneAtATime:
    """A registry that is read by one thread at a time: the reader's own bookkeeping knows no other."""

    _reading = threading.Lock()

    def __init__(self, registry: "CollectorRegistry") -> None:
        self._registry = registry

    def collect(self) -> "Iterable[Metric]":
        """Return all metrics."""
        with self._reading:
            return list(self._registry.collect())

    def restricted_registry(self, names: Iterable[str]) -> "_OneAtATime":
        """Return all metrics, whichever are asked for."""
        return self


@contextmanager
def _served(listen: str) -> Iterator[None]:
    """Answer GET /metrics at an address, in a thread of its own, until the block is left."""
    if not listen:
        yield
        return
    from prometheus_client import start_http_server

    host, port = _address(listen)
    try:
        server, thread = start_http_server(port, host, _OneAtATime(_measured()))
    except OSError as error:
        raise CannotListen(f"cannot listen on {listen!r} for metrics: {error.strerror or error}") from None
    _bound(server)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(REQUEST_SECONDS)


def _bound(server: Any) -> None:
    """Bound the threads of a server that has one for each connection, and the time that a client may say nothing."""
    handle, begin = server.process_request_thread, server.process_request
    server.RequestHandlerClass = type("Handler", (server.RequestHandlerClass,), {"timeout": REQUEST_SECONDS})
    slots = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(request: Any, address: Any) -> None:
        if slots.acquire(blocking=False):
            begin(request, address)
        else:
            server.shutdown_request(request)

    def process_request_thread(request: Any, address: Any) -> None:
        try:
            handle(request, address)
        finally:
            slots.release()

    server.process_request, server.process_request_thread = process_request, process_request_thread


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise CannotListen(f"cannot listen on {listen!r} for metrics: an address is host:port")
    return host.strip("[]"), int(port)


def _within(seconds: float, work: Callable[[], object]) -> None:
    """Do some work; where it takes longer, leave it to its thread, which does not keep the process."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
