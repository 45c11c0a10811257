"""Every built-in stage passes the conformance suite that third parties are given; and the suite finds what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from assay.errors import Unavailable
from assay.stage import Candidate, Location, SourceFile, StageContext, StageResult, StageStatus
from assay.testing import LANGUAGES, candidates, check_stage

from host import catalog
from host.peers import Peers
from host.server import serving
from host.settings import Settings
from services.stages.service import Resources
from services.stages.workers import ProcessWorkers
from tests.toys import Toy, completed, finding, opened

BUILT_IN = {entry.name: entry.factory for entry in catalog.BUILT_IN if entry.factory}
READING = [name for name in BUILT_IN if name != "execution"]


@pytest.fixture(scope="module")
async def resources() -> AsyncIterator[Resources]:
    """Give real workers, and no peers."""
    workers = ProcessWorkers(count=2, memory_bytes=2**31, task_seconds=30, tasks_per_worker=1000)
    yield Resources(workers, Peers({}).channel, {})
    workers.close()


def factory_of(name: str) -> Any:
    """Return the factory of a built-in stage."""
    return catalog.load(BUILT_IN[name])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", READING)
async def test_reading_stage(name: str, language: str, resources: Resources) -> None:
    """A built-in stage that reads keeps the contract of stages, in every language that it can judge."""
    async with factory_of(name)(resources) as stage:
        judges = language in stage.languages
    if judges:
        assert await check_stage(factory_of(name), resources, candidates=candidates(language), name=name) == []
    else:
        assert name in {"semantic", "scoring"}


@pytest.mark.docker
@pytest.mark.usefixtures("docker_ready")
async def test_execution(folder: Path, settings: Settings, resources: Resources) -> None:
    """The stage that runs code keeps the contract of stages."""
    some = candidates()[:8]
    async with serving(["sandbox"], f"unix:{folder}/s", settings) as address:
        peers = Peers({"sandbox": address})
        reached = Resources(resources.workers, peers.channel, {})
        assert await check_stage(factory_of("execution"), reached, candidates=some, name="execution") == []
        await peers.close()


async def test_execution_without_a_sandbox(resources: Resources) -> None:
    """Without a sandbox the stage that runs code says so, and keeps the contract."""
    some = candidates()[:4]
    assert await check_stage(factory_of("execution"), resources, candidates=some, name="execution") == []


CODE = b"first_line_of_the_code = 1\nsecond_line_of_the_code = 2\n"
CANDIDATE = Candidate((SourceFile("a.py", CODE),), "python", entry_point="a.py")
FOUND = finding(rule_id="toy/rule", location=Location("a.py", 1, 1, 2, 28))


def finds(**changes: Any) -> Callable[[Candidate, StageContext], Awaitable[StageResult]]:
    """Return a rule that finds something that differs from what is right."""

    async def rule(candidate: Candidate, context: StageContext) -> StageResult:
        return completed(replace(FOUND, **changes))

    return rule


async def problems(resources: Resources, rule: Any, name: str = "", **fields: Any) -> list[str]:
    """Return what the suite says about a toy stage."""
    toy = Toy(**({"name": "toy", "rule": rule} | fields))
    return await check_stage(opened(toy), resources, candidates=[CANDIDATE], name=name)


async def test_nothing_wrong(resources: Resources) -> None:
    """A stage that keeps the contract passes."""
    assert await problems(resources, finds()) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rule_id": "other/rule"}, "the rule is not named toy/"),
        ({"rule_id": "toy/Rule One"}, "the rule is not named toy/"),
        ({"confidence": 1.1}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"message": ""}, "no message"),
        ({"message": "one\ntwo"}, "not one line"),
        ({"suggestion": "x" * 1001}, "not one line"),
        ({"evidence": {"a": "x" * 2001}}, "evidence"),
        ({"message": CODE.decode().replace("\n", " ")}, "quotes more than 1 lines"),
        ({"location": Location("b.py", 1, 1, 1, 2)}, "not one of the files"),
        ({"location": Location("a.py", 0, 1, 1, 2)}, "is none"),
        ({"location": Location("a.py", 2, 1, 1, 2)}, "is none"),
        ({"location": Location("a.py", 1, 1, 4, 1)}, "leaves the file"),
        ({"location": Location("a.py", 1, 1, 1, 99)}, "leaves the file"),
    ],
)
async def test_bad_finding(resources: Resources, changes: dict[str, Any], text: str) -> None:
    """A finding against the contract is told, once."""
    (problem,) = await problems(resources, finds(**changes))
    assert text in problem


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"version": ""}, "no version"),
        ({"description": "two\nlines"}, "not one line"),
        ({"languages": frozenset({"Python"})}, "lower case"),
        ({"requires": ("toy",)}, "requires itself"),
    ],
)
async def test_bad_identity(resources: Resources, fields: dict[str, Any], text: str) -> None:
    """A stage that says of itself what it may not is told so."""
    (problem,) = await problems(resources, finds(), **fields)
    assert text in problem


async def test_another_name(resources: Resources) -> None:
    """A stage that is registered by another name is told so."""
    (problem,) = await problems(resources, finds(), name="static")
    assert problem == "it is registered as 'static' and calls itself 'toy'"


async def raises(candidate: Candidate, context: StageContext) -> StageResult:
    """Raise what is no error of the suite."""
    raise KeyError("x")


async def quotes(candidate: Candidate, context: StageContext) -> StageResult:
    """Quote the code in an error."""
    raise Unavailable(candidate.files[0].content.decode())


async def forgets(candidate: Candidate, context: StageContext) -> StageResult:
    """Report a finding that is not in the result."""
    await context.found(FOUND)
    return completed()


async def unreasoned(candidate: Candidate, context: StageContext) -> StageResult:
    """Skip without a reason."""
    return StageResult(StageStatus.SKIPPED)


def changing() -> Any:
    """Return a rule that never says the same."""
    numbers = iter(range(100))

    async def rule(candidate: Candidate, context: StageContext) -> StageResult:
        return completed(replace(FOUND, message=f"Number {next(numbers)}."))

    return rule


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (raises, "it raised KeyError"),
        (quotes, "quotes more than 0 lines"),
        (forgets, "does not stand in the result"),
        (unreasoned, "has the reason ''"),
        (changing(), "two different results"),
    ],
)
async def test_bad_run(resources: Resources, rule: Any, text: str) -> None:
    """A run against the contract is told."""
    said = await problems(resources, rule)
    assert any(text in problem for problem in said)
    assert len(said) == 1


async def test_deaf_to_cancellation(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that goes on after it was cancelled is told."""
    monkeypatch.setattr("assay.testing.stages.CANCEL_SECONDS", 0.1)
    runs = iter(range(100))

    async def rule(candidate: Candidate, context: StageContext) -> StageResult:
        if next(runs) >= 2:
            for _ in range(20):
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0.05)
        return completed()

    assert await problems(resources, rule) == ["it went on for 0.1 s after it was cancelled"]
