"""The static stage's seat among the stages; what it does to a file stands in analysis.py."""

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
from services.stages.reading import read
from services.stages.static.validators import validated
from services.stages.static.versions import minor_version


@dataclass(frozen=True, slots=True)
class StaticStage:
    """Reads every Python file of a candidate for what makes it no program, or no whole one."""

    workers: Workers
    name: str = "static"
    version: str = "1"
    description: str = "Syntax, cut-off code, leftovers of a chat or merge, and undefined names."
    languages: frozenset[str] = frozenset({"python"})
    requires: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """See :class:`assay.stage.Stage`."""
        from services.stages.rules import explained
        from services.stages.static.catalog import RULES

        return explained(RULES)

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """
        Judge one candidate by its own version of Python.

        :raises assay.errors.InvalidArgument: The candidate names a version that is none, or not known.
        """
        minor = minor_version(candidate.language_version)
        entry = candidate.entry()

        async def judge(file: SourceFile, _: str) -> tuple[Finding, ...]:
            return await self.workers.run(check_file, file.content, file.path, minor, entry=file is entry)

        return await read(source_files(candidate, self.languages), judge, context)


def check_file(content: bytes, path: str, minor: int, *, entry: bool) -> tuple[Finding, ...]:
    """Judge one file, in a worker; the parsers are imported only there."""
    from services.stages.static.analysis import check

    return check(content, path, minor, entry=entry)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage, with the validators that are installed."""
    yield await validated(StaticStage(resources.workers), resources)
