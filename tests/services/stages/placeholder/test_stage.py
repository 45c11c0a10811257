"""The placeholder stage as a server runs it: in real workers."""

from types import SimpleNamespace
from typing import Any

from assay.stage import Candidate, Finding, SourceFile, StageStatus

from services.stages.placeholder.stage import stage
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


async def test_every_file_of_a_language_is_read() -> None:
    """Findings of every file come early and in the result, each read as its language; other files are left alone."""
    files = (
        SourceFile("main.py", b"import store\n\nprint(store.load('a'))\n"),
        SourceFile("store.py", b'def load(path):\n    """Load a store."""\n    raise NotImplementedError\n'),
        SourceFile("site/app.js", b"export function total(rows) {\n  throw new Error('not implemented');\n}\n"),
        SourceFile("notes.md", b"# TODO: implement\n"),
    )
    workers = ProcessWorkers(count=1, memory_bytes=2 * 1024**3, task_seconds=60, tasks_per_worker=100)
    context = Context()
    try:
        async with stage(SimpleNamespace(workers=workers)) as built:
            result = await built.run(Candidate(files, "python", language_version="banana"), context)
    finally:
        workers.close()
    assert (result.status, result.details) == (StageStatus.COMPLETED, {"files": "3"})
    places = [(finding.location.path, finding.location.start_line) for finding in result.findings if finding.location]
    assert places == [("store.py", 3), ("site/app.js", 2)]
    assert {finding.rule_id for finding in result.findings} == {"placeholder/not-implemented"}
    assert tuple(context.findings) == result.findings
