"""Hostile sources over the real engine: each ends within a bound, others are answered, and nothing is left behind."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
import pytest_asyncio
from assay.client import Suite, connect
from assay.testing import LANGUAGES
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2

from tests.processes import host
from tests.scenarios.asking import AUTHENTIC
from tests.services.stages.hostile_sources import MIB, SHAPES, file_name, hostile

READING = ("static", "placeholder", "semantic")

BOUND = 90.0
"""Seconds within which whatever is asked has an answer: the longest that one stage may take, and half of that again."""

MAX_BYTES = 1024 * MIB
"""What the server's own process may hold: sources pass through it, and are read elsewhere."""


@dataclass
class Running:
    """A suite that reads, in a process of its own."""

    suite: Suite
    process: psutil.Process

    async def judged(self, *files: tuple[str, bytes], language: str = "") -> validation_pb2.Validation:
        """Return the validation of some files, the first of which is the entry point."""
        messages = [source_pb2.SourceFile(path=path, content=content) for path, content in files]
        policy = validation_pb2.ValidationPolicy(stages=READING, run_all_stages=True)
        request = validation_pb2.ValidateRequest(
            candidate=candidate_pb2.Candidate(files=messages, language=language), policy=policy
        )
        return (await self.suite.validation.Validate(request, timeout=BOUND)).validation

    async def answers(self) -> None:
        """Hold that a small good candidate is AUTHENTIC, whatever else goes on."""
        validation = await self.judged(("words.py", AUTHENTIC))
        assert validation.verdict == validation_pb2.VERDICT_AUTHENTIC, validation.explanation


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running() -> AsyncIterator[Running]:
    """Run the suite, and hold that its end leaves no process behind."""
    with TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        async with host(*READING, "validation", state=Path(folder), ASSAY_WORKERS__TASK_SECONDS="15") as server:
            process = psutil.Process(server.process.pid)
            async with connect(server.address) as suite:
                yield Running(suite, process)
            children = process.children(recursive=True)
            await server.stop()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert [child.name() for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


async def ends(running: Running, language: str, content: bytes) -> None:
    """Hold that one hostile source has an answer, that a good candidate has its own meanwhile, and what that costs."""
    asked = asyncio.create_task(running.judged((file_name(language), content), language=language))
    await asyncio.sleep(0.05)
    await running.answers()
    validation = await asked
    assert validation.verdict != validation_pb2.VERDICT_UNSPECIFIED
    for result in validation.stage_results:
        assert result.status == stage_pb2.STAGE_STATUS_COMPLETED or result.reason
        assert len(result.findings) <= 2_000
    assert validation.ByteSize() < 4 * MIB
    assert running.process.memory_info().rss < MAX_BYTES


DEEP = ("typescript", "near fences")
"""Nested so deep that to tell text from code takes a quarter of a minute, which the workers' bounds allow."""

OFTEN = [
    pytest.param(language, shape, marks=pytest.mark.slow if (language, shape) == DEEP else ())
    for number, language in enumerate(LANGUAGES)
    for index, shape in enumerate(SHAPES)
    if (index + number) % len(LANGUAGES) == 0
]
"""Each shape in some language, and each language in some shapes; all of them are tried where time is no matter."""


@pytest.mark.parametrize(("language", "shape"), OFTEN)
async def test_ends(running: Running, language: str, shape: str) -> None:
    """A hostile source ends with a verdict or a reason, within bounds of time and memory, and others are answered."""
    await ends(running, language, hostile(language, shape, MIB // 8))


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_shape_ends(running: Running, language: str) -> None:
    """In every language every hostile shape ends so."""
    for shape in SHAPES:
        await ends(running, language, hostile(language, shape))


SETTINGS = (
    ("pyproject.toml", b'[tool.ruff]\nextend = "/etc/passwd"\nlint.ignore = ["ALL"]\n[tool.ty.rules]\nall = "ignore"\n'
     b'[tool.ty.environment]\npython = "/nobody"\nextra-paths = ["/"]\n[[tool.assay.ignore]]\nrules = ["*"]\n'),
    ("ruff.toml", b'extend = "/etc/passwd"\nexclude = ["*"]\n[lint]\nselect = []\n'),
    (".ruff.toml", b'extend = "../../../ruff.toml"\n[lint.per-file-ignores]\n"*" = ["ALL"]\n'),
    ("ty.toml", b'[src]\nexclude = ["**"]\n[rules]\nunresolved-reference = "ignore"\n'),
    ("pyrightconfig.json", b'{"ignore": ["**"], "extraPaths": ["/"]}'),
    ("tsconfig.json", b'{"extends": "/etc/passwd", "compilerOptions": {"baseUrl": "/", "paths": {"*": ["/*"]}, '
     b'"checkJs": false, "plugins": [{"name": "/tmp/x.js"}]}, "references": [{"path": "/"}], "exclude": ["**"]}'),
    ("jsconfig.json", b'{"exclude": ["**"], "compilerOptions": {"checkJs": false}}'),
    (".eslintrc", b'{"extends": "/etc/passwd", "ignorePatterns": ["**"]}'),
    ("package.json", b'{"name": "x", "dependencies": {"left": "file:/etc"}}'),
    (".editorconfig", b"root = true\n"),
    ("assay.toml", b'exclude = ["**"]\n'),
    ("conftest.py", b"collect_ignore_glob = ['*']\n"),
)  # fmt: skip

FAULTY = {
    "main.py": b"import reqeusts_of_nobody\n\n\ndef save(rows):\n    # TODO: implement this\n    pass\n\n\ngone()\n",
    "main.js": b"const fs = require('fs');\n\nfunction save(rows) {\n  // TODO: implement this\n}\n\nsave(fs);\n",
    "main.ts": b"export function save(rows: string[]): boolean {\n  throw new Error('not implemented');\n}\n",
    "broken.py": b"def save(rows:\n    return rows\n",
}  # fmt: skip


@pytest.mark.parametrize("path", FAULTY)
async def test_settings(running: Running, path: str) -> None:
    """Settings among the candidate's files, whatever they name, change nothing that is found in the file beside."""

    def found(validation: validation_pb2.Validation) -> list[tuple[str, int, int]]:
        return sorted(
            (finding.rule_id, finding.location.start_line, finding.location.start_column)
            for result in validation.stage_results
            for finding in result.findings
            if finding.location.path == path
        )

    alone = await running.judged((path, FAULTY[path]))
    beside = await running.judged((path, FAULTY[path]), *SETTINGS)
    assert alone.verdict == validation_pb2.VERDICT_INAUTHENTIC
    assert found(alone) == found(beside) != []


async def test_crowd(running: Running) -> None:
    """Many hostile sources at one time end too, and the good ones among them are AUTHENTIC."""
    asked = [
        running.judged((file_name(language), hostile(language, "nested")), language=language)
        for language in ("python", "javascript", "json", "c")
    ]
    hostile_ones = asyncio.gather(*asked)
    await asyncio.gather(*(running.answers() for _ in range(4)))
    validations = await hostile_ones
    assert all(validation.verdict != validation_pb2.VERDICT_UNSPECIFIED for validation in validations)
