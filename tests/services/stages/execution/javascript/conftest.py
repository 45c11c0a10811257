"""The execution stage over candidates in JavaScript and TypeScript."""

from collections.abc import Awaitable, Callable

import pytest
from assay.stage import Candidate, Finding, Severity, SourceFile, Stage, StageResult, TestFramework, TestSuite

from tests.services.stages.execution.conftest import Context

Judge = Callable[..., Awaitable[StageResult]]
SUFFIXES = {"javascript": "js", "typescript": "ts"}


def candidate(
    code: str | dict[str, str],
    *tests: str,
    language: str = "javascript",
    framework: TestFramework = TestFramework.UNSPECIFIED,
    test: str = "",
    specification: str = "",
) -> Candidate:
    """Return a candidate of one file, or of several, with a suite for each test file."""
    suffix = SUFFIXES[language]
    files = {f"main.{suffix}": code} if isinstance(code, str) else code
    return Candidate(
        files=tuple(SourceFile(path, content.encode()) for path, content in files.items()),
        language=language,
        entry_point=next(iter(files)),
        specification=specification,
        tests=tuple(
            TestSuite((SourceFile(test or f"main.test.{suffix}", text.encode()),), framework) for text in tests
        ),
    )


@pytest.fixture
def judge(execution: Stage) -> Judge:
    """Give a function that runs the stage over a candidate, and checks that what it told early is what it found."""

    async def run(*arguments: str | dict[str, str], determinism: bool = False, **fields: object) -> StageResult:
        context = Context(check_determinism=determinism)
        result = await execution.run(candidate(*arguments, **fields), context)  # type: ignore[arg-type]
        assert tuple(context.findings) == result.findings
        return result

    return run


def rejecting(result: StageResult) -> list[Finding]:
    """Return the findings that reject a candidate."""
    return [finding for finding in result.findings if finding.severity >= Severity.HIGH]
