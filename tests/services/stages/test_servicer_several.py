"""Several stages in one call: each answers once, by itself, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
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


async def tells_time(candidate: Candidate, context: StageContext) -> StageResult:
    """Say how much time there is, and whether things are run twice."""
    details = {"left": f"{context.seconds_left:.1f}", "twice": str(context.check_determinism)}
    return StageResult(StageStatus.COMPLETED, details=details)


timed = toys.opened(toys.Toy("timed", tells_time))


def runs(**seconds: float) -> list[stage_pb2.StageRun]:
    """Return stages with their times."""
    return [stage_pb2.StageRun(stage=name, timeout=duration_to_proto(time)) for name, time in seconds.items()]


async def answers(
    folder: Path, settings: Settings, names: list[str], *requests: stage_pb2.RunStagesRequest
) -> list[stage_pb2.RunStagesResponse]:
    """Serve stages, ask for some, and return the answers."""
    async with serving(names, f"unix:{folder}/s", settings) as address, connect(address) as suite:
        return [event async for event in suite.stages.RunStages(iter(requests), timeout=20)]


async def test_each_answers_once(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Results and failures come as they are there, each with its stage's name."""
    toy_catalog(second="tests.toys:second", broken="tests.toys:broken", slow="tests.toys:slow", timed=f"{HERE}:timed")
    asked = runs(second=9, broken=9, slow=0.2, timed=7, absent=9)
    request = stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=asked, check_determinism=True)
    found = await answers(folder, settings, ["second", "broken", "slow", "timed"], request)
    results = {event.result.stage: event.result for event in found if event.HasField("result")}
    failures = {event.failure.stage: event.failure.reason for event in found if event.HasField("failure")}
    assert (len(found), set(results)) == (5, {"second", "timed"})
    assert [finding.rule_id for finding in results["second"].findings] == ["second/todo"]
    assert 6 < float(results["timed"].details["left"]) <= 7
    assert results["timed"].details["twice"] == "True"
    reasons = {name: stage_pb2.StageFailure(reason=f"ERROR_REASON_{reason}").reason for name, reason in EXPECTED}
    assert failures == reasons


EXPECTED = (("broken", "PLUGIN_FAILED"), ("slow", "DEADLINE_EXCEEDED"), ("absent", "UNKNOWN_STAGE"))


async def test_end_of_the_call(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Who goes away in the midst of a call leaves no stage running."""
    toy_catalog(second="tests.toys:second", slow="tests.toys:slow")
    toys.stopped.clear()
    request = stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=runs(second=9, slow=60))
    names = ["second", "slow"]
    async with serving(names, f"unix:{folder}/s", settings) as address, connect(address) as suite:
        call = suite.stages.RunStages(iter([request]), timeout=20)
        async for event in call:
            assert event.result.stage == "second"
            break
        call.cancel()
        await asyncio.wait_for(toys.stopped.wait(), 10)


def asks(*names: str, candidate: bool = True) -> stage_pb2.RunStagesRequest:
    """Return a request for stages."""
    runs = [stage_pb2.StageRun(stage=name) for name in names]
    return stage_pb2.RunStagesRequest(candidate=CANDIDATE if candidate else None, runs=runs)


@pytest.mark.parametrize(
    ("requests", "field"),
    [
        ([], ""),
        ([asks()], "runs"),
        ([asks("second", "second")], "runs"),
        ([asks("second"), asks("second", candidate=False)], "runs"),
        ([asks("slow"), asks(candidate=False)], "runs"),
        ([asks(*(f"s{number}" for number in range(101)))], "runs"),
        ([asks("second"), asks("slow")], "candidate"),
        ([asks("second", candidate=False)], "candidate.files"),
    ],
)
async def test_bad_requests(
    folder: Path, settings: Settings, toy_catalog: Catalog, requests: list[stage_pb2.RunStagesRequest], field: str
) -> None:
    """A call is for at least one stage, for each once, and for one candidate; else nothing of it goes on."""
    toy_catalog(second="tests.toys:second", slow="tests.toys:slow")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answers(folder, settings, ["second", "slow"], *requests)
    error = error_from_rpc(caught.value)
    assert isinstance(error, InvalidArgument)
    assert error.field == field


async def names_prior(candidate: Candidate, context: StageContext) -> StageResult:
    """Say whose results there are."""
    return StageResult(StageStatus.COMPLETED, details={"prior": ",".join(sorted(context.prior_results))})


naming = toys.opened(toys.Toy("naming", names_prior))


async def test_asked_for_later(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage begins when it is asked for, with the results that came along, while others go on."""
    toy_catalog(second="tests.toys:second", naming=f"{HERE}:naming", slow="tests.toys:slow")
    names = ["second", "naming", "slow"]
    requests: asyncio.Queue[stage_pb2.RunStagesRequest | None] = asyncio.Queue()

    async def until_none() -> AsyncIterator[stage_pb2.RunStagesRequest]:
        while (request := await requests.get()) is not None:
            yield request

    async with serving(names, f"unix:{folder}/s", settings) as address, connect(address) as suite:
        requests.put_nowait(stage_pb2.RunStagesRequest(candidate=CANDIDATE, runs=runs(second=9, slow=3)))
        found: list[stage_pb2.RunStagesResponse] = []
        async for event in suite.stages.RunStages(until_none(), timeout=20):
            if event.result.stage == "second":
                later = stage_pb2.StageRun(stage="naming", prior_results=[event.result])
                requests.put_nowait(stage_pb2.RunStagesRequest(runs=[later]))
                requests.put_nowait(None)
            found.append(event)
    assert [event.result.stage or event.failure.stage for event in found] == ["second", "naming", "slow"]
    assert found[1].result.details["prior"] == "second"


one = toys.opened(toys.Toy("one", toys.notes("one")))
other = toys.opened(toys.Toy("other", toys.notes("other")))


@pytest.mark.parametrize("names", [["one", "other"], ["other", "one"]])
async def test_order(folder: Path, settings: Settings, toy_catalog: Catalog, names: list[str]) -> None:
    """The stages of a request begin in its order."""
    toy_catalog(one=f"{HERE}:one", other=f"{HERE}:other")
    toys.begun.clear()
    assert len(await answers(folder, settings, ["one", "other"], asks(*names))) == 2
    assert toys.begun == names
