"""Prints the spans of one call that succeeds and one that fails; a process of its own, since providers are global."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

import grpc.aio
from assay.errors import NotFound
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from host import logs
from host.interceptors.chain import incoming
from tests.host import echo


async def main() -> None:
    """Print kind, gRPC status and span status of each."""
    logs.configure("error", "json")
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

    async def behave(request: bytes, context: object) -> bytes:
        if request == b"fail":
            raise NotFound("no")
        return request

    with tempfile.TemporaryDirectory() as folder:
        async with (
            echo.served(Path(folder), incoming(5), echo.handler(behave)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            await echo.call(channel, "UnaryUnary", b"ok")
            with suppress(grpc.aio.AioRpcError):
                await echo.call(channel, "StreamStream", b"fail")
            await asyncio.sleep(0.1)
    for span in exporter.get_finished_spans():
        print(span.kind.name, dict(span.attributes or {})["rpc.response.status_code"], span.status.status_code.name)  # noqa: T201  # read by the test


asyncio.run(main())
