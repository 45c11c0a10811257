"""The execution stage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from assay.stage import Candidate, RuleInfo, Stage, StageContext, StageResources, StageResult, StageStatus

from .images import Images
from .language import LANGUAGES, language

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

RULES_VERSION = "3"


class ExecutionStage:
    """
    Imports or compiles the candidate, runs the tests that came with it and its examples, each suite in a container of
    its own.

    Suites of cases are run here, in every language alike; those of files are their language's to run.
    """

    name = "execution"
    description = "Imports the code, runs its tests and its examples in the sandbox."
    languages = frozenset(LANGUAGES)
    requires = ("static",)

    def __init__(self, resources: StageResources) -> None:
        self._resources = resources
        self.images = Images()

    @property
    def version(self) -> str:
        """That of rules and harness, and the sandbox's images, which are known from the first run on."""
        return f"{RULES_VERSION}+images.{self.images.digest}"

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """See :class:`assay.stage.Stage`."""
        from .catalog import RULES

        return RULES

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Run one candidate; where the sandbox cannot be used, the result says so."""
        if PurePosixPath(candidate.entry().path).suffix == ".pyi":
            return StageResult(StageStatus.NOT_APPLICABLE, reason="a stub file declares types; there is nothing to run")
        from assay.errors import Unavailable
        from assay.v1.sandbox_pb2_grpc import SandboxServiceStub

        try:
            channel = self._resources.channel("sandbox")
        except Unavailable as error:
            return StageResult(StageStatus.SKIPPED, reason=f"no sandbox is configured: {error.message}")
        stub = SandboxServiceStub(channel)
        # Beside the run, which takes longer; and the first time only.
        learning = asyncio.create_task(self.images.learn(stub))
        try:
            result = await self._judged(candidate, context, stub)
            await learning
            return result
        finally:
            learning.cancel()

    async def _judged(
        self, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub"
    ) -> StageResult:
        judge = language(candidate.language)
        if not any(suite.cases for suite in candidate.tests):
            return await judge(candidate, context, stub, self._resources.workers)
        from .combined import combined
        from .program_cases import judge_cases

        by_cases = await judge_cases(candidate, context, stub)
        by_files = replace(candidate, tests=tuple(suite for suite in candidate.tests if not suite.cases))
        if not by_files.tests:
            return by_cases
        return combined(by_cases, await judge(by_files, context, stub, self._resources.workers))


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage, which keeps knowing the sandbox's images."""
    made = ExecutionStage(resources)
    keeping = asyncio.create_task(made.images.keep())
    try:
        yield made
    finally:
        keeping.cancel()
