"""The reading stages, behind the real engine, find in the corpus what its cases expect, and reject none else."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from assay.client import Suite, connect
from assay.v1 import finding_pb2, validation_pb2

from host.embedded import embedded
from host.settings import Settings
from tests.corpus.reading_cases import ReadingCase, load

READING = ("static", "placeholder", "semantic")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def suite() -> AsyncIterator[Suite]:
    """Run the suite without its sandbox."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    try:
        settings = Settings(state_dir=folder, sandbox_enabled=False)
        async with embedded(settings) as address, connect(address) as client:
            yield client
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("case", load(), ids=lambda case: case.name)
async def test_case(case: ReadingCase, suite: Suite) -> None:
    """Every rule that the case expects is found, at its line; a case that expects none is not rejected."""
    policy = validation_pb2.ValidationPolicy(stages=READING, run_all_stages=True)
    request = validation_pb2.ValidateRequest(candidate=case.candidate(), policy=policy)
    answer = await suite.validation.Validate(request, timeout=60)
    _skip_what_cannot_be_read_here(case, answer.validation)
    findings = [finding for result in answer.validation.stage_results for finding in result.findings]
    seen = {finding.rule_id for finding in findings}
    seen |= {f"{finding.rule_id}@{finding.location.start_line}" for finding in findings}
    assert set(case.expect) <= seen, sorted(seen)
    assert not set(case.absent) & seen
    if not case.expect:
        assert [finding.rule_id for finding in findings if _rejects(finding)] == []


def _rejects(finding: finding_pb2.Finding) -> bool:
    return finding.severity >= finding_pb2.SEVERITY_HIGH and finding.category != finding_pb2.FINDING_CATEGORY_SECURITY


def _skip_what_cannot_be_read_here(case: ReadingCase, validation: validation_pb2.Validation) -> None:
    """A part of a stage may need a program that is not there; where CI has the program, that is a failure."""
    missing = "; ".join(
        result.details["not_available"] for result in validation.stage_results if "not_available" in result.details
    )
    if not missing or case.language not in ("javascript", "typescript"):
        return
    if os.environ.get("CI") and shutil.which("node"):
        pytest.fail(missing, pytrace=False)
    if any(rule.startswith("semantic/") for rule in (*case.expect, *case.absent)):
        pytest.skip(missing)
