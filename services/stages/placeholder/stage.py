"""The placeholder stage, as the host builds it; what reads code runs in the workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.stage import (
    Candidate,
    Finding,
    RuleInfo,
    SourceFile,
    Stage,
    StageContext,
    StageResources,
    StageResult,
    Workers,
)

from services.stages.files import source_files
from services.stages.placeholder.grammars import LANGUAGES
from services.stages.reading import read
from services.stages.versions import with_tools

VERSION = with_tools("2", "tree-sitter", "tree-sitter-language-pack")


@dataclass(frozen=True, slots=True)
class PlaceholderStage:
    """Reads every file of a candidate for work that is announced and not done."""

    workers: Workers
    name: str = "placeholder"
    version: str = VERSION
    description: str = "Comments and bodies that stand in place of the code they announce."
    languages: frozenset[str] = LANGUAGES
    requires: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """See :class:`assay.stage.Stage`."""
        from services.stages.placeholder.catalog import RULES
        from services.stages.rules import explained

        return explained(RULES)

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge one candidate, whatever its version of Python."""

        async def judge(file: SourceFile, language: str) -> tuple[Finding, ...]:
            return await self.workers.run(check_file, file.content, file.path, candidate.specification, language)

        return await read(source_files(candidate, self.languages), judge, context)


def check_file(content: bytes, path: str, specification: str, language: str) -> tuple[Finding, ...]:
    """Judge one file, in a worker; the parser is imported only there."""
    from services.stages.placeholder.analysis import check

    return check(content, path, specification, language)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage."""
    yield PlaceholderStage(resources.workers)
