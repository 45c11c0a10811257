"""The part that knows which functions a Go or Java file defines; what reads code runs in the workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.stage import Candidate, StageResources, Workers

from services.stages.semantic.part import Part, Report

RULES_VERSION = "1"


class CallsPart:
    """Says of every function that is called by its bare name whether anything defines it."""

    languages = frozenset({"go", "java"})
    unavailable = ""
    version = f"{RULES_VERSION}+calls"

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def judge(self, candidate: Candidate) -> Report:
        """Judge one candidate."""
        from services.stages.semantic.calls_check import check

        return await self._workers.run(check, candidate)


@asynccontextmanager
async def calls_part(resources: StageResources) -> AsyncIterator[Part]:
    """Build the part."""
    yield CallsPart(resources.workers)
