"""The servicer of the stages, over a real server: events, results, and stages that break."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.candidates import candidate_to_proto
from assay.client import connect, error_from_rpc
from assay.errors import AssayError, InvalidArgument, PluginFailed, UnknownStage
from assay.stage import (
    Candidate,
    Category,
    RuleInfo,
    Severity,
    SourceFile,
    StageContext,
    StageResult,
    StageStatus,
)
from assay.v1 import candidate_pb2, finding_pb2, source_pb2, stage_pb2
from structlog.testing import capture_logs

from host.server import serving
from host.settings import Settings
from tests import toys
from tests.tasks import left_behind

Catalog = Callable[..., None]

CODE = b"password = 'hunter2'  # TODO\n"


async def surrogates(candidate: Candidate, context: StageContext) -> StageResult:
    """Find something whose text cannot be sent."""
    return toys.completed(toys.finding(message="\ud800"))


async def floods(candidate: Candidate, context: StageContext) -> StageResult:
    """Report far more than may wait for a slow reader."""
    for number in range(600):
        await context.progress(str(number), number / 300)
    return StageResult(StageStatus.COMPLETED, details={"left": str(context.seconds_left)})


async def tells_prior(candidate: Candidate, context: StageContext) -> StageResult:
    """Say whose results it was given."""
    return StageResult(StageStatus.COMPLETED, details={"prior": ",".join(sorted(context.prior_results))})


unsendable = toys.opened(toys.Toy("unsendable", surrogates))
flooding = toys.opened(toys.Toy("flooding", floods))
telling = toys.opened(toys.Toy("telling", tells_prior))
RULES = (
    RuleInfo("ruled/b", Category.SYNTAX, Severity.LOW, "Why.", 0.5, ("x",), ("y",)),
    RuleInfo("ruled/a", Category.SYNTAX, Severity.HIGH, "Why not."),
)
ruled = toys.opened(toys.Toy("ruled", toys.passes, rules=RULES))


class Old:
    """A stage of the time before stages could list their rules."""

    name, version, description, requires = "old", "1", "Does nothing.", ()
    languages: frozenset[str] = frozenset()

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Find nothing."""
        return toys.completed()


old = toys.opened(Old())  # type: ignore[arg-type]  # what it lacks is what is tried
HERE = "tests.services.stages.test_servicer"


