"""What is measured of validations, read as an exporter would read it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.stage import Candidate, Finding, RuleInfo, Severity, SourceFile, StageResult, StageStatus
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader

from host import database
from host.caller import SYSTEM_TENANT, Caller, acting_for
from host.settings import Settings
from services.validation.engine import StageDescription
from services.validation.judgement import Judgement, Repair, Round
from services.validation.judging import Prepared
from services.validation.metrics import MOST_RULES, Instruments, MeteredJudging, MeteredStore
from services.validation.policy import Policy, StageTimes
from services.validation.repair import Rounds
from services.validation.statistics import QueueFigures
from services.validation.store import Stored
from services.validation.verdict import decide
from tests import toys

POLICY = Policy(
    stages=("static",), required=frozenset({"static"}), reject_below=None, run_all_stages=False,
    timeouts={"static": 9.0}, security_votes=False,
)  # fmt: skip
CANDIDATE = Candidate(files=(SourceFile("a.py", b"x = 1\n"),), language="python", entry_point="a.py")


class Measured:
    """Instruments for the stages "static" and "semantic", and what an exporter would send of them."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider(metric_readers=[self._reader])
        self.instruments = Instruments(self._provider.get_meter("test"), ("static", "semantic"))

    def read(self, name: str) -> dict[tuple[Any, ...], float]:
        """Return the values of a metric, or how many were recorded, by the attributes' values in their names' order."""
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = [metric for each in data.resource_metrics for scope in each.scope_metrics for metric in scope.metrics]
        return {
            tuple(value for _, value in sorted((point.attributes or {}).items())): point.count
            if isinstance(point, HistogramDataPoint)
            else point.value  # type: ignore[union-attr]
            for metric in metrics
            if metric.name == f"assay.validation.{name}"
            for point in metric.data.data_points
        }


def judged(*findings: Finding, stage: str = "static") -> Judgement:
    """Return the judgement of a candidate in which a stage found something."""
    found = tuple(replace(finding, stage=stage) for finding in findings)
    results = (StageResult(StageStatus.COMPLETED, found, stage=stage, seconds=0.5),)
    return Judgement(CANDIDATE, POLICY, results, decide(results, POLICY))


def test_judged() -> None:
    """A validation is counted by its verdict, its findings by their rules, its stages by what they came to."""
    measured = Measured()
    low = toys.finding(Severity.LOW, rule_id="static/long-line")
    measured.instruments.judged(judged(low, low, replace(low, suppressed="known")), None, 1.0)
    measured.instruments.judged(judged(toys.finding(rule_id="static/merge-marker")), None, 1.0)
    failed = StageResult(StageStatus.FAILED, stage="semantic", reason="it broke")
    measured.instruments.judged(Judgement(CANDIDATE, POLICY, (failed,), decide((failed,), POLICY)), None, 1.0)
    assert measured.read("validations") == {("authentic",): 1, ("inauthentic",): 1, ("inconclusive",): 1}
    assert measured.read("findings") == {("static/long-line",): 2, ("static/merge-marker",): 1}
    assert measured.read("stage.duration") == {("static", "completed"): 2, ("semantic", "failed"): 1}
    assert measured.read("duration") == {(): 3}


def test_rules_of_others() -> None:
    """Rules that are not named after the stage that found them, of other stages, and too many, are one."""
    measured = Measured()
    count = measured.instruments.judged
    count(judged(toys.finding(rule_id="house-style/breakpoint")), None, 1.0)
    count(judged(toys.finding(rule_id="mine/rule"), stage="mine"), None, 1.0)
    count(judged(*(toys.finding(rule_id=f"static/{number}") for number in range(MOST_RULES + 5))), None, 1.0)
    count(judged(toys.finding(rule_id="static/0")), None, 1.0)
    rules = measured.read("findings")
    assert len(rules) == MOST_RULES + 1
    assert (rules["other",], rules["static/0",]) == (7, 2)


def test_repairs() -> None:
    """A repair is counted by whether it improved the candidate, and its rounds by whether they were kept."""
    measured = Measured()
    after = judged()
    rounds = (
        Round(1, "fixes", ("f",), "", after, kept=True, reason=""),
        Round(2, "fixes", ("g",), "", None, kept=False, reason="not judged"),
    )
    measured.instruments.judged(judged(), Repair(rounds, after, ""), 1.0)
    measured.instruments.judged(judged(), Repair(rounds[1:]), 1.0)
    measured.instruments.judged(judged(), Repair(), 1.0)
    assert measured.read("repairs") == {(True,): 1, (False,): 1}
    assert measured.read("repair.rounds") == {(True,): 1, (False,): 2}
    assert measured.read("stage.duration") == {("static", "completed"): 4}


def test_queue() -> None:
    """What waits and runs is told as it is when somebody asks."""
    measured = Measured()
    figures = QueueFigures(3, 1, 2.5)
    measured.instruments.watch_queue(lambda: figures)
    with measured.instruments.making():
        assert measured.read("under_way") == {(): 1}
    assert measured.read("under_way") == {(): 0}
    assert (measured.read("queue.depth"), measured.read("queue.age")) == ({(): 3}, {(): 2.5})


class NoStages:
    """Stages that are all unavailable."""

    @asynccontextmanager
    async def about(
        self, candidate: Candidate, names: Sequence[str], seconds: float, *, check_determinism: bool
    ) -> AsyncIterator["NoStages"]:
        """Run nothing."""
        yield self

    async def describe(self, seconds: float) -> list[StageDescription]:
        """List none."""
        return []

    async def rules(self, name: str, seconds: float) -> list[RuleInfo]:
        """List none."""
        return []

    async def run(self, name: str, prior: object, seconds: float) -> StageResult:
        """Never be asked."""
        raise AssertionError


async def test_the_suites_own_do_not_count(folder: Path) -> None:
    """What the suite asks for itself is judged and looked up, and not counted."""
    measured = Measured()
    judging = MeteredJudging(NoStages(), StageTimes(1.0, {}), Rounds(), measured.instruments)
    known = {"static": StageDescription("static", unavailable="away")}
    held = database.Database(Settings(state_dir=folder))
    store = MeteredStore(held, 10, measured.instruments)
    for tenant in (SYSTEM_TENANT, "local"):
        with acting_for(Caller(tenant)):
            judgement, _ = await judging.judge(Prepared(CANDIDATE, POLICY, known), None)
            assert judgement.results[0].status is StageStatus.FAILED
            assert await store.reusable(tenant, "k") is None
            await store.add(Stored(f"val_{tenant}", tenant, "", "", 1, b"", key="k"))
            assert await store.reusable(tenant, "k") is not None
    await held.close()
    assert measured.read("validations") == {("inconclusive",): 1}
    assert measured.read("reuse") == {("miss",): 1, ("hit",): 1}
