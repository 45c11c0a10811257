"""Runs a program through the sandbox service."""

import asyncio
import time
from typing import TYPE_CHECKING

import grpc.aio
from assay.client import error_from_rpc
from assay.convert import duration_to_proto
from assay.errors import QueueFull, SandboxLost
from assay.v1.limits_pb2 import ExecutionLimits
from assay.v1.sandbox_pb2 import ExecuteRequest, ExecutionResult, Outcome
from assay.v1.source_pb2 import SourceFile

from .plan import Program

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

OUTPUT_BYTES = 1024 * 1024
"""Room for the report: it must not be cut in the middle."""

FIRST_WAIT_SECONDS = 0.1
MAX_WAIT_SECONDS = 5.0


async def execute(
    stub: "SandboxServiceAsyncStub", language: str, program: Program, seconds: float, until: float
) -> ExecutionResult:
    """
    Run a program; wait for a turn where the sandbox's queue is full.

    :param seconds: Its limit of wall and CPU time.
    :param until: When the caller's time ends, on the monotonic clock.
    :raises assay.errors.AssayError: The sandbox could not run it.
    """
    request = _request(language, program, seconds)
    wait = FIRST_WAIT_SECONDS
    while True:
        left = until - time.monotonic()
        try:
            response = await stub.Execute(request, timeout=max(left, 0.001))
        except grpc.aio.AioRpcError as error:
            failure = error_from_rpc(error)
            pause = min(failure.retry_after or wait, MAX_WAIT_SECONDS)
            if not isinstance(failure, QueueFull) or time.monotonic() + pause + seconds > until:
                raise failure from None
            await asyncio.sleep(pause)
            wait *= 2
            continue
        if response.result.outcome in {Outcome.OUTCOME_SANDBOX_LOST, Outcome.OUTCOME_CANCELLED}:
            raise SandboxLost("the sandbox was lost in mid-run")
        return response.result


def _request(language: str, program: Program, seconds: float) -> ExecuteRequest:
    limit = duration_to_proto(seconds)
    return ExecuteRequest(
        language=language,
        files=[SourceFile(path=f.path, content=f.content, executable=f.executable) for f in program.files],
        entry_point=program.entry_point,
        stdin=program.stdin,
        limits=ExecutionLimits(wall_time=limit, cpu_time=limit, output_bytes=OUTPUT_BYTES),
    )
