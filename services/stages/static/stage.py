"""The static stage's seat among the stages; what it does to a file stands in analysis.py."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.languages import SUFFIXES
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
from services.stages.versions import with_tools

VERSION = with_tools("3", "ruff", "tree-sitter", "tree-sitter-language-pack")


@dataclass(frozen=True, slots=True)
class StaticStage:
    """
    Reads every source file of a candidate for what makes it no program, or no whole one.

    :param folder: Where the linters of the workers live.
    """

    workers: Workers
    folder: str
    name: str = "static"
    version: str = VERSION
    description: str = "Syntax, cut-off code, leftovers of a chat or merge, undefined names, and what is dangerous."
    languages: frozenset[str] = frozenset(SUFFIXES.values())
    requires: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """See :class:`assay.stage.Stage`."""
        from services.stages.rules import explained
        from services.stages.static.catalog import RULES

        return explained(RULES)

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """
        Judge one candidate, what it has in Python by its own version of Python.

        :raises assay.errors.InvalidArgument: The candidate names a version that is none, or not known.
        """
        minor = minor_version(candidate.language_version if candidate.language == "python" else "")
        entry = candidate.entry()

        async def judge(file: SourceFile, language: str) -> tuple[Finding, ...]:
            is_entry = file is entry
            return await self.workers.run(
                check_file, file.content, file.path, language, minor, self.folder, entry=is_entry
            )

        return await read(source_files(candidate, self.languages), judge, context)


def check_file(
    content: bytes, path: str, language: str, minor: int, folder: str, *, entry: bool
) -> tuple[Finding, ...]:
    """Judge one file, in a worker; the parsers are imported only there."""
    from services.stages.static.analysis import check
    from services.stages.static.linter import Linter

    return check(content, path, language, Linter(minor, folder), entry=entry)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage, with the validators that are installed."""
    from services.stages.static.ruff_server import settings_folder

    with settings_folder() as folder:
        yield await validated(StaticStage(resources.workers, folder), resources)
