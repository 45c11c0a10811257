"""Stages over gRPC: which calls they go out in, and what a server says of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.errors import AssayError, DeadlineExceeded, PluginFailed
from assay.stage import Candidate, SourceFile, StageContext, StageResult, StageStatus
from assay.v1 import stage_pb2, stage_pb2_grpc
from structlog.testing import capture_logs

from host.peers import Peers
from host.server import serving
from host.settings import Settings
from host.tally import Tally, tallying
from services.validation import remote_stages
from services.validation.engine import StageDescription, StageRuns
from services.validation.remote_stages import RemoteStages
from tests import toys

Catalog = Callable[..., None]
CANDIDATE = Candidate((SourceFile("a.py", b"x = 1  # TODO\n"),), "python")
NAMES = ("first", "second", "slow", "broken")


@pytest.fixture
def all_toys(toy_catalog: Catalog) -> None:
    """Let the suite have toys for stages."""
    toy_catalog(**{name: f"tests.toys:{name}" for name in NAMES})


@asynccontextmanager
async def stages_at(*addresses: str) -> AsyncIterator[RemoteStages]:
    """Yield the toys as a peer sees them, at one address or each at its own."""
    every = addresses * len(NAMES) if len(addresses) == 1 else addresses
    peers = Peers(dict(zip(NAMES, every, strict=False)))
    try:
        yield RemoteStages(NAMES, peers.channel)
    finally:
        await peers.close()


async def outcomes(stages: RemoteStages, **seconds: float) -> dict[str, StageResult | BaseException]:
    """Run stages side by side, and return what became of each."""
    async with about(stages, *seconds) as runs:
        asked = (runs.run(name, {}, time) for name, time in seconds.items())
        return dict(zip(seconds, await asyncio.gather(*asked, return_exceptions=True), strict=True))


def about(stages: RemoteStages, *names: str, twice: bool = False) -> AbstractAsyncContextManager[StageRuns]:
    """Return what runs stages over the candidate of these tests."""
    return stages.about(CANDIDATE, names, 30, check_determinism=twice)


async def ended(logs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the calls that were logged, with their ends; a call is logged a moment after its answer is there."""
    async with asyncio.timeout(20):
        while not any(line["event"] == "call" for line in logs):
            await asyncio.sleep(0.01)
    return [(line["method"], line["code"]) for line in logs if line["event"] == "call"]


async def test_one_call(folder: Path, settings: Settings, all_toys: None) -> None:
    """Stages that begin together at one address are one call, in which each fails or ends by itself."""
    settings.log_level = "info"
    with capture_logs() as logs:
        async with serving(NAMES, f"unix:{folder}/s", settings) as address, stages_at(address) as stages:
            found = await outcomes(stages, first=9, second=9, slow=0.3, broken=9)
            calls = await ended(logs)
    assert isinstance(found["first"], StageResult)
    assert isinstance(found["second"], StageResult)
    assert [finding.rule_id for finding in found["second"].findings] == ["second/todo"]
    assert isinstance(found["slow"], DeadlineExceeded)
    assert isinstance(found["broken"], PluginFailed)
    assert calls == [("/assay.v1.StageService/RunStages", "OK")]


async def test_one_conversation(folder: Path, settings: Settings, all_toys: None) -> None:
    """A stage that begins after others, with their results, is asked for in the same call."""
    prior = {"first": StageResult(StageStatus.COMPLETED, stage="first")}
    settings.log_level = "info"
    with capture_logs() as logs:
        async with serving(NAMES, f"unix:{folder}/s", settings) as address, stages_at(address) as stages:
            async with about(stages, "first", "second", "broken") as runs:
                await runs.run("first", {}, 9)
                result = await runs.run("second", prior, 9)
            calls = await ended(logs)
    assert result.stage == "second"
    assert calls == [("/assay.v1.StageService/RunStages", "OK")]


async def test_a_call_that_broke(folder: Path, settings: Settings, all_toys: None) -> None:
    """Where the server went away and came back between two stages, the second is asked for in a call of its own."""
    peers = Peers(dict.fromkeys(NAMES, f"unix:{folder}/s"))
    async with about(RemoteStages(NAMES, peers.channel), "first", "second") as runs:
        async with serving(NAMES, f"unix:{folder}/s", settings):
            await runs.run("first", {}, 9)
        async with serving(NAMES, f"unix:{folder}/s", settings):
            assert (await runs.run("second", {}, 9)).stage == "second"
    await peers.close()


