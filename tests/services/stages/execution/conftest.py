"""The execution stage over a real sandbox service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
from assay.languages import SUFFIXES
from assay.stage import Candidate, Finding, SourceFile, Stage, StageResult, TestFramework, TestSuite, Workers

from host.server import serving
from host.settings import Settings
from services.stages.execution.stage import stage
from services.stages.workers import ProcessWorkers

Judge = Callable[..., Awaitable[StageResult]]


class Context:
    """A context that keeps what it is told."""

    prior_results: Mapping[str, StageResult] = {}

    def __init__(self, seconds_left: float = 120.0, *, check_determinism: bool = False) -> None:
        self.seconds_left = seconds_left
        self.check_determinism = check_determinism
        self.findings: list[Finding] = []

    async def found(self, finding: Finding) -> None:
        """Keep a finding."""
        self.findings.append(finding)

    async def progress(self, message: str, fraction: float) -> None:
        """Check that the fraction is one."""
        assert 0 <= fraction <= 1


class Resources:
    """What a host gives to the stage: a channel to the sandbox, and workers."""

    def __init__(self, channel: grpc.aio.Channel, workers: Workers) -> None:
        self._channel = channel
        self.workers = workers
        self.options: dict[str, str] = {}

    def channel(self, name: str) -> grpc.aio.Channel:
        """Return the channel; the stage asks for no other service."""
        assert name == "sandbox"
        return self._channel


def candidate(
    code: str | dict[str, str],
    *tests: str,
    framework: TestFramework = TestFramework.UNSPECIFIED,
    specification: str = "",
    entry_point: str = "",
    language: str = "python",
) -> Candidate:
    """Return a candidate of one file, or of several, with a suite for each test file."""
    suffix = next(suffix for suffix, name in SUFFIXES.items() if name == language)
    files = {f"main{suffix}": code} if isinstance(code, str) else code
    return Candidate(
        files=tuple(SourceFile(path, content.encode()) for path, content in files.items()),
        language=language,
        entry_point=entry_point or next(iter(files)),
        specification=specification,
        tests=tuple(TestSuite((SourceFile(f"test_it{suffix}", text.encode()),), framework) for text in tests),
    )


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Yield one worker, which all stages of these tests share."""
    started = ProcessWorkers(count=1, memory_bytes=2 * 1024**3, task_seconds=60.0, tasks_per_worker=10_000)
    yield started
    started.close()


@pytest.fixture(scope="session")
async def sandbox(docker_ready: None) -> AsyncIterator[grpc.aio.Channel]:
    """Yield a channel to a sandbox service with the default settings."""
    with TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        async with (
            serving(["sandbox"], f"unix:{folder}/s", Settings()) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            yield channel


@pytest.fixture(scope="session")
async def execution(sandbox: grpc.aio.Channel, workers: Workers) -> AsyncIterator[Stage]:
    """Yield the stage over the sandbox."""
    async with stage(Resources(sandbox, workers)) as built:
        yield built


@pytest.fixture
def judge(execution: Stage) -> Judge:
    """Give a function that runs the stage over a candidate, and checks that what it told early is what it found."""

    async def run(*arguments: str | dict[str, str], check_determinism: bool = False, **fields: object) -> StageResult:
        context = Context(check_determinism=check_determinism)
        result = await execution.run(candidate(*arguments, **fields), context)  # type: ignore[arg-type]
        assert tuple(context.findings) == result.findings
        return result

    return run
