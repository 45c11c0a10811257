"""The placeholder stage, as the host builds it; what reads code runs in the workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.stage import Candidate, Finding, Stage, StageContext, StageResources, StageResult, StageStatus, Workers

from services.stages.files import python_files


@dataclass(frozen=True, slots=True)
class PlaceholderStage:
    """Reads every Python file of a candidate for work that is announced and not done."""

    workers: Workers
    name: str = "placeholder"
    version: str = "1"
    description: str = "Comments and bodies that stand in place of the code they announce."
    languages: frozenset[str] = frozenset({"python"})
    requires: tuple[str, ...] = ()

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge one candidate, whatever its version of Python."""
        files = python_files(candidate)
        findings: list[Finding] = []
        for index, file in enumerate(files):
            await context.progress(f"reading {file.path}", index / len(files))
            found = await self.workers.run(check_file, file.content, file.path, candidate.specification)
            for finding in found:
                await context.found(finding)
            findings.extend(found)
        return StageResult(StageStatus.COMPLETED, tuple(findings), details={"files": str(len(files))})


def check_file(content: bytes, path: str, specification: str) -> tuple[Finding, ...]:
    """Judge one file, in a worker; the parser is imported only there."""
    from services.stages.placeholder.analysis import check

    return check(content, path, specification)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage."""
    yield PlaceholderStage(resources.workers)
