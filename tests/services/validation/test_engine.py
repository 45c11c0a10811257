"""The engine: what runs beside what, what stops what, and what becomes of a stage that cannot."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from assay.errors import AssayError, PluginFailed, StoreUnavailable, Unavailable, UnknownLanguage
from assay.stage import Candidate, Category, RuleInfo, Severity, SourceFile, StageResult, StageStatus

from services.validation.engine import VERDICT_SECONDS, Run, StageDescription, in_language, in_order
from services.validation.following import NOBODY, Follower
from services.validation.judgement import Round
from services.validation.policy import Policy
from services.validation.suppression import NOTHING_SILENCED, Silence, Suppression
from tests.toys import completed, finding

CANDIDATE = Candidate((SourceFile("a.py", b""),), "python")

Rule = Callable[[Mapping[str, StageResult]], Awaitable[StageResult]]


class LocalStages:
    """Stages that are functions in this process."""

    def __init__(self, **rules: Rule) -> None:
        self.stage_rules = rules
        self.order: list[str] = []
        self.named = set[str]()
        self.twice = False

    async def describe(self, seconds: float) -> Sequence[StageDescription]:
        """See Stages."""
        return [StageDescription(name) for name in self.stage_rules]

    @asynccontextmanager
    async def about(
        self, candidate: Candidate, names: Sequence[str], seconds: float, *, check_determinism: bool
    ) -> AsyncIterator["LocalStages"]:
        """See Stages."""
        self.twice, self.named = check_determinism, set(names)
        yield self

    async def run(self, name: str, prior: Mapping[str, StageResult], seconds: float) -> StageResult:
        """See StageRuns."""
        self.order.append(name)
        result = await self.stage_rules[name](prior)
        return StageResult(result.status, result.findings, stage=name, reason=result.reason)

    async def rules(self, name: str, seconds: float) -> Sequence[RuleInfo]:
        """See Stages."""
        raise PluginFailed("it lists no rules")


async def passes(prior: Mapping[str, StageResult]) -> StageResult:
    """Find nothing."""
    return completed()


async def hangs(prior: Mapping[str, StageResult]) -> StageResult:
    """Never end."""
    await asyncio.sleep(60)
    return completed()


async def critical(prior: Mapping[str, StageResult]) -> StageResult:
    """Find, after a moment, something that cannot be used at all."""
    await asyncio.sleep(0.01)
    return completed(finding(Severity.CRITICAL))


async def run(
    stages: LocalStages,
    *,
    seconds: float = 30,
    run_all: bool = False,
    times: Mapping[str, float] | None = None,
    security_votes: bool = False,
    known: Sequence[StageDescription] = (),
    silence: Silence = NOTHING_SILENCED,
    follower: Follower = NOBODY,
    twice: bool = False,
) -> dict[str, StageResult]:
    """Take a candidate through stages; those that are not described require nothing."""
    names = tuple(stages.stage_rules)
    described = {name: StageDescription(name) for name in names} | {stage.name: stage for stage in known}
    timeouts = dict.fromkeys(names, 20.0) | dict(times or {})
    policy = Policy(
        names, frozenset(), 0.5, run_all, timeouts, security_votes, silence=silence, check_determinism=twice
    )
    results = await Run(stages, described, policy, seconds, follower).results(CANDIDATE)
    assert [result.stage for result in results] == list(names)
    return {result.stage: result for result in results}


async def test_side_by_side() -> None:
    """Stages that do not depend on one another run at the same time: two that wait for each other both end."""
    met = asyncio.Barrier(2)

    async def meets(prior: Mapping[str, StageResult]) -> StageResult:
        await met.wait()
        return completed()

    results = await run(LocalStages(a=meets, b=meets), seconds=10)
    assert {result.status for result in results.values()} == {StageStatus.COMPLETED}


async def test_requires() -> None:
    """A stage begins after those that it requires, and is given their results and no others'."""
    seen: dict[str, set[str]] = {}

    def notes(name: str) -> Rule:
        async def rule(prior: Mapping[str, StageResult]) -> StageResult:
            seen[name] = set(prior)
            await asyncio.sleep(0.01)
            return completed()

        return rule

    stages = LocalStages(last=notes("last"), middle=notes("middle"), first=notes("first"))
    known = [StageDescription("last", requires=("middle", "absent")), StageDescription("middle", requires=("first",))]
    await run(stages, known=known)
    assert stages.order == ["first", "middle", "last"]
    assert seen == {"first": set(), "middle": {"first"}, "last": {"middle"}}


