"""The stage as the host builds it, with real worker processes behind it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
import pytest
from assay.errors import InvalidArgument, PluginFailed
from assay.stage import Candidate, Finding, SourceFile, Stage, StageResult, StageStatus, Workers

from services.stages.semantic.catalog import read_manifest
from services.stages.semantic.imports_part import TABLES, tables_fingerprint
from services.stages.semantic.part import Report
from services.stages.semantic.rules import UNKNOWN_PACKAGE
from services.stages.semantic.stage import SemanticStage, stage
from services.stages.workers import ProcessWorkers


@dataclass
class Resources:
    """What the host would give: workers, and no channel."""

    workers: Workers
    options: Mapping[str, str] = field(default_factory=dict)

    def channel(self, service: str) -> grpc.aio.Channel:
        """Fail: the stage calls nobody."""
        raise AssertionError(f"the stage needs no {service}")


@dataclass
class Context:
    """Keeps the findings it is told of."""

    findings: list[Finding] = field(default_factory=list)
    prior_results: dict[str, StageResult] = field(default_factory=dict)
    seconds_left: float = 60.0
    check_determinism: bool = False

    async def found(self, finding: Finding) -> None:
        """Keep the finding."""
        self.findings.append(finding)

    async def progress(self, message: str, fraction: float) -> None:
        """Take no notice."""


@pytest.fixture(scope="module")
async def semantic() -> AsyncIterator[Stage]:
    """The stage over one real worker."""
    workers = ProcessWorkers(count=1, memory_bytes=2 * 1024**3, task_seconds=60.0, tasks_per_worker=100)
    try:
        async with stage(Resources(workers)) as built:
            yield built
    finally:
        workers.close()


async def test_findings_come_back_from_the_workers(semantic: Stage) -> None:
    """A made-up package is found in a worker, told of at once, and stands in the result."""
    context = Context()
    candidate = Candidate((SourceFile("main.py", b"import os\nimport quantum_flux_serializer\n"),), "python")
    result = await semantic.run(candidate, context)
    assert result.status is StageStatus.COMPLETED
    assert [finding.rule_id for finding in result.findings] == ["semantic/unknown-package"]
    assert context.findings == list(result.findings)
    assert result.details["imported_modules"] == "2"


async def test_clean_code_has_no_findings(semantic: Stage) -> None:
    """Imports that exist yield a completed result without findings."""
    candidate = Candidate((SourceFile("main.py", b"import json\nfrom PIL import Image\n"),), "python")
    result = await semantic.run(candidate, Context())
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())


async def test_version_names_the_data(semantic: Stage) -> None:
    """The version that answers are stored under names the catalog's date and content, and the tables'."""
    manifest = read_manifest()
    assert f"{manifest.date}.{manifest.fingerprint}.{tables_fingerprint()}" in semantic.version
    assert semantic.languages == {"python", "javascript", "typescript", "go", "java"}
    assert (semantic.name, semantic.requires) == ("semantic", ())


@pytest.mark.parametrize("altered", TABLES)
def test_any_table_changes_the_fingerprint(tmp_path: Path, altered: str) -> None:
    """A change of one table gives another fingerprint."""
    for name in TABLES:
        (tmp_path / name).write_text(name)
    before = tables_fingerprint(tmp_path)
    (tmp_path / altered).write_text("other")
    assert tables_fingerprint(tmp_path) != before


@dataclass
class Says:
    """A part that says what it is built with, or raises it."""

    outcome: Report | Exception
    unavailable: str = ""
    version: str = "1"
    languages: frozenset[str] = frozenset({"python"})

    async def judge(self, candidate: Candidate) -> Report:
        """Say it."""
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


FOUND = Says(Report((UNKNOWN_PACKAGE.finding("It does not exist."),)))
CANDIDATE = Candidate((SourceFile("main.py", b"import nothing_of_that_name\n"),), "python")


async def test_a_part_that_is_not_there_is_no_pass() -> None:
    """Where a part cannot be asked the stage is skipped, with what to do; what the others found stands all the same."""
    missing = Says(Report(), unavailable="install it")
    context = Context()
    result = await SemanticStage([missing, FOUND]).run(CANDIDATE, context)
    assert (result.status, result.reason) == (StageStatus.SKIPPED, "install it")
    assert [finding.rule_id for finding in result.findings] == ["semantic/unknown-package"]
    assert context.findings == list(result.findings)


async def test_a_part_that_fails_costs_no_finding() -> None:
    """Where a part fails the stage has failed, by its reason; what the others found stands all the same."""
    result = await SemanticStage([Says(PluginFailed("it was lost")), FOUND]).run(CANDIDATE, Context())
    assert (result.status, result.reason) == (StageStatus.FAILED, "it was lost")
    assert [finding.rule_id for finding in result.findings] == ["semantic/unknown-package"]


async def test_a_bad_candidate_is_the_callers_error() -> None:
    """What is wrong with the request is raised, not told of the stage."""
    with pytest.raises(InvalidArgument, match="language_version"):
        await SemanticStage([Says(InvalidArgument("candidate.language_version", "is none")), FOUND]).run(
            CANDIDATE, Context()
        )
