"""A collector of traces, as a process of the suite exports them to one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


@dataclass
class Taken:
    """
    What a collector has taken.

    :param endpoint: Where it is.
    :param spans: The services and names of spans.
    :param raw: Everything, as it came.
    :param traces: Of each span, by its id: its trace, the id of its parent, and its name.
    """

    endpoint: str = ""
    traces: dict[bytes, tuple[bytes, bytes, str]] = field(default_factory=dict)
    spans: list[tuple[str, str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def ways(self) -> set[tuple[str, ...]]:
        """Return the names on the way to each span, from the first of its trace on."""
        return {self._way(span) for span in self.traces}

    def _way(self, span: bytes) -> tuple[str, ...]:
        if span not in self.traces:
            return ()
        _, parent, name = self.traces[span]
        return (*self._way(parent), name)


class _Collector(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, taken: Taken) -> None:
        self._taken = taken

    async def Export(self, request: Any, context: Any) -> Any:
        self._taken.raw.append(request.SerializeToString())
        for resource in request.resource_spans:
            (service,) = (one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            for scope in resource.scope_spans:
                self._taken.spans += [(service, span.name) for span in scope.spans]
                self._taken.traces |= {
                    span.span_id: (span.trace_id, span.parent_span_id, span.name) for span in scope.spans
                }
        return trace_service_pb2.ExportTraceServiceResponse()


@asynccontextmanager
async def collecting() -> AsyncIterator[Taken]:
    """Collect traces until the block is left."""
    taken = Taken()
    server = grpc.aio.server()
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(_Collector(taken), server)
    taken.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield taken
    finally:
        await server.stop(1)
