"""Several stages in one call: each answers once, by itself, whatever becomes of the others."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import grpc.aio
import pytest
from assay.candidates import candidate_to_proto
from assay.client import connect, error_from_rpc
from assay.convert import duration_to_proto
from assay.errors import InvalidArgument
from assay.stage import Candidate, SourceFile, StageContext, StageResult, StageStatus
from assay.v1 import stage_pb2

from host.server import serving
from host.settings import Settings
from tests import toys

Catalog = Callable[..., None]
HERE = "tests.services.stages.test_servicer_several"
CANDIDATE = candidate_to_proto(Candidate((SourceFile("a.py", b"x = 1  # TODO\n"),), "python"))
stopped = asyncio.Event()


async def lingers(candidate: Candidate, context: StageContext) -> StageResult:
    """Go on until stopped, and tell of it."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        stopped.set()
        raise
    return toys.completed()


async def tells_time(candidate: Candidate, context: StageContext) -> StageResult:
    """Say how much time there is, and whether things are run twice."""
    details = {"left": f"{context.seconds_left:.1f}", "twice": str(context.check_determinism)}
    return StageResult(StageStatus.COMPLETED, details=details)


lingering = toys.opened(toys.Toy("lingering", lingers))
timed = toys.opened(toys.Toy("timed", tells_time))


def runs(**seconds: float) -> list[stage_pb2.StageRun]:
    """Return stages with their times."""
    return [stage_pb2.StageRun(stage=name, timeout=duration_to_proto(time)) for name, time in seconds.items()]


async def answers(
    folder: Path, settings: Settings, names: list[str], request: stage_pb2.RunStagesRequest
) -> list[stage_pb2.RunStagesResponse]:
    """Serve stages, ask for some, and return the answers."""
    async with serving(names, f"unix:{folder}/s", settings) as address, connect(address) as suite:
        return [event async for event in suite.stages.RunStages(request, timeout=20)]


async def test_each_answers_once(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Results and failures come as they are there, each with its stage's name."""
    toy_catalog(
        second="tests.toys:second", broken="tests.toys:broken", lingering=f"{HERE}:lingering", timed=f"{HERE}:timed"
    )
    asked = runs(second=9, broken=9, lingering=0.2, timed=7, absent=9)
    request = stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=asked, check_determinism=True)
    found = await answers(folder, settings, ["second", "broken", "lingering", "timed"], request)
    results = {event.result.stage: event.result for event in found if event.HasField("result")}
    failures = {event.failure.stage: event.failure.reason for event in found if event.HasField("failure")}
    assert (len(found), set(results)) == (5, {"second", "timed"})
    assert [finding.rule_id for finding in results["second"].findings] == ["second/todo"]
    assert 6 < float(results["timed"].details["left"]) <= 7
    assert results["timed"].details["twice"] == "True"
    reasons = {name: stage_pb2.StageFailure(reason=f"ERROR_REASON_{reason}").reason for name, reason in EXPECTED}
    assert failures == reasons


EXPECTED = (("broken", "PLUGIN_FAILED"), ("lingering", "DEADLINE_EXCEEDED"), ("absent", "UNKNOWN_STAGE"))


async def test_end_of_the_call(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Who goes away in the midst of a call leaves no stage running."""
    toy_catalog(second="tests.toys:second", lingering=f"{HERE}:lingering")
    stopped.clear()
    request = stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=runs(second=9, lingering=60))
    names = ["second", "lingering"]
    async with serving(names, f"unix:{folder}/s", settings) as address, connect(address) as suite:
        call = suite.stages.RunStages(request, timeout=20)
        async for event in call:
            assert event.result.stage == "second"
            break
        call.cancel()
        await asyncio.wait_for(stopped.wait(), 10)


@pytest.mark.parametrize("names", [[], ["second", "second"]])
async def test_which_stages(folder: Path, settings: Settings, toy_catalog: Catalog, names: list[str]) -> None:
    """A call is for at least one stage, and for each once."""
    toy_catalog(second="tests.toys:second")
    asked = [stage_pb2.StageRun(stage=name) for name in names]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answers(folder, settings, ["second"], stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=asked))
    error = error_from_rpc(caught.value)
    assert isinstance(error, InvalidArgument)
    assert error.field == "runs"


begun: list[str] = []


def begins(name: str, seconds: float) -> toys.Rule:
    """Return what tells when a stage begins, and takes some time."""

    async def judge(candidate: Candidate, context: StageContext) -> StageResult:
        begun.append(name)
        await asyncio.sleep(seconds)
        return toys.completed()

    return judge


quick = toys.opened(toys.Toy("quick", begins("quick", 0.0)))
tardy = toys.opened(toys.Toy("tardy", begins("tardy", 0.1)))


async def test_the_longest_begins_first(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """What took longest the last time begins first the next time, wherever it stands in the request."""
    toy_catalog(quick=f"{HERE}:quick", tardy=f"{HERE}:tardy")
    request = stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=runs(quick=9, tardy=9))
    begun.clear()
    async with serving(["quick", "tardy"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        for _ in range(2):
            assert len([event async for event in suite.stages.RunStages(request, timeout=20)]) == 2
    assert begun == ["quick", "tardy", "tardy", "quick"]
