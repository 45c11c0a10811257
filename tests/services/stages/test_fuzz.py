"""
The reading stages over sources that chance makes: never an exception, and every finding within the contract.

The same sources are made in every run of continuous integration; elsewhere, and in the slow runs, others each time.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from assay.findings import Contract, lines_of
from assay.languages import DEFAULT_VERSIONS
from assay.stage import Candidate, Fix, SourceFile, Stage, StageResult, StageStatus
from assay.testing import LANGUAGES, Context
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from host import catalog
from host.peers import Peers
from services.stages.service import Resources
from services.stages.workers import ProcessWorkers
from tests.services.stages.hostile_sources import file_name
from tests.services.stages.mutations import TEXTS, mutated

READING = ("static", "placeholder", "semantic")


def often(examples: int) -> settings:
    """Return how a quick run goes: with the same sources each time where CI is set."""
    return settings(
        max_examples=examples,
        derandomize=bool(os.environ.get("CI")),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def long(examples: int) -> settings:
    """Return how a slow run goes."""
    return settings(often(examples), derandomize=False)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stages() -> AsyncIterator[tuple[Stage, ...]]:
    """Build the reading stages as a server does, over real workers."""
    workers = ProcessWorkers(count=2, memory_bytes=2**31, task_seconds=30, tasks_per_worker=100_000)
    factories = {entry.name: entry.factory for entry in catalog.BUILT_IN if entry.factory}
    async with AsyncExitStack() as stack:
        stack.callback(workers.close)
        resources = Resources(workers, Peers({}).channel, {})
        yield tuple([await stack.enter_async_context(catalog.load(factories[name])(resources)) for name in READING])


async def holds(stages: tuple[Stage, ...], language: str, content: bytes) -> None:
    """Hold that every stage that knows the language judges a source, twice the same, and by the contract."""
    file = SourceFile(file_name(language), content)
    candidate = Candidate((file,), language, DEFAULT_VERSIONS.get(language, ""), file.path)
    asked = [stage for stage in stages if language in stage.languages]
    results = await asyncio.gather(*(stage.run(candidate, Context()) for stage in asked))
    again = await asyncio.gather(*(stage.run(candidate, Context()) for stage in asked))
    for stage, result, second in zip(asked, results, again, strict=True):
        assert result.status in {StageStatus.COMPLETED, StageStatus.SKIPPED}, result.reason
        assert result.findings == second.findings
        check(stage, result, file)


def check(stage: Stage, result: StageResult, file: SourceFile) -> None:
    """Hold that a result's findings keep the contract, and that its fixes can be made."""
    contract = Contract(stage.name, (file,))
    # Where the bytes are no UTF-8, only the stage knows by which characters it counted.
    countable = isinstance(lines_of(file), list)
    for finding in result.findings:
        assert list(contract.problems(finding)) == [], finding
        for fix in finding.fixes if countable else ():
            assert applied(fix, file), finding


def applied(fix: Fix, file: SourceFile) -> bytes | bool:
    """Return a file with a fix made, by the contract's lines and columns; a fix that changes nothing is false."""
    text = file.content.decode("utf-8-sig")
    lines = lines_of(file)
    assert isinstance(lines, list), "a fix of what is no text"
    begins = _begins(text, lines)
    for edit in sorted(fix.edits, key=lambda edit: (edit.range.start_line, edit.range.start_column), reverse=True):
        start = begins[edit.range.start_line - 1] + edit.range.start_column - 1
        end = begins[edit.range.end_line - 1] + edit.range.end_column - 1
        text = text[:start] + edit.new_text + text[end:]
    return text.encode() if text != file.content.decode("utf-8-sig") else False


def _begins(text: str, lines: list[str]) -> list[int]:
    """Return where each line begins."""
    begins, at = [], 0
    for line in lines:
        begins.append(at)
        at += len(line)
        at += 2 if text[at : at + 2] == "\r\n" else 1
    return begins


ONCE_WRONG = (("python", b"# -*- coding: utf-16 -*-\nimport numpy.linalg\n"),)
"""Sources over which a stage once stumbled, made short."""


@pytest.mark.parametrize(("language", "content"), ONCE_WRONG, ids=itertools.count())
async def test_once_wrong(stages: tuple[Stage, ...], language: str, content: bytes) -> None:
    """What went wrong once does not go wrong again."""
    await holds(stages, language, content)


ANY = st.sampled_from(LANGUAGES)


@given(language=ANY, content=st.binary(max_size=400))
@often(60)
async def test_bytes(stages: tuple[Stage, ...], language: str, content: bytes) -> None:
    """Any bytes are judged."""
    await holds(stages, language, content)


@given(language=ANY, text=TEXTS)
@often(90)
async def test_text(stages: tuple[Stage, ...], language: str, text: str) -> None:
    """Any text is judged."""
    await holds(stages, language, text.encode())


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@often(12)
async def test_mutated(stages: tuple[Stage, ...], language: str, data: st.DataObject) -> None:
    """A program with parts deleted, repeated, swapped or put in is judged."""
    content = data.draw(mutated(language))
    note(repr(content))
    await holds(stages, language, content)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@given(language=ANY, content=st.one_of(st.binary(max_size=4_000), TEXTS.map(str.encode)))
@long(2_000)
async def test_much(stages: tuple[Stage, ...], language: str, content: bytes) -> None:
    """Any bytes and texts are judged, over many more of them."""
    await holds(stages, language, content)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@long(500)
async def test_mutated_much(stages: tuple[Stage, ...], language: str, data: st.DataObject) -> None:
    """Mutated programs are judged, over many more of them."""
    content = data.draw(mutated(language))
    note(repr(content))
    await holds(stages, language, content)
