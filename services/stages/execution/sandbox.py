"""Runs programs through the sandbox service: one to its end, or one on many inputs."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Protocol

import grpc.aio
from assay.candidates import checker_to_proto, file_to_proto
from assay.client import error_from_rpc
from assay.convert import duration_to_proto
from assay.errors import DeadlineExceeded, QueueFull, SandboxLost
from assay.stage import ProgramCase, SourceFile, TestSuite
from assay.v1.limits_pb2 import ExecutionLimits
from assay.v1.sandbox_pb2 import (
    BatchCase,
    ExecuteBatchRequest,
    ExecuteBatchResponse,
    ExecuteRequest,
    ExecutionResult,
    Outcome,
)

from .outcomes import is_busy

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

RUN_SECONDS = 10.0
"""The limit of wall and CPU time of one run, while the caller's time is longer."""

SPARE_SECONDS = 1.0
"""Kept of the caller's time for the way to the sandbox and back."""

MIN_SECONDS = 0.5

OUTPUT_BYTES = 1024 * 1024
"""Room for a report, or for a case's output: it must not be cut in the middle."""

FIRST_WAIT_SECONDS = 0.1
MAX_WAIT_SECONDS = 5.0

NOT_ITS_OWN = frozenset({Outcome.OUTCOME_SANDBOX_LOST, Outcome.OUTCOME_CANCELLED})


class Runnable(Protocol):
    """What goes into the sandbox for one run."""

    @property
    def files(self) -> Sequence[SourceFile]:
        """The files of the work directory."""

    @property
    def entry_point(self) -> str:
        """The path of the file that is run."""

    @property
    def stdin(self) -> bytes:
        """What the program reads on its standard input."""


def seconds_for(what: str, until: float) -> float:
    """
    Return the limit of wall and CPU time that a run can have.

    :param what: What a person calls the run, for example "the tests in test_area.py".
    :param until: When the caller's time ends, on the monotonic clock.
    :raises DeadlineExceeded: Hardly any time is left.
    """
    seconds = min(RUN_SECONDS, until - time.monotonic() - SPARE_SECONDS)
    if seconds < MIN_SECONDS:
        raise DeadlineExceeded(f"the time was gone before {what} could be run")
    return seconds


def check_time(what: str, outcome: Outcome, seconds: float) -> None:
    """Raise :class:`DeadlineExceeded` where a run did not end, and might have with its full time."""
    if outcome == Outcome.OUTCOME_WALL_TIME_LIMIT and seconds < RUN_SECONDS:
        raise DeadlineExceeded(f"{what} did not end within the {seconds:.1f} s that were left of the deadline")


async def execute(
    stub: "SandboxServiceAsyncStub",
    language: str,
    program: Runnable,
    seconds: float,
    until: float,
    *,
    artifact_globs: Sequence[str] = (),
    doubting: bool = False,
) -> ExecutionResult:
    """
    Run a program; wait for a turn where the sandbox's queue is full.

    :param seconds: Its limit of wall and CPU time.
    :param until: When the caller's time ends, on the monotonic clock.
    :param artifact_globs: The files to return.
    :param doubting: Run it once more where its time on the clock went by and it had hardly any of a processor. One that
        waits and one that a busy machine keeps waiting look alike, and only the former does so again.
    :raises assay.errors.AssayError: The sandbox could not run it.
    """
    request = _request(language, program, seconds, OUTPUT_BYTES)
    request.artifact_globs.extend(artifact_globs)
    result = await _executed(stub, request, _Turn(seconds, until))
    has_time = time.monotonic() + seconds + SPARE_SECONDS < until
    if doubting and has_time and result.outcome == Outcome.OUTCOME_WALL_TIME_LIMIT and not is_busy(result):
        result = await _executed(stub, request, _Turn(seconds, until))
    return result


async def _executed(stub: "SandboxServiceAsyncStub", request: ExecuteRequest, turn: "_Turn") -> ExecutionResult:
    while True:
        try:
            response = await stub.Execute(request, timeout=turn.seconds_left)
        except grpc.aio.AioRpcError as error:
            await turn.wait_after(error)
            continue
        return _its_own(response.result)


async def execute_batch(
    stub: "SandboxServiceAsyncStub",
    language: str,
    program: Runnable,
    suite: TestSuite,
    *,
    seconds: float,
    until: float,
) -> AsyncGenerator[ExecuteBatchResponse, None]:
    """
    Run a program on many inputs, and yield what happens; wait for a turn where the sandbox's queue is full.

    Closing the iterator ends the batch.

    :param suite: The cases, at least one, and how their output is compared.
    :param seconds: Each case's limit of wall and CPU time.
    :param until: When the caller's time ends, on the monotonic clock.
    :raises assay.errors.AssayError: The sandbox could not run it.
    """
    longest = max(len(case.expected_stdout) for case in suite.cases)
    request = ExecuteBatchRequest(
        program=_request(language, program, seconds, max(OUTPUT_BYTES, 2 * longest)),
        cases=[_case(case) for case in suite.cases],
        checker=checker_to_proto(suite.checker),
    )
    turn = _Turn(seconds, until)
    while True:
        call = stub.ExecuteBatch(request, timeout=turn.seconds_left)
        try:
            async for response in call:
                if response.HasField("case_result"):
                    _its_own(response.case_result.result)
                yield response
        except grpc.aio.AioRpcError as error:
            await turn.wait_after(error)
            continue
        finally:
            call.cancel()
        return


class _Turn:
    """Waits, longer each time, while the queue is full and a run would still end in the caller's time."""

    def __init__(self, seconds: float, until: float) -> None:
        self._seconds = seconds
        self._until = until
        self._wait = FIRST_WAIT_SECONDS

    @property
    def seconds_left(self) -> float:
        return max(self._until - time.monotonic(), 0.001)

    async def wait_after(self, error: grpc.aio.AioRpcError) -> None:
        """Wait for the next try; raise where the error is another one, or the time is gone."""
        failure = error_from_rpc(error)
        pause = min(failure.retry_after or self._wait, MAX_WAIT_SECONDS)
        if not isinstance(failure, QueueFull) or time.monotonic() + pause + self._seconds > self._until:
            raise failure from None
        await asyncio.sleep(pause)
        self._wait *= 2


def _its_own(result: ExecutionResult) -> ExecutionResult:
    """Return a result if the program brought it about; raise otherwise."""
    if result.outcome in NOT_ITS_OWN:
        raise SandboxLost("the sandbox was lost in mid-run")
    return result


def _request(language: str, program: Runnable, seconds: float, output_bytes: int) -> ExecuteRequest:
    limit = duration_to_proto(seconds)
    return ExecuteRequest(
        language=language,
        files=[file_to_proto(file) for file in program.files],
        entry_point=program.entry_point,
        stdin=program.stdin,
        limits=ExecutionLimits(wall_time=limit, cpu_time=limit, output_bytes=output_bytes),
    )


def _case(case: ProgramCase) -> BatchCase:
    return BatchCase(
        name=case.name,
        stdin=case.stdin,
        arguments=case.arguments,
        expected_stdout=case.expected_stdout,
        checker=None if case.checker is None else checker_to_proto(case.checker),
        expected_exit_code=case.expected_exit_code,
    )