def test_circle() -> None:
    """Stages that require one another in a circle are an error that names them."""
    with pytest.raises(PluginFailed, match=r"circle: . -> . -> ."):
        in_order({"a": ("b",), "b": ("a",)})
    assert in_order({"a": ("b",)}) == ("a",)


AFTER_A = [StageDescription("b", version="2", requires=("a",))]


async def test_early_exit() -> None:
    """A CRITICAL finding stops what has not begun, which says why; what has begun goes on."""

    async def later(prior: Mapping[str, StageResult]) -> StageResult:
        await asyncio.sleep(0.05)
        return completed()

    stages = LocalStages(a=critical, b=passes, c=later)
    results = await run(stages, known=AFTER_A)
    assert sorted(stages.order) == ["a", "c"]
    assert results["b"] == StageResult(
        StageStatus.SKIPPED, stage="b", version="2", reason="not begun: toy/rule is critical"
    )
    assert results["c"].status is StageStatus.COMPLETED


async def test_run_all_stages() -> None:
    """With run_all_stages nothing is stopped."""
    results = await run(LocalStages(a=critical, b=passes), known=AFTER_A, run_all=True)
    assert results["b"].status is StageStatus.COMPLETED


@pytest.mark.parametrize(
    ("found", "votes", "status"),
    [
        (finding(Severity.HIGH), False, "COMPLETED"),
        (finding(Severity.CRITICAL, 0.49), False, "COMPLETED"),
        (finding(Severity.CRITICAL, category=Category.ENVIRONMENT), False, "COMPLETED"),
        (finding(Severity.CRITICAL, category=Category.SECURITY), False, "COMPLETED"),
        (finding(Severity.CRITICAL, category=Category.SECURITY), True, "SKIPPED"),
    ],
)
async def test_what_does_not_stop(found: object, votes: bool, status: str) -> None:
    """Only a finding that rejects by itself stops the rest: otherwise nobody would be left to decide."""

    async def finds(prior: Mapping[str, StageResult]) -> StageResult:
        return completed(found)  # type: ignore[arg-type]

    results = await run(LocalStages(a=finds, b=passes), known=AFTER_A, security_votes=votes)
    assert results["b"].status.name == status


async def test_suppressed_findings_stop_nothing() -> None:
    """What the policy suppresses stays in the result, marked, and the stages after it run."""
    silence = Silence((Suppression("toy/*", reason="a toy"),))
    results = await run(LocalStages(a=critical, b=passes), known=AFTER_A, silence=silence)
    assert results["b"].status is StageStatus.COMPLETED
    assert [found.suppressed for found in results["a"].findings] == ["suppressed by the policy: a toy"]
    assert all(len(found.fingerprint) == 32 for found in results["a"].findings)


async def test_time_of_a_stage() -> None:
    """A stage that takes longer than it may is FAILED with the time that it had, and the others are heard."""
    results = await run(LocalStages(a=hangs, b=passes), times={"a": 0.2})
    assert (results["a"].status, results["a"].reason) == (StageStatus.FAILED, "it took longer than the 0.2 s it had")
    assert results["b"].status is StageStatus.COMPLETED


async def test_time_of_the_call() -> None:
    """When the call's time runs out the stages give up early enough for an answer to be given in time."""
    started = time.monotonic()
    results = await run(LocalStages(a=hangs, b=passes), seconds=0.6)
    assert time.monotonic() - started < 0.6
    assert results["a"].status is StageStatus.FAILED
    assert VERDICT_SECONDS < 0.6


async def test_no_time_at_all() -> None:
    """Without any time left no stage is tried, and each says so."""
    stages = LocalStages(a=passes)
    results = await run(stages, seconds=0.1)
    assert (results["a"].status, stages.order) == (StageStatus.FAILED, [])


async def test_stage_that_cannot() -> None:
    """An error of a stage is its result, with the error's text as the reason."""

    async def fails(prior: Mapping[str, StageResult]) -> StageResult:
        raise Unavailable("the daemon is gone")

    results = await run(LocalStages(a=fails, b=passes), known=AFTER_A)
    assert (results["a"].status, results["a"].reason) == (StageStatus.FAILED, "the daemon is gone")
    assert results["b"].status is StageStatus.COMPLETED


