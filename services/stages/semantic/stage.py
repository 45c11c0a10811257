"""The semantic stage, as the host builds it; what reads code runs in the workers."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assay.stage import Candidate, Stage, StageContext, StageResources, StageResult, StageStatus, Workers

from services.stages.semantic.catalog import DATA, Manifest, read_manifest

RULES_VERSION = "1"
TABLES = ("aliases.tsv", "hosts.tsv", "python2.tsv", "stdlib.json", "successors.tsv")


def tables_fingerprint(directory: Path = DATA) -> str:
    """Return eight hexadecimal digits that change with any table beside the catalog's own files."""
    return hashlib.sha256(b"\0".join((directory / name).read_bytes() for name in TABLES)).hexdigest()[:8]


class SemanticStage:
    """Says of every module that a Python candidate imports whether it exists."""

    name = "semantic"
    description = "Checks that every package, module and standard-library name that the code imports exists."
    languages = frozenset({"python"})
    requires: tuple[str, ...] = ()

    def __init__(self, workers: Workers, manifest: Manifest) -> None:
        self._workers = workers
        self.version = f"{RULES_VERSION}+pypi.{manifest.date}.{manifest.fingerprint}.{tables_fingerprint()}"

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge the imports of one candidate."""
        from services.stages.semantic.check import check

        report = await self._workers.run(check, candidate)
        for finding in report.findings:
            await context.found(finding)
        return StageResult(StageStatus.COMPLETED, report.findings, details=report.details)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """
    Build the stage.

    :raises CatalogBroken: The shipped catalog has no readable manifest.
    """
    yield SemanticStage(resources.workers, read_manifest())