async def test_longest_chain_first(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Of stages that begin together those are first whose end others wait for the longest."""
    here = "tests.services.validation.test_remote_stages"
    toy_catalog(brief=f"{here}:brief", alone=f"{here}:alone", after=f"{here}:after")
    names = ("alone", "brief", "after")
    peers = Peers(dict.fromkeys(names, f"unix:{folder}/s"))
    stages = RemoteStages(names, peers.channel)
    async with serving(names, f"unix:{folder}/s", settings):
        for _ in range(2):
            await stages.describe(5)
            toys.begun.clear()
            async with about(stages, *names) as runs:
                first = await asyncio.gather(runs.run("alone", {}, 9), runs.run("brief", {}, 9))
                await runs.run("after", {"brief": first[1]}, 9)
        await peers.close()
    assert toys.begun == ["brief", "alone", "after"]


alone = toys.opened(toys.Toy("alone", toys.notes("alone", 0.1)))
brief = toys.opened(toys.Toy("brief", toys.notes("brief", 0.0)))
after = toys.opened(toys.Toy("after", toys.notes("after", 0.5), requires=("brief",)))


async def says_whether_twice(candidate: Candidate, context: StageContext) -> StageResult:
    """Say whether what runs is to be run twice."""
    return StageResult(StageStatus.COMPLETED, details={"twice": str(context.check_determinism)})


changing_toy = toys.Toy("first", toys.passes)
changing = toys.opened(changing_toy)
asked = toys.opened(toys.Toy("asked", says_whether_twice))
also_asked = toys.opened(toys.Toy("also_asked", says_whether_twice))


@pytest.mark.parametrize("twice", [True, False])
async def test_determinism(folder: Path, settings: Settings, toy_catalog: Catalog, twice: bool) -> None:
    """That what runs is to be run twice is told to every stage of a call."""
    here = "tests.services.validation.test_remote_stages"
    toy_catalog(asked=f"{here}:asked", also_asked=f"{here}:also_asked")
    peers = Peers(dict.fromkeys(("asked", "also_asked"), f"unix:{folder}/s"))
    async with serving(["asked", "also_asked"], f"unix:{folder}/s", settings):
        async with about(
            RemoteStages(("asked", "also_asked"), peers.channel), "asked", "also_asked", twice=twice
        ) as runs:
            found = [await runs.run("asked", {}, 9), await runs.run("also_asked", {}, 9)]
        await peers.close()
    assert {result.details["twice"] for result in found} == {str(twice)}


async def test_another_version(
    folder: Path, settings: Settings, toy_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stage says of itself is asked again where its results are another version's, and after a while."""
    toy_catalog(first="tests.services.validation.test_remote_stages:changing")
    asked: list[str] = []
    ask = RemoteStages._ask

    async def counted(stages: RemoteStages, name: str, seconds: float) -> StageDescription:
        asked.append(name)
        return await ask(stages, name, seconds)

    monkeypatch.setattr(RemoteStages, "_ask", counted)
    peers = Peers({"first": f"unix:{folder}/s"})
    stages = RemoteStages(("first",), peers.channel)
    async with serving(["first"], f"unix:{folder}/s", settings):
        for _ in range(2):
            assert [stage.version for stage in await stages.describe(5)] == ["1"]
        assert len(asked) == 1
        monkeypatch.setattr(changing_toy, "version", "2")
        async with about(stages, "first") as runs:
            assert (await runs.run("first", {}, 9)).version == "2"
        assert [stage.version for stage in await stages.describe(5)] == ["2"]
        assert len(asked) == 2
        monkeypatch.setattr(remote_stages, "KEPT_SECONDS", 0.0)
        stages._described.clear()
        await stages.describe(5)
        await stages.describe(5)
        assert len(asked) == 4
        await peers.close()


async def test_given_up(folder: Path, settings: Settings, all_toys: None) -> None:
    """A stage that nobody waits for any more does not keep another from its end, nor one from beginning later."""
    async with (
        serving(NAMES, f"unix:{folder}/s", settings) as address,
        stages_at(address) as stages,
        about(stages, "slow", "second", "first") as runs,
    ):
        slow = asyncio.create_task(runs.run("slow", {}, 60))
        second = asyncio.create_task(runs.run("second", {}, 60))
        await asyncio.sleep(0)
        slow.cancel()
        assert (await asyncio.wait_for(second, 20)).stage == "second"
        assert (await asyncio.wait_for(runs.run("first", {}, 9), 20)).stage == "first"


@pytest.mark.parametrize("by", ["time", "leaving"])
async def test_left_alone(folder: Path, settings: Settings, toy_catalog: Catalog, by: str) -> None:
    """A stage that nobody waits for any more is stopped, and another begins in a call of its own."""
    toy_catalog(slow="tests.toys:slow", second="tests.toys:second")
    toys.stopped.clear()
    names = ("slow", "second")
    peers = Peers(dict.fromkeys(names, f"unix:{folder}/s"))
    async with serving(names, f"unix:{folder}/s", settings):
        async with about(RemoteStages(names, peers.channel), *names) as runs:
            waiting = asyncio.create_task(runs.run("slow", {}, 60))
            await asyncio.sleep(0.3)
            if by == "time":
                waiting.cancel()
                assert (await runs.run("second", {}, 9)).stage == "second"
        await asyncio.wait_for(toys.stopped.wait(), 10)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await peers.close()


class Older(stage_pb2_grpc.StageServiceServicer):
    """A server of the time before several stages could be asked for at once."""

    async def RunStage(  # the contract's name
        self, request: stage_pb2.RunStageRequest, context: object
    ) -> AsyncIterator[stage_pb2.RunStageResponse]:
        """Find nothing."""
        status = stage_pb2.STAGE_STATUS_COMPLETED
        yield stage_pb2.RunStageResponse(result=stage_pb2.StageResult(stage=request.stage, status=status))


async def test_older_server(folder: Path) -> None:
    """A server without the call for several is asked for each."""
    server = grpc.aio.server()
    stage_pb2_grpc.add_StageServiceServicer_to_server(Older(), server)  # type: ignore[abstract]
    server.add_insecure_port(f"unix:{folder}/s")
    await server.start()
    try:
        async with stages_at(f"unix:{folder}/s") as stages:
            found = await outcomes(stages, first=9, second=9)
            async with about(stages, "first", "second") as runs:
                await runs.run("first", {}, 9)
                assert (await runs.run("second", {}, 9)).stage == "second"
    finally:
        await server.stop(0)
    assert {name: getattr(result, "stage", None) for name, result in found.items()} == {
        "first": "first", "second": "second",
    }  # fmt: skip


Behaviour = Callable[[Any, Any], AsyncIterator[bytes]]


def said(name: str) -> bytes:
    """Return the answer of a stage that found nothing."""
    result = stage_pb2.StageResult(stage=name, status=stage_pb2.STAGE_STATUS_COMPLETED)
    return stage_pb2.RunStagesResponse(result=result).SerializeToString()


@asynccontextmanager
async def strange_server(folder: Path, behave: Behaviour) -> AsyncIterator[RemoteStages]:
    """Serve RunStages by a function of the requests, and yield the toys as they are there."""
    server = grpc.aio.server()
    handler: Any = grpc.stream_stream_rpc_method_handler(behave, stage_pb2.RunStagesRequest.FromString)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("assay.v1.StageService", {"RunStages": handler}),)
    )
    server.add_insecure_port(f"unix:{folder}/s")
    await server.start()
    try:
        async with stages_at(f"unix:{folder}/s") as stages:
            yield stages
    finally:
        await server.stop(0)


