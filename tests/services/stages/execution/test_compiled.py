"""The way of a compiled candidate through the sandbox, where not all of it can be run."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.errors import Unavailable
from assay.stage import Stage, StageStatus, Workers
from assay.v1.sandbox_pb2 import Compilation, ExecuteRequest, ExecuteResponse, ExecutionResult, Outcome, OutputStream
from assay.v1.sandbox_pb2_grpc import SandboxServiceServicer, add_SandboxServiceServicer_to_server

from services.stages.execution.stage import stage
from tests.services.stages.execution.conftest import Context, Resources, candidate

CODE = "int area(int side) {\n    return side * side;\n}\n"
TESTS = "int main(void) {\n    return area(2) != 4;\n}\n"


class Sandbox(SandboxServiceServicer):
    """A sandbox that answers with one result after another, and keeps what it was asked."""

    def __init__(self) -> None:
        self.results: list[ExecutionResult] = []
        self.requests: list[ExecuteRequest] = []

    async def Execute(self, request: ExecuteRequest, context: Any) -> ExecuteResponse:  # the contract's name
        """Answer; a result without an outcome stands for a sandbox that is not there."""
        self.requests.append(request)
        result = self.results.pop(0)
        if not result.outcome:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the daemon does not answer")
        return ExecuteResponse(result=result)


@pytest.fixture
async def peer(folder: Path, workers: Workers) -> AsyncIterator[tuple[Sandbox, Stage]]:
    """Yield a sandbox that does as it is told, and the stage over it."""
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


def rejected(messages: str, outcome: Outcome = Outcome.OUTCOME_NONZERO_EXIT) -> ExecutionResult:
    """Return the result of a program that was not compiled."""
    compilation = Compilation(outcome=outcome, exit_code=1, stderr=OutputStream(content=messages.encode()))
    return ExecutionResult(outcome=Outcome.OUTCOME_COMPILE_ERROR, compilation=compilation)


async def test_a_sandbox_that_is_not_there(peer: tuple[Sandbox, Stage]) -> None:
    """That the sandbox is away is told as that: who can wait comes back later."""
    peer[0].results = [ExecutionResult()]
    with pytest.raises(Unavailable, match="the daemon does not answer"):
        await peer[1].run(candidate(CODE, TESTS, language="c"), Context())


async def test_too_little_time(peer: tuple[Sandbox, Stage]) -> None:
    """Without time for a run none is begun, and a run that was cut short is not the code's."""
    result = await peer[1].run(candidate(CODE, TESTS, language="c"), Context(seconds_left=1.2))
    assert (result.status, peer[0].requests) == (StageStatus.FAILED, [])
    peer[0].results = [ExecutionResult(outcome=Outcome.OUTCOME_WALL_TIME_LIMIT)]
    result = await peer[1].run(candidate(CODE, TESTS, language="c"), Context(seconds_left=4))
    assert (result.status, result.findings) == (StageStatus.FAILED, ())


async def test_a_compiler_that_has_too_little(peer: tuple[Sandbox, Stage]) -> None:
    """A compiler that ran out of a limit, or broke, says nothing about the code."""
    for told in (rejected("", Outcome.OUTCOME_MEMORY_LIMIT), rejected("gcc: internal compiler error: Killed")):
        peer[0].results = [told]
        result = await peer[1].run(candidate(CODE, TESTS, language="c"), Context())
        assert (result.status, result.findings) == (StageStatus.SKIPPED, ())


async def test_suites_one_after_another(peer: tuple[Sandbox, Stage]) -> None:
    """A suite that cannot be run leaves the others; after one that does not end no further one is run."""
    tested = candidate(CODE, "void none(void) {}\n", TESTS, TESTS, language="c")
    peer[0].results = [ExecutionResult(outcome=Outcome.OUTCOME_CPU_TIME_LIMIT)]
    result = await peer[1].run(tested, Context())
    assert [finding.rule_id for finding in result.findings] == ["execution/time-limit"]
    assert len(peer[0].requests) == 1
    assert "no main function" in result.details["not_run"]


async def test_a_pass_without_the_nonce(peer: tuple[Sandbox, Stage]) -> None:
    """Neither status 0 alone nor the nonce of another run is a pass, and the nonce stands in no file."""
    peer[0].results = [ExecutionResult(outcome=Outcome.OUTCOME_OK, exit_code=0)]
    result = await peer[1].run(candidate(CODE, TESTS, language="c"), Context())
    assert [finding.rule_id for finding in result.findings] == ["execution/exited-early"]
    nonce = peer[0].requests[0].stdin.strip()
    assert len(nonce) == 32
    assert not any(nonce in file.content for file in peer[0].requests[0].files)
    stdout = OutputStream(content=b"\n" + nonce + b" ended\n")
    peer[0].results = [ExecutionResult(outcome=Outcome.OUTCOME_OK, exit_code=0, stdout=stdout)]
    result = await peer[1].run(candidate(CODE, TESTS, language="c"), Context())
    assert [finding.rule_id for finding in result.findings] == ["execution/exited-early"]
    assert peer[0].requests[1].stdin.strip() != nonce


async def test_determinism(peer: tuple[Sandbox, Stage]) -> None:
    """Where it is asked for the same program is run once more, and another end is a finding that does not reject."""
    peer[0].results = [
        ExecutionResult(outcome=Outcome.OUTCOME_NONZERO_EXIT, exit_code=1),
        ExecutionResult(outcome=Outcome.OUTCOME_NONZERO_EXIT, exit_code=2),
    ]
    result = await peer[1].run(candidate(CODE, TESTS, language="c"), Context(check_determinism=True))
    assert [finding.rule_id for finding in result.findings] == ["execution/test-failed", "execution/not-deterministic"]
    assert peer[0].requests[0] == peer[0].requests[1]
