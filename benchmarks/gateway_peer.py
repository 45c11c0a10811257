"""
A sandbox that runs nothing and answers at once, for benchmarks.gateway: what a call takes is then the way to it.

It is served by the suite's own server, interceptors and all; only what it answers is made up. Run as a program it is
``python -m host`` with this one service in the catalog.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from assay.v1 import sandbox_pb2, sandbox_pb2_grpc

from host import catalog
from host.__main__ import main
from host.service import Registration, ServiceContext

Context = grpc.aio.ServicerContext[Any, Any]
RESULT = sandbox_pb2.ExecutionResult(
    execution_id="0" * 32,
    outcome=sandbox_pb2.OUTCOME_OK,
    exit_code=0,
    stdout=sandbox_pb2.OutputStream(content=b"1\n", total_bytes=2),
    language_version="3.13",
)


class Answering(sandbox_pb2_grpc.SandboxServiceServicer):
    """Answers without doing anything."""

    async def Execute(self, request: sandbox_pb2.ExecuteRequest, context: Context) -> sandbox_pb2.ExecuteResponse:  # noqa: N802
        """Return one small result."""
        return sandbox_pb2.ExecuteResponse(result=RESULT)

    async def ExecuteStream(  # noqa: N802
        self, request_iterator: AsyncIterator[sandbox_pb2.ExecuteStreamRequest], context: Context
    ) -> AsyncIterator[sandbox_pb2.ExecuteStreamResponse]:
        """Hand every piece of input back as output."""
        async for request in request_iterator:
            match request.WhichOneof("message"):
                case "start":
                    yield sandbox_pb2.ExecuteStreamResponse(started=sandbox_pb2.ExecutionStarted(execution_id="0" * 32))
                case "stdin":
                    yield sandbox_pb2.ExecuteStreamResponse(stdout=request.stdin)
                case _:
                    break
        yield sandbox_pb2.ExecuteStreamResponse(result=RESULT)

    async def ExecuteBatch(  # noqa: N802
        self, request: sandbox_pb2.ExecuteBatchRequest, context: Context
    ) -> AsyncIterator[sandbox_pb2.ExecuteBatchResponse]:
        """Return one small result for every case."""
        for index in range(len(request.cases)):
            yield sandbox_pb2.ExecuteBatchResponse(case_result=sandbox_pb2.CaseResult(index=index, result=RESULT))
        yield sandbox_pb2.ExecuteBatchResponse(summary=sandbox_pb2.BatchSummary(unchecked=len(request.cases)))

    async def ListLanguages(  # noqa: N802
        self, request: sandbox_pb2.ListLanguagesRequest, context: Context
    ) -> sandbox_pb2.ListLanguagesResponse:
        """Return none."""
        return sandbox_pb2.ListLanguagesResponse()


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open nothing."""

    def add(server: grpc.aio.Server) -> None:
        sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(Answering(), server)

    yield (Registration("assay.v1.SandboxService", add),)


if __name__ == "__main__":
    catalog.BUILT_IN = (catalog.Entry("sandbox", "benchmarks.gateway_peer:service"),)
    sys.exit(main())
