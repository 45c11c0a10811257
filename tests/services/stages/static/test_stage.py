"""The static stage as a server runs it: in real workers."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from assay.errors import InvalidArgument
from assay.stage import Candidate, Finding, SourceFile, Stage, StageStatus

from services.stages.static.stage import stage
from services.stages.workers import ProcessWorkers


class Context:
    """A context that keeps what it is told."""

    prior_results: dict[str, Any] = {}  # noqa: RUF012
    seconds_left = 60.0
    check_determinism = False

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    async def found(self, finding: Finding) -> None:
        """Keep a finding."""
        self.findings.append(finding)

    async def progress(self, message: str, fraction: float) -> None:
        """Check that the fraction is one."""
        assert 0 <= fraction <= 1


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def static() -> AsyncIterator[Stage]:
    """Yield the stage over real workers."""
    workers = ProcessWorkers(count=1, memory_bytes=2 * 1024**3, task_seconds=60, tasks_per_worker=100)
    try:
        async with stage(SimpleNamespace(workers=workers, options={})) as built:
            yield built
    finally:
        workers.close()


async def test_every_python_file_is_read(static: Stage) -> None:
    """Findings of every Python file come early and in the result; other files and tests are left alone."""
    files = (
        SourceFile("main.py", b"import helper\nprint(helper.f())\n"),
        SourceFile("helper.py", b"def f():\n    return missing\n"),
        SourceFile("notes.md", b"```python\nx =\n```\n"),
        SourceFile("types.pyi", b"def f() -> int: ...\n"),
    )
    context = Context()
    result = await static.run(Candidate(files, "python"), context)
    assert result.status is StageStatus.COMPLETED
    assert result.details == {"files": "3"}
    assert [finding.rule_id for finding in result.findings] == ["static/undefined-name"]
    assert tuple(context.findings) == result.findings


async def test_an_entry_point_without_suffix_is_python(static: Stage) -> None:
    """A script whose name says nothing is judged as the candidate's language."""
    result = await static.run(Candidate((SourceFile("script", b"x ="),), "python"), Context())
    assert [finding.rule_id for finding in result.findings] == ["static/cut-off"]


async def test_a_version_that_is_none(static: Stage) -> None:
    """A version that is none is the caller's error, before anything is read."""
    candidate = Candidate((SourceFile("a.py", b"x = 1\n"),), "python", language_version="banana")
    with pytest.raises(InvalidArgument, match="language_version"):
        await static.run(candidate, Context())
