"""The scoring stage as a server runs it: in real workers, over results of the other stages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from assay.stage import Candidate, Finding, Severity, SourceFile, StageResult, StageStatus, TestSuite

from services.stages.scoring.evidence import STAGES
from services.stages.scoring.stage import ScoringStage, stage
from services.stages.workers import ProcessWorkers
from tests.toys import finding

CODE = b'def area(width, height):\n    """Return the area."""\n    return width * height\n'
TESTS = TestSuite((SourceFile("test_a.py", b"assert area(2, 3) == 6\n"),))
CANDIDATE = Candidate((SourceFile("a.py", CODE),), "python", entry_point="a.py", tests=(TESTS,))
PASSED = {"tests_total": "3", "tests_passed": "3", "tests_failed": "0", "tests_skipped": "0", "outcome": "OK"}


@dataclass
class Context:
    """A context with the results of other stages."""

    prior_results: dict[str, StageResult] = field(default_factory=dict)
    seconds_left: float = 60.0
    check_determinism: bool = False

    async def found(self, finding: Finding) -> None:
        """Refuse: this stage finds nothing."""
        raise AssertionError

    async def progress(self, message: str, fraction: float) -> None:
        """Take no notice."""


def clean(*names: str, **details: str) -> dict[str, StageResult]:
    """Return what stages say that found nothing."""
    return {
        name: StageResult(StageStatus.COMPLETED, stage=name, details=details if name == "execution" else {})
        for name in names or STAGES
    }


@pytest.fixture(scope="module")
async def scoring() -> AsyncIterator[Any]:
    """Build the stage over real workers."""
    workers = ProcessWorkers(count=1, memory_bytes=2 * 1024**3, task_seconds=60, tasks_per_worker=100)
    async with stage(SimpleNamespace(workers=workers, options={})) as built:
        yield built
    workers.close()


async def score(scoring: Any, results: dict[str, StageResult], candidate: Candidate = CANDIDATE) -> StageResult:
    """Return what the stage says."""
    said: StageResult = await scoring.run(candidate, Context(results))
    return said


async def test_a_score(scoring: Any) -> None:
    """The result has a score, what moved it, the model that made it, and below which score it rejects."""
    result = await score(scoring, clean(**PASSED))
    assert result.status is StageStatus.COMPLETED
    assert result.score is not None
    assert result.score > 0.9
    assert result.contributions
    assert result.details["scorer"] in scoring.version
    assert 0 < float(result.details["reject_below"]) < result.score
    assert (result.details["known"], result.details["missing_stages"]) == ("tests", "")


async def test_what_is_known(scoring: Any) -> None:
    """A score says what it rests on, and which stages it lacks."""
    result = await score(scoring, clean("static", "placeholder"))
    assert (result.details["known"], result.details["missing_stages"]) == ("read", "semantic, execution")


async def test_examples_are_no_tests(scoring: Any) -> None:
    """Where no tests came, examples that pass are no tests that passed: the score is less sure."""
    bare = await score(scoring, clean(**PASSED), replace(CANDIDATE, tests=()))
    tested = await score(scoring, clean(**PASSED))
    assert (bare.details["known"], tested.details["known"]) == ("run", "tests")
    assert bare.score is not None
    assert tested.score is not None
    assert bare.score < tested.score


async def test_evidence_lowers_it(scoring: Any) -> None:
    """Findings that reject make a score that is nearly 0, and failing tests do."""
    grave = {"placeholder": StageResult(StageStatus.COMPLETED, (finding(Severity.HIGH),), stage="placeholder")}
    failed = finding(Severity.HIGH, rule_id="execution/test-failed")
    runs = clean(**(PASSED | {"tests_passed": "1", "tests_failed": "2"}))
    runs["execution"] = replace(runs["execution"], findings=(failed,))
    told = [await score(scoring, results) for results in (clean(), clean() | grave, runs)]
    values = [result.score or 0.0 for result in told]
    assert values[0] > 0.5
    assert max(values[1:]) < 0.2
    assert any(one.log_odds < 0 for one in told[1].contributions)


async def test_what_is_silenced_does_not_count(scoring: Any) -> None:
    """Where the policy silences a finding, the score is that of code of which the finding is not known."""
    silenced = finding(Severity.HIGH, suppressed="known")
    results = clean() | {"static": StageResult(StageStatus.COMPLETED, (silenced,), stage="static")}
    result = await score(scoring, results)
    assert result.score is not None
    assert result.score > 0.5
    assert not any(one.feature == "code_lines" for one in result.contributions if one.value is not None)


@pytest.mark.parametrize(
    "results", [{}, {name: StageResult(StageStatus.SKIPPED, stage=name, reason="no socket") for name in STAGES}]
)
async def test_nothing_told(scoring: Any, results: dict[str, StageResult]) -> None:
    """Without a word of any other stage there is no score."""
    result = await score(scoring, results)
    assert (result.status, result.score) == (StageStatus.SKIPPED, None)
    assert result.reason


async def test_code_that_cannot_be_read(scoring: Any) -> None:
    """Of files that are no text only what other stages told is weighed."""
    result = await score(scoring, clean(), replace(CANDIDATE, files=(SourceFile("a.py", b"\xff\xff\xff"),)))
    assert result.status is StageStatus.COMPLETED


async def test_a_broken_model() -> None:
    """A model that could not be loaded fails the stage, with the reason."""
    broken = ScoringStage(SimpleNamespace(), None, "the model is altered")
    result = await broken.run(CANDIDATE, Context(clean()))
    assert (result.status, result.reason, result.score) == (StageStatus.FAILED, "the model is altered", None)
    assert broken.version.endswith("+none")