async def events(
    folder: Path, settings: Settings, stage: str, *, timeout: float = 20, **fields: Any
) -> list[stage_pb2.RunStageResponse]:
    """Run one stage over one file and return its events."""
    fields.setdefault("candidate", candidate_to_proto(Candidate((SourceFile("a.py", CODE),), "python")))
    request = stage_pb2.RunStageRequest(stage=stage, **fields)
    async with serving([stage], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        return [event async for event in suite.stages.RunStage(request, timeout=timeout)]


async def failure(folder: Path, settings: Settings, stage: str, **fields: Any) -> AssayError:
    """Run one stage that fails and return its error."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await events(folder, settings, stage, **fields)
    assert "hunter2" not in str(caught.value)
    return error_from_rpc(caught.value)


async def test_events(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Findings and progress come in their order, and the result last, with all findings, name, version and time."""
    toy_catalog(second="tests.toys:second")
    found, progress, last = await events(folder, settings, "second")
    assert (found.finding.rule_id, progress.progress.fraction) == ("second/todo", 0.5)
    assert [finding.rule_id for finding in last.result.findings] == ["second/todo"]
    assert (last.result.stage, last.result.version, last.result.findings[0].stage) == ("second", "1", "second")
    assert last.result.run_duration.ToTimedelta().total_seconds() > 0


async def test_result_only(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Who wants the result alone gets it alone, with all findings, and is told of a stage that breaks as others are."""
    toy_catalog(second="tests.toys:second", broken="tests.toys:broken")
    (last,) = await events(folder, settings, "second", result_only=True)
    assert [finding.rule_id for finding in last.result.findings] == ["second/todo"]
    assert type(await failure(folder, settings, "broken", result_only=True)) is PluginFailed


async def test_many_events(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """More events than may wait at one time all arrive, within bounds, and the stage knows how long it has."""
    toy_catalog(flooding=f"{HERE}:flooding")
    *progress, last = await events(folder, settings, "flooding")
    assert [event.progress.message for event in progress] == [str(number) for number in range(600)]
    assert max(event.progress.fraction for event in progress) == 1
    assert 0 < float(last.result.details["left"]) <= 20.1


async def test_another_language(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage is not asked about a language that it cannot judge."""
    toy_catalog(broken="tests.toys:broken")
    candidate = candidate_to_proto(Candidate((SourceFile("a.rs", CODE),), "rust"))
    (last,) = await events(folder, settings, "broken", candidate=candidate)
    assert last.result.status == stage_pb2.STAGE_STATUS_NOT_APPLICABLE
    assert last.result.reason == "broken does not judge 'rust'"


async def test_prior_results(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage is given the results that came with the request."""
    toy_catalog(telling=f"{HERE}:telling")
    prior = [stage_pb2.StageResult(stage=name, status=stage_pb2.STAGE_STATUS_COMPLETED) for name in "ba"]
    (last,) = await events(folder, settings, "telling", prior_results=prior)
    assert last.result.details["prior"] == "a,b"


@pytest.mark.parametrize(
    "prior",
    [
        stage_pb2.StageResult(stage="a"),
        stage_pb2.StageResult(stage="a", status=99),  # type: ignore[arg-type]
        stage_pb2.StageResult(stage="a", status=1, findings=[finding_pb2.Finding(severity=99)]),  # type: ignore[arg-type]
    ],
)
async def test_bad_prior_results(
    folder: Path, settings: Settings, toy_catalog: Catalog, prior: stage_pb2.StageResult
) -> None:
    """Results outside the contract are refused by their field."""
    toy_catalog(telling=f"{HERE}:telling")
    error = await failure(folder, settings, "telling", prior_results=[prior])
    assert isinstance(error, InvalidArgument)
    assert error.field == "prior_results"


async def test_unknown_stage(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage that is not served here is refused by name, with those that are."""
    toy_catalog(first="tests.toys:first", second="tests.toys:second")
    async with serving(["first"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [event async for event in suite.stages.RunStage(stage_pb2.RunStageRequest(stage="second"), timeout=5)]
    error = error_from_rpc(caught.value)
    assert type(error) is UnknownStage
    assert error.message == "stage: there is no stage 'second' here; there are ['first']"


async def test_bad_candidate(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A candidate is checked here too, since a stage may be asked by others than the engine."""
    toy_catalog(first="tests.toys:first")
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="../a.py", content=CODE)])
    error = await failure(folder, settings, "first", candidate=candidate)
    assert isinstance(error, InvalidArgument)
    assert error.field == "candidate.files[0].path"


@pytest.mark.parametrize(
    ("stage", "factory", "text"),
    [
        ("broken", "tests.toys:broken", "the stage 'broken' raised ValueError"),
        ("empty", "tests.toys:empty", "the stage 'empty' raised AttributeError"),
        ("unsendable", f"{HERE}:unsendable", "the stage 'unsendable' raised "),
    ],
)
async def test_broken_stage(
    folder: Path, settings: Settings, toy_catalog: Catalog, stage: str, factory: str, text: str
) -> None:
    """A stage that breaks is an error of the plug-in that names it and the exception's type, and no more."""
    toy_catalog(**{stage: factory})
    with capture_logs() as logs:
        error = await failure(folder, settings, stage)
    assert type(error) is PluginFailed
    assert error.message.startswith(text)
    assert [log["stage"] for log in logs if log["event"] == "stage broke"] == [stage]


async def test_rules(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A stage's rules are listed in order with all that they say; one that was made before there were any has none."""
    toy_catalog(ruled=f"{HERE}:ruled", old=f"{HERE}:old")
    async with serving(["ruled", "old"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        listed = await suite.stages.ListStageRules(stage_pb2.ListStageRulesRequest(stage="ruled"), timeout=5)
        none = await suite.stages.ListStageRules(stage_pb2.ListStageRulesRequest(stage="old"), timeout=5)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await suite.stages.ListStageRules(stage_pb2.ListStageRulesRequest(stage="nobody"), timeout=5)
    assert [rule.rule_id for rule in listed.rules] == ["ruled/a", "ruled/b"]
    assert listed.rules[1] == stage_pb2.RuleInfo(
        rule_id="ruled/b",
        stage="ruled",
        category=finding_pb2.FINDING_CATEGORY_SYNTAX,
        severity=finding_pb2.SEVERITY_LOW,
        confidence=0.5,
        explanation="Why.",
        fires=["x"],
        passes=["y"],
    )
    assert len(none.rules) == 0
    assert type(error_from_rpc(caught.value)) is UnknownStage


async def test_cancelled(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A run that its caller gives up is stopped, and leaves no task behind."""
    toy_catalog(slow="tests.toys:slow")
    before = asyncio.all_tasks()
    toys.waiting.clear()
    toys.stopped.clear()
    running = asyncio.create_task(events(folder, settings, "slow", timeout=60))
    await asyncio.wait_for(toys.waiting.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.wait_for(toys.stopped.wait(), 10)
    assert not await left_behind(before)
