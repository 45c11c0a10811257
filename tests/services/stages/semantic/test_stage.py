"""The stage as the host builds it, with real worker processes behind it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
import pytest
from assay.stage import Candidate, Finding, SourceFile, Stage, StageResult, StageStatus, Workers

from services.stages.semantic.catalog import read_manifest
from services.stages.semantic.imports_part import TABLES, tables_fingerprint
from services.stages.semantic.stage import stage
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
    assert semantic.languages == {"python", "javascript", "typescript"}
    assert (semantic.name, semantic.requires) == ("semantic", ())


@pytest.mark.parametrize("altered", TABLES)
def test_any_table_changes_the_fingerprint(tmp_path: Path, altered: str) -> None:
    """A change of one table gives another fingerprint."""
    for name in TABLES:
        (tmp_path / name).write_text(name)
    before = tables_fingerprint(tmp_path)
    (tmp_path / altered).write_text("other")
    assert tables_fingerprint(tmp_path) != before