@pytest.mark.parametrize(("configured", "status"), [(True, StageStatus.FAILED), (False, StageStatus.SKIPPED)])
async def test_unreachable(configured: bool, status: StageStatus) -> None:
    """A stage that cannot be asked is not tried: FAILED where it should be there, SKIPPED where nobody set it up."""
    known = [StageDescription("a", unavailable="no route", configured=configured)]
    stages = LocalStages(a=passes)
    results = await run(stages, known=known)
    assert (results["a"].status, results["a"].reason, stages.order) == (status, "no route", [])


class Recorder:
    """Follows a run: notes what it is told, and knows what was said before."""

    def __init__(self, **done: StageResult) -> None:
        self.done = done
        self.told: list[str] = []

    async def started(self, stage: str) -> None:
        """See Follower."""
        self.told.append(f"{stage} begins")

    async def completed(self, result: StageResult) -> None:
        """See Follower."""
        self.told.append(f"{result.stage} {result.status.name}")
        if result.reason == "tell nobody":
            raise StoreUnavailable("it cannot be told")

    async def unreachable(self, error: AssayError) -> None:
        """See Follower."""
        self.told.append(error.message)

    async def repaired(self, made: Round) -> None:
        """See Follower."""


async def test_followed() -> None:
    """A follower hears of each stage that begins, and of each that has ended or was not begun."""
    follower = Recorder()
    await run(LocalStages(a=critical, b=passes), known=AFTER_A, follower=follower)
    assert follower.told == ["a begins", "a COMPLETED", "b SKIPPED"]


async def test_gone_on_with() -> None:
    """What a stage said before is not asked again nor told again, and counts: it stops, and is given to others."""
    seen: list[Mapping[str, StageResult]] = []

    async def notes(prior: Mapping[str, StageResult]) -> StageResult:
        seen.append(prior)
        return completed()

    earlier = StageResult(StageStatus.COMPLETED, (finding(Severity.LOW),), stage="a")
    stages, follower = LocalStages(a=passes, b=notes), Recorder(a=earlier)
    results = await run(stages, known=AFTER_A, follower=follower)
    assert (stages.order, follower.told) == (["b"], ["b begins", "b COMPLETED"])
    assert stages.named == {"b"}
    assert results["a"] == earlier
    assert seen == [{"a": earlier}]
    grave = StageResult(StageStatus.COMPLETED, (finding(Severity.CRITICAL),), stage="a")
    stopped = await run(LocalStages(a=passes, b=passes), known=AFTER_A, follower=Recorder(a=grave))
    assert stopped["b"].status is StageStatus.SKIPPED


async def test_follower_that_cannot() -> None:
    """Where a follower cannot be told the run ends with its error, and the other stages with it."""

    async def fails(prior: Mapping[str, StageResult]) -> StageResult:
        raise Unavailable("tell nobody")

    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(run(LocalStages(a=fails, b=hangs), follower=Recorder()), 10)


async def test_determinism() -> None:
    """Whether what runs is run twice is the policy's to say."""
    for twice in (True, False):
        stages = LocalStages(a=passes)
        await run(stages, twice=twice)
        assert stages.twice is twice


async def test_cancelled() -> None:
    """Cancelling a run cancels its stages."""
    ended = asyncio.Event()

    async def waits(prior: Mapping[str, StageResult]) -> StageResult:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return completed()

    task = asyncio.create_task(run(LocalStages(a=waits)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize(
    ("path", "language", "known", "expected"),
    [
        ("a.py", "", {"python"}, ("python", "3.13")),
        ("A.PYI", "", {"python"}, ("python", "3.13")),
        ("script", "python", {"python"}, ("python", "3.13")),
        ("a.py", "rust", {"python", "rust"}, ("rust", "")),
        ("a.py", "", set(), ("python", "3.13")),
    ],
)
def test_language(path: str, language: str, known: set[str], expected: tuple[str, str]) -> None:
    """A language that is not given is told from the entry point's name, and a version from the language."""
    candidate = Candidate((SourceFile(path, b""),), language, entry_point=path)
    filled = in_language(candidate, frozenset(known))
    assert (filled.language, filled.language_version) == expected


@pytest.mark.parametrize(
    ("path", "language"), [("a.cob", ""), ("Makefile", ""), ("a.py", "pyhton"), ("a.py", "Python")]
)
def test_unknown_language(path: str, language: str) -> None:
    """A language that no stage can judge, or that nothing tells, is refused by its field."""
    with pytest.raises(UnknownLanguage) as caught:
        in_language(Candidate((SourceFile(path, b""),), language, entry_point=path), frozenset({"python"}))
    assert caught.value.field == "candidate.language"