async def no_message(requests: AsyncIterator[Any], context: object) -> AsyncIterator[bytes]:
    """Answer what nobody can read."""
    async for _ in requests:
        yield b"\xff\xff\xff"


async def nameless(requests: AsyncIterator[Any], context: object) -> AsyncIterator[bytes]:
    """Answer without a name."""
    async for _ in requests:
        yield said("")


async def twice_over(requests: AsyncIterator[Any], context: object) -> AsyncIterator[bytes]:
    """Answer for one stage again and again."""
    async for _ in requests:
        for _ in range(3):
            yield said("first")
        await asyncio.sleep(60)


@pytest.mark.parametrize("behave", [no_message, nameless, twice_over])
async def test_outside_the_contract(folder: Path, behave: Behaviour) -> None:
    """What a server answers outside the contract ends the call at once, for every stage that waits."""
    async with strange_server(folder, behave) as stages:
        found = await asyncio.wait_for(outcomes(stages, second=60, first=60), 20)
    assert isinstance(found["second"], PluginFailed)
    assert isinstance(found["first"], PluginFailed if behave is not twice_over else StageResult)


async def test_a_call_that_ends_early(folder: Path) -> None:
    """Where a server ends the call after each answer, a stage that it could not know of is asked for in another."""

    async def one_each(requests: AsyncIterator[Any], context: object) -> AsyncIterator[bytes]:
        async for request in requests:
            requested.append([run.stage for run in request.runs])
            yield said(request.runs[0].stage)
            return

    requested: list[list[str]] = []
    async with strange_server(folder, one_each) as stages, about(stages, "first", "second", "slow") as runs:
        assert (await runs.run("first", {}, 9)).stage == "first"
        assert (await runs.run("second", {}, 9)).stage == "second"
    assert requested == [["first"], ["second"]]


async def test_usage_beside_a_stage_that_took_too_long(folder: Path) -> None:
    """What a call used is heard though nobody waited for its last stage."""

    async def uses(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[bytes]:
        context.set_trailing_metadata((("x-assay-used-bytes", "7"),))
        async for request in requests:
            if request.runs[0].stage == "slow":
                await asyncio.sleep(0.2)
            yield said(request.runs[0].stage)

    used = Tally()
    with tallying(used):
        async with strange_server(folder, uses) as stages:
            async with about(stages, "first", "slow") as runs:
                await runs.run("first", {}, 9)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await runs.run("slow", {}, 0.05)
            await used.complete(10)
    assert used.amounts == {"bytes": 7}


async def test_nobody_there(folder: Path) -> None:
    """A server that is not there is each stage's error."""
    async with stages_at(f"unix:{folder}/none") as stages:
        found = await outcomes(stages, first=5, second=5)
    assert all(isinstance(error, AssayError) for error in found.values())
