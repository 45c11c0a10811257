"""What the suite is told of runs: how they ended and what they used, for whoever asked for them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from assay.client import connect
from assay.v1 import event_pb2
from assay.v1 import sandbox_pb2 as pb

from host.caller import TENANT_HEADER, Caller, acting_for
from host.events.port import Event
from host.server import serving
from host.settings import SandboxSettings, Settings
from sandbox.announcing import AnnouncingServicer


def result(outcome: int, seconds: int = 1, memory: int = 5) -> pb.ExecutionResult:
    """Return the result of a run."""
    made = pb.ExecutionResult(execution_id="x1", usage=pb.ResourceUsage(peak_memory_bytes=memory))
    made.usage.wall_time.seconds = seconds
    made.outcome = outcome  # type: ignore[assignment]  # its number
    return made


class Answers:
    """Answers a batch as it is told to."""

    def __init__(self, *responses: pb.ExecuteBatchResponse) -> None:
        self._responses = responses

    async def ExecuteBatch(
        self, request: pb.ExecuteBatchRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteBatchResponse]:
        """Say what was given."""
        for response in self._responses:
            yield response


async def told(responses: Sequence[pb.ExecuteBatchResponse], most: int = 100) -> list[Event]:
    """Return what is told of a batch whose caller leaves after so many messages."""
    events: list[Event] = []
    request = pb.ExecuteBatchRequest(program=pb.ExecuteRequest(language="python"))
    with acting_for(Caller("red")):
        inner: Any = Answers(*responses)
        answers: Any = AnnouncingServicer(inner, events.append).ExecuteBatch(request, None)
        async with aclosing(answers) as stream:
            async for _ in stream:
                most -= 1
                if not most:
                    break
    return events


STARTED = pb.ExecuteBatchResponse(started=pb.ExecutionStarted(execution_id="x1"))
SUMMARY = pb.ExecuteBatchResponse(summary=pb.BatchSummary())


def case(outcome: int, memory: int = 5) -> pb.ExecuteBatchResponse:
    """Return what is said of a case."""
    return pb.ExecuteBatchResponse(case_result=pb.CaseResult(result=result(outcome, memory=memory)))


async def test_a_batch_is_one_event() -> None:
    """Of a batch one event tells: the first outcome that is not OK, all the time, the most memory."""
    cases = [case(pb.OUTCOME_OK, 3), case(pb.OUTCOME_MEMORY_LIMIT, 9), case(pb.OUTCOME_NONZERO_EXIT, 1)]
    (event,) = await told([STARTED, *cases, SUMMARY])
    assert (event.tenant, event.kind, event.resource) == ("red", "sandbox.executed", "x1")
    assert event.data == {
        "language": "python",
        "outcome": "OUTCOME_MEMORY_LIMIT",
        "seconds": 3.0,
        "peak_memory_bytes": 9,
        "cases": 3,
    }


async def test_a_caller_that_leaves() -> None:
    """What was run of a batch is told although its caller leaves; nothing is where nothing was run."""
    (event,) = await told([STARTED, case(pb.OUTCOME_OK), case(pb.OUTCOME_OK), SUMMARY], most=2)
    assert (event.data["cases"], event.data["outcome"]) == (1, "OUTCOME_OK")
    assert await told([STARTED, case(pb.OUTCOME_OK)], most=1) == []


async def test_not_compiled() -> None:
    """A batch whose program does not compile ran no case, and is told."""
    compiled = pb.ExecuteBatchResponse(compiled=pb.Compilation(outcome=pb.OUTCOME_NONZERO_EXIT))
    (event,) = await told([STARTED, compiled, SUMMARY])
    assert (event.data["cases"], event.data["outcome"]) == (0, "OUTCOME_COMPILE_ERROR")


@pytest.mark.docker
async def test_runs(folder: Path, docker_ready: None) -> None:
    """Runs of each shape are told to their tenant, by their ids; what they are and write is not."""
    settings = Settings(state_dir=folder, sandbox=SandboxSettings(languages=["python"]))
    program = pb.ExecuteRequest(language="python", files=[{"path": "a.py", "content": b"print('canary')"}])
    bad = pb.ExecuteRequest(language="python", files=[{"path": "a.py", "content": b"raise SystemExit(3)"}])

    async def start() -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield pb.ExecuteStreamRequest(start=program)

    red = ((TENANT_HEADER, "red"),)
    async with serving(["events", "sandbox"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        one = (await suite.sandbox.Execute(bad, timeout=60, metadata=red)).result
        streamed = [
            response.result.execution_id
            async for response in suite.sandbox.ExecuteStream(start(), timeout=60, metadata=red)
            if response.HasField("result")
        ]
        asked = pb.ExecuteBatchRequest(program=program, cases=[pb.BatchCase(), pb.BatchCase()])
        batch: list[Any] = [response async for response in suite.sandbox.ExecuteBatch(asked, timeout=60, metadata=red)]
        call: Any = suite.events.Subscribe(event_pb2.SubscribeRequest(), timeout=20, metadata=red)
        events = [(await call.read()).event for _ in range(3)]
    ids = [one.execution_id, *streamed, batch[0].started.execution_id]
    assert [event.resource for event in events] == ids
    assert [event.data["outcome"] for event in events] == ["OUTCOME_NONZERO_EXIT", "OUTCOME_OK", "OUTCOME_OK"]
    assert all(event.data["peak_memory_bytes"] > 0 and event.data["seconds"] > 0 for event in events)
    assert events[2].data["cases"] == 2
    assert "canary" not in str(events)
