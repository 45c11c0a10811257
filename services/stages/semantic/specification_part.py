"""The part that holds code against what was asked for; what reads either runs in the workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.stage import Candidate, StageResources, Workers

from services.stages.semantic.part import Part, Report

RULES_VERSION = "1"


class SpecificationPart:
    """Says whether a candidate has the functions that its specification states, as it states them."""

    languages = frozenset({"python", "javascript", "typescript"})
    unavailable = ""
    version = f"{RULES_VERSION}+specification"

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def judge(self, candidate: Candidate) -> Report:
        """Judge one candidate; without a specification there is nothing to say."""
        if not candidate.specification.strip():
            return Report()
        from services.stages.semantic.specification_check import check

        return await self._workers.run(check, candidate)


@asynccontextmanager
async def specification_part(resources: StageResources) -> AsyncIterator[Part]:
    """Build the part."""
    yield SpecificationPart(resources.workers)
