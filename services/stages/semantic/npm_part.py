"""The part that knows which packages of npm and modules of Node.js exist; what reads code runs in the workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.stage import Candidate, StageResources, Workers

from services.stages.semantic.catalog import Manifest
from services.stages.semantic.npm_catalog import read_npm_manifest
from services.stages.semantic.part import Part, Report

RULES_VERSION = "1"


class NpmPart:
    """Says of every module that JavaScript and TypeScript import whether it is known."""

    languages = frozenset({"javascript", "typescript"})
    unavailable = ""

    def __init__(self, workers: Workers, manifest: Manifest) -> None:
        self._workers = workers
        self.version = f"{RULES_VERSION}+npm.{manifest.date}.{manifest.fingerprint}"

    async def judge(self, candidate: Candidate) -> Report:
        """Judge the imports of one candidate."""
        from services.stages.semantic.npm_check import check

        return await self._workers.run(check, candidate)


@asynccontextmanager
async def npm_part(resources: StageResources) -> AsyncIterator[Part]:
    """
    Build the part.

    :raises CatalogBroken: The shipped catalog has no readable manifest.
    """
    yield NpmPart(resources.workers, read_npm_manifest())
