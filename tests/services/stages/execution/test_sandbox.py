"""How programs are handed to the sandbox service, where it does not do its work at once."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from assay.convert import duration_to_proto
from assay.errors import DeadlineExceeded, QueueFull, SandboxLost
from assay.stage import ProgramCase, SourceFile, TestSuite
from assay.v1.sandbox_pb2 import (
    BatchSummary,
    CaseResult,
    ExecuteBatchRequest,
    ExecuteBatchResponse,
    ExecuteRequest,
    ExecuteResponse,
    ExecutionResult,
    Outcome,
    ResourceUsage,
)
from assay.v1.sandbox_pb2_grpc import (
    SandboxServiceServicer,
    SandboxServiceStub,
    add_SandboxServiceServicer_to_server,
)

from host.status import abort
from services.stages.execution.compiled_toolchain import Program
from services.stages.execution.sandbox import RUN_SECONDS, check_time, execute, execute_batch, seconds_for

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

PROGRAM = Program((SourceFile("main.py", b"print(1)\n"),), "main.py")
SUITE = TestSuite(cases=(ProgramCase(b"1", b"2", name="first", expected_exit_code=3),))


class Sandbox(SandboxServiceServicer):
    """A sandbox whose queue is full so often, and which then answers with one case."""

    def __init__(self, full: int, outcome: Outcome) -> None:
        self.full = full
        self.outcome = outcome
        self.requests: list[ExecuteBatchRequest] = []

    async def ExecuteBatch(  # the contract's name
        self, request: ExecuteBatchRequest, context: Any
    ) -> AsyncIterator[ExecuteBatchResponse]:
        """Answer."""
        self.requests.append(request)
        if len(self.requests) <= self.full:
            await abort(context, QueueFull("the queue is full", retry_after=0.01))
        yield ExecuteBatchResponse(case_result=CaseResult(result=ExecutionResult(outcome=self.outcome)))
        yield ExecuteBatchResponse(summary=BatchSummary(passed=1))


@asynccontextmanager
async def served(folder: Path, servicer: Sandbox) -> "AsyncIterator[SandboxServiceAsyncStub]":
    """Serve a sandbox, and yield a client of it."""
    server = grpc.aio.server()
    add_SandboxServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{folder}/s")
    await server.start()
    async with grpc.aio.insecure_channel(f"unix:{folder}/s") as channel:
        yield SandboxServiceStub(channel)
    await server.stop(0)


async def run(
    stub: "SandboxServiceAsyncStub", seconds: float = 1.0, left: float = 30.0
) -> Sequence[ExecuteBatchResponse]:
    """Return the events of a batch."""
    until = time.monotonic() + left
    return [event async for event in execute_batch(stub, "python", PROGRAM, SUITE, seconds=seconds, until=until)]


async def test_a_batch_waits_for_its_turn(folder: Path) -> None:
    """Where the queue is full the batch is asked for again, and what it is asked for is the suite."""
    sandbox = Sandbox(2, Outcome.OUTCOME_OK)  # type: ignore[abstract]
    async with served(folder, sandbox) as stub:
        events = await run(stub)
    assert [event.WhichOneof("event") for event in events] == ["case_result", "summary"]
    assert len(sandbox.requests) == 3
    (case,) = sandbox.requests[-1].cases
    assert (case.name, case.stdin, case.expected_stdout, case.expected_exit_code) == ("first", b"1", b"2", 3)
    assert sandbox.requests[-1].checker.HasField("ignore_trailing_space")


async def test_no_turn_in_time(folder: Path) -> None:
    """Where a run could not end in the caller's time any more, the full queue is the answer."""
    sandbox = Sandbox(1_000, Outcome.OUTCOME_OK)  # type: ignore[abstract]
    async with served(folder, sandbox) as stub:
        with pytest.raises(QueueFull):
            await run(stub, seconds=1.0, left=1.2)


async def test_a_lost_sandbox_is_an_error(folder: Path) -> None:
    """A case whose sandbox was lost says nothing about the program."""
    async with served(folder, Sandbox(0, Outcome.OUTCOME_SANDBOX_LOST)) as stub:  # type: ignore[abstract]
        with pytest.raises(SandboxLost):
            await run(stub)


def test_time() -> None:
    """A run has ten seconds, or what is left without the way there and back; what is too little is an error."""
    now = time.monotonic()
    assert seconds_for("the tests", now + 60) == RUN_SECONDS
    assert 3 < seconds_for("the tests", now + 5) < 4
    with pytest.raises(DeadlineExceeded, match="before the tests could be run"):
        seconds_for("the tests", now + 1)
    check_time("the tests", Outcome.OUTCOME_WALL_TIME_LIMIT, RUN_SECONDS)
    check_time("the tests", Outcome.OUTCOME_OK, 1.0)
    with pytest.raises(DeadlineExceeded, match=r"within the 1\.0 s"):
        check_time("the tests", Outcome.OUTCOME_WALL_TIME_LIMIT, 1.0)


class Clocked(Sandbox):
    """A sandbox in which a program runs out of its wall time, with so much CPU time, and ends well the second time."""

    def __init__(self, cpu_seconds: float) -> None:
        super().__init__(0, Outcome.OUTCOME_OK)
        usage = ResourceUsage(cpu_time=duration_to_proto(cpu_seconds), wall_time=duration_to_proto(5))
        late = ExecutionResult(outcome=Outcome.OUTCOME_WALL_TIME_LIMIT, usage=usage)
        self.results = [late, ExecutionResult(outcome=Outcome.OUTCOME_OK)]

    async def Execute(self, request: ExecuteRequest, context: Any) -> ExecuteResponse:  # the contract's
        """Answer."""
        return ExecuteResponse(result=self.results.pop(0))


@pytest.mark.parametrize(
    ("cpu_seconds", "doubting", "left", "outcome"),
    [
        (0.1, True, 30.0, Outcome.OUTCOME_OK),
        (4.0, True, 30.0, Outcome.OUTCOME_WALL_TIME_LIMIT),
        (0.1, False, 30.0, Outcome.OUTCOME_WALL_TIME_LIMIT),
        (0.1, True, 5.0, Outcome.OUTCOME_WALL_TIME_LIMIT),
    ],
)
async def test_a_late_end_is_doubted(
    folder: Path, cpu_seconds: float, doubting: bool, left: float, outcome: Outcome
) -> None:
    """What ran out of time with hardly any of a processor is run again, if that is wanted and there is time."""
    async with served(folder, Clocked(cpu_seconds)) as stub:  # type: ignore[abstract]
        result = await execute(stub, "python", PROGRAM, 5.0, time.monotonic() + left, doubting=doubting)
    assert result.outcome == outcome
