"""What the stage says where the sandbox does not do its work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.errors import QueueFull, SandboxLost, Unavailable
from assay.stage import Stage, StageStatus, Workers
from assay.v1.sandbox_pb2 import ExecuteRequest, ExecuteResponse, ExecutionResult, Outcome
from assay.v1.sandbox_pb2_grpc import SandboxServiceServicer, add_SandboxServiceServicer_to_server

from host.status import abort
from services.stages.execution import session
from services.stages.execution.python.prepared import Prepared
from services.stages.execution.stage import stage
from tests.services.stages.execution.conftest import Context, Resources, candidate

Answer = Callable[[ExecuteRequest, Any], Awaitable[ExecuteResponse]]


class Sandbox(SandboxServiceServicer):
    """A sandbox that answers as a test wants it to."""

    answer: Answer

    async def Execute(self, request: ExecuteRequest, context: Any) -> ExecuteResponse:
        """Answer."""
        return await self.answer(request, context)


@pytest.fixture
async def peer(folder: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Sandbox, Stage]]:
    """Yield a sandbox that does as it is told, and the stage over it, which sends the harness as it is written."""
    monkeypatch.setattr(session, "PREPARED", Prepared(tries=0))
    # The stage calls Execute alone.
    servicer, server = Sandbox(), grpc.aio.server()  # type: ignore[abstract]
    add_SandboxServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{folder / 's'}")
    await server.start()
    async with (
        grpc.aio.insecure_channel(f"unix:{folder / 's'}") as channel,
        stage(Resources(channel, workers)) as built,
    ):
        yield servicer, built
    await server.stop(0)


def answering(result: ExecutionResult) -> Answer:
    """Return an answer of a fixed result."""

    async def answer(request: ExecuteRequest, context: Any) -> ExecuteResponse:
        return ExecuteResponse(result=result)

    return answer


def aborting(code: grpc.StatusCode, text: str) -> Answer:
    """Return an answer of an error."""

    async def answer(request: ExecuteRequest, context: Any) -> ExecuteResponse:
        await context.abort(code, text)
        raise AssertionError

    return answer


async def test_no_sandbox_is_a_skip_that_says_so() -> None:
    """Without a sandbox nothing ran, which is not a pass."""

    class Without:
        def channel(self, name: str) -> grpc.aio.Channel:
            raise Unavailable("the sandbox is switched off")

    async with stage(Without()) as built:  # type: ignore[arg-type]
        result = await built.run(candidate("x = 1\n"), Context())
    assert result.status is StageStatus.SKIPPED
    assert result.reason == "no sandbox is configured: the sandbox is switched off"


async def test_a_stub_file_has_nothing_to_run(peer: tuple[Sandbox, Stage]) -> None:
    """A .pyi entry point needs no sandbox."""
    result = await peer[1].run(candidate({"types.pyi": "def f() -> int: ...\n"}), Context())
    assert result.status is StageStatus.NOT_APPLICABLE


async def test_a_sandbox_that_is_away_is_an_error(peer: tuple[Sandbox, Stage]) -> None:
    """That the sandbox is away is told as that: who can wait comes back later."""
    peer[0].answer = aborting(grpc.StatusCode.UNAVAILABLE, "the daemon does not answer")
    with pytest.raises(Unavailable, match="the import could not be run: the daemon does not answer"):
        await peer[1].run(candidate("x = 1\n"), Context())


async def test_a_sandbox_that_cannot_is_a_failure_of_the_stage(peer: tuple[Sandbox, Stage]) -> None:
    """Another error of the sandbox is told, and is no finding."""
    peer[0].answer = aborting(grpc.StatusCode.INTERNAL, "it broke")
    result = await peer[1].run(candidate("x = 1\n"), Context())
    assert (result.status, result.findings) == (StageStatus.FAILED, ())
    assert "it broke" in result.reason


@pytest.mark.parametrize("outcome", [Outcome.OUTCOME_SANDBOX_LOST, Outcome.OUTCOME_CANCELLED])
async def test_an_outcome_of_the_sandboxs_own_is_never_the_codes(peer: tuple[Sandbox, Stage], outcome: Outcome) -> None:
    """A sandbox that was lost says nothing about the code."""
    peer[0].answer = answering(ExecutionResult(outcome=outcome))
    with pytest.raises(SandboxLost):
        await peer[1].run(candidate("x = 1\n"), Context())


async def test_a_run_without_a_report_is_ours(peer: tuple[Sandbox, Stage]) -> None:
    """The report begins before the candidate is loaded: where it did not begin, the candidate had no part in it."""
    peer[0].answer = answering(ExecutionResult(outcome=Outcome.OUTCOME_OK, exit_code=0))
    result = await peer[1].run(candidate("x = 1\n"), Context())
    assert result.status is StageStatus.FAILED
    assert "did not begin" in result.reason


async def test_a_full_queue_is_waited_for(peer: tuple[Sandbox, Stage]) -> None:
    """A sandbox that is busy is asked again until the time is gone."""
    calls = 0

    async def answer(request: ExecuteRequest, context: Any) -> ExecuteResponse:
        nonlocal calls
        calls += 1
        if calls < 3:
            await abort(context, QueueFull("the queue is full", retry_after=0.01))
        await context.abort(grpc.StatusCode.INTERNAL, "enough")
        raise AssertionError

    peer[0].answer = answer
    result = await peer[1].run(candidate("x = 1\n"), Context())
    assert "enough" in result.reason
    assert calls == 3


async def test_a_deadline_that_is_near_fails_at_once(peer: tuple[Sandbox, Stage]) -> None:
    """Without time for a run none is begun."""
    peer[0].answer = aborting(grpc.StatusCode.INTERNAL, "not to be called")
    result = await peer[1].run(candidate("x = 1\n"), Context(seconds_left=1.2))
    assert result.status is StageStatus.FAILED
    assert "the time was gone" in result.reason


async def test_a_sandbox_that_hangs_is_left_at_the_deadline(peer: tuple[Sandbox, Stage]) -> None:
    """The call has the caller's deadline."""

    async def answer(request: ExecuteRequest, context: Any) -> ExecuteResponse:
        await asyncio.sleep(60)
        raise AssertionError

    peer[0].answer = answer
    began = time.monotonic()
    result = await peer[1].run(candidate("x = 1\n"), Context(seconds_left=2.0))
    assert result.status is StageStatus.FAILED
    assert time.monotonic() - began < 30
