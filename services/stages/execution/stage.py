"""The execution stage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePosixPath

from assay.stage import Candidate, RuleInfo, Stage, StageContext, StageResources, StageResult, StageStatus

from .language import LANGUAGES, language


class ExecutionStage:
    """
    Imports the candidate, runs the tests that came with it and its examples, each suite in a container of its own.

    Tests share their process with the candidate, so what they tell is resistant to cheating, not proof against it.
    """

    name = "execution"
    version = "2"
    description = "Imports the code, runs its tests and its examples in the sandbox."
    languages = frozenset(LANGUAGES)
    requires = ("static",)

    def __init__(self, resources: StageResources) -> None:
        self._resources = resources

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
        judge = language(candidate.language)
        return await judge(candidate, context, SandboxServiceStub(channel), self._resources.workers)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage; it holds nothing open."""
    yield ExecutionStage(resources)
