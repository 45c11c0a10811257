"""Sources that are made to cost the static stage its time or its life: each is judged within bounds, beside others."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from assay.languages import SUFFIXES
from assay.stage import Candidate, Severity, SourceFile, Stage, StageStatus

from services.stages.rules import MAX_FINDINGS
from services.stages.static.stage import stage
from services.stages.workers import ProcessWorkers
from tests.services.stages.hostile_sources import MIB, file_name, hostile
from tests.services.stages.static.test_stage import Context

LANGUAGES = sorted(set(SUFFIXES.values()))

SIZE = 128 * 1024
"""Bytes that a loop within a loop over them takes minutes for."""

BOUND = 60.0
"""Seconds within which the stage answers; a machine that does much else needs more than it takes alone."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def static() -> AsyncIterator[Stage]:
    """Yield the stage over two real workers, so that one is free while another reads."""
    workers = ProcessWorkers(count=2, memory_bytes=2048 * MIB, task_seconds=BOUND, tasks_per_worker=500)
    try:
        async with stage(SimpleNamespace(workers=workers, options={})) as built:
            yield built
    finally:
        workers.close()


async def judged(static: Stage, language: str, content: bytes) -> dict[str, Severity]:
    """Return the rules that fire in one source, while another is judged beside it."""
    candidate = Candidate((SourceFile(file_name(language), content),), language)
    beside = Candidate((SourceFile("a.py", b"def f():\n    return missing\n"),), "python")
    context: Any = Context()
    async with asyncio.timeout(BOUND):
        result, other = await asyncio.gather(static.run(candidate, context), static.run(beside, context))
    assert result.status is StageStatus.COMPLETED
    assert [finding.rule_id for finding in other.findings] == ["static/undefined-name"]
    assert len(result.findings) <= MAX_FINDINGS
    return {finding.rule_id: finding.severity for finding in result.findings}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "html"])
async def test_nesting(static: Stage, language: str) -> None:
    """Brackets a hundred thousand deep are a finding that rejects."""
    found = await judged(static, language, hostile(language, "nested"))
    assert max(found.values()) is Severity.CRITICAL


@pytest.mark.parametrize("language", ["python", "javascript", "json"])
async def test_long_line(static: Stage, language: str) -> None:
    """A single line of five MiB is read to its end."""
    await judged(static, language, hostile(language, "long text"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_text(static: Stage, language: str) -> None:
    """Bytes that are no UTF-8 are told, and end nothing."""
    found = await judged(static, language, hostile(language, "no text"))
    assert found.keys() & {"static/unreadable-text", "static/legacy-encoding", "static/binary-file"}


@pytest.mark.parametrize("language", ["python", "javascript", "json"])
async def test_long_names(static: Stage, language: str) -> None:
    """Names of a megabyte are names."""
    await judged(static, language, hostile(language, "long names"))


@pytest.mark.slow
async def test_many_findings(static: Stage) -> None:
    """Of very many undefined names and calls the gravest are told, and nobody waits for the rest."""
    found = await judged(static, "python", b"eval(x)\n" * 100_000)
    assert "static/undefined-name" in found
    found = await judged(static, "c", b"#include <string.h>\nvoid f(void) {\n" + b"gets(x);\n" * 50_000 + b"}\n")
    assert found == {"static/unbounded-read": Severity.MEDIUM}


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("c", 'R"x('),
        ("c", "\\'"),
        ("javascript", "=/["),
        ("rust", 'r#"'),
        ("ruby", "<<~EOF\n"),
        ("bash", "<<EOF\n"),
        ("bash", ")"),
        ("php", "<<<X\n"),
        ("sql", "$a$ $b"),
        ("html", '<a "'),
        ("html", "<![CDATA[>"),
        ("html", "<div>"),
        ("c", "#if 1\n"),
        ("json", "[1,"),
        ("yaml", "- "),
        ("yaml", "&a [*a,"),
        ("python", "f'{"),
        ("python", "```\n"),
    ],
)
async def test_units(static: Stage, language: str, unit: str) -> None:
    """What looks for an end that is not there looks once, and not once from each beginning."""
    await judged(static, language, (unit * (SIZE // len(unit))).encode())
