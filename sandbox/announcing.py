"""Telling the suite what was run, wrapped around the service from outside. Never what it was, or what it wrote."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from assay.v1 import sandbox_pb2 as pb
from assay.v1 import sandbox_pb2_grpc

from host.caller import caller
from host.events.port import Event, Value

KIND = "sandbox.executed"


@dataclass(slots=True)
class _Run:
    """What there is to tell of a run, or of all runs of a batch together."""

    language: str = ""
    execution_id: str = ""
    outcome: int = pb.OUTCOME_UNSPECIFIED
    seconds: float = 0.0
    memory: int = 0
    cases: int = 0

    def add(self, result: pb.ExecutionResult) -> None:
        """Count a run. The outcome of many is OK where all are, else that of the first which is not."""
        if self.outcome in {pb.OUTCOME_UNSPECIFIED, pb.OUTCOME_OK}:
            self.outcome = result.outcome
        self.execution_id = self.execution_id or result.execution_id
        self.seconds += result.usage.wall_time.ToMilliseconds() / 1000
        self.memory = max(self.memory, result.usage.peak_memory_bytes)
        self.cases += 1

    def data(self) -> dict[str, Value]:
        """Return what an event says of it."""
        return {
            "language": self.language,
            "outcome": pb.Outcome.Name(_number(self.outcome)),
            "seconds": round(self.seconds, 3),
            "peak_memory_bytes": self.memory,
        }


class AnnouncingServicer(sandbox_pb2_grpc.SandboxServiceServicer):
    """
    The edge of the service, and an event for each call that came to an outcome.

    :param publish: Is given the events; never waits and never fails.
    """

    def __init__(self, inner: sandbox_pb2_grpc.SandboxServiceServicer, publish: Callable[[Event], None]) -> None:
        self._inner: Any = inner
        self._publish = publish

    async def ListLanguages(  # noqa: N802 - the contract's name
        self, request: pb.ListLanguagesRequest, context: Any
    ) -> pb.ListLanguagesResponse:
        """List the languages."""
        response: pb.ListLanguagesResponse = await self._inner.ListLanguages(request, context)
        return response

    async def Execute(  # noqa: N802
        self, request: pb.ExecuteRequest, context: Any
    ) -> pb.ExecuteResponse:
        """Run one program."""
        response: pb.ExecuteResponse = await self._inner.Execute(request, context)
        run = _Run(request.language)
        run.add(response.result)
        self._tell(caller().tenant, run, run.data())
        return response

    async def ExecuteStream(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.ExecuteStreamRequest], context: Any
    ) -> AsyncIterator[pb.ExecuteStreamResponse]:
        """Run one program, its output as it comes."""
        tenant, run = caller().tenant, _Run()

        async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
            async for request in request_iterator:
                run.language = run.language or request.start.language
                yield request

        responses: AsyncGenerator[pb.ExecuteStreamResponse, None] = self._inner.ExecuteStream(requests(), context)
        async with aclosing(responses):
            async for response in responses:
                if response.HasField("result"):
                    run.add(response.result)
                    self._tell(tenant, run, run.data())
                yield response

    async def ExecuteBatch(  # noqa: N802
        self, request: pb.ExecuteBatchRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteBatchResponse]:
        """Run one program on many inputs. One event tells of all that were run, also where the caller leaves early."""
        tenant, run = caller().tenant, _Run(request.program.language)
        responses: AsyncGenerator[pb.ExecuteBatchResponse, None] = self._inner.ExecuteBatch(request, context)
        try:
            async with aclosing(responses):
                async for response in responses:
                    _count(run, response)
                    yield response
        finally:
            if run.outcome:
                self._tell(tenant, run, run.data() | {"cases": run.cases})

    def _tell(self, tenant: str, run: _Run, data: dict[str, Value]) -> None:
        self._publish(Event(tenant, KIND, run.execution_id, data=data))


def _count(run: _Run, response: pb.ExecuteBatchResponse) -> None:
    match response.WhichOneof("event"):
        case "started":
            run.execution_id = response.started.execution_id
        case "compiled" if response.compiled.outcome != pb.OUTCOME_OK:
            run.outcome = pb.OUTCOME_COMPILE_ERROR
        case "case_result":
            run.add(response.case_result.result)


def _number(outcome: int) -> Any:
    # The stubs want a member of the enum; what there is, and is taken, is its number.
    return outcome
