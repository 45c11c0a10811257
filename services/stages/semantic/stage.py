"""The semantic stage, as the host builds it: parts that each know one way of telling whether what code names exists."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from assay.errors import PluginFailed
from assay.stage import Candidate, RuleInfo, Stage, StageContext, StageResources, StageResult, StageStatus

from services.stages.semantic.calls_part import calls_part
from services.stages.semantic.imports_part import imports_part
from services.stages.semantic.javascript_part import javascript_part
from services.stages.semantic.npm_part import npm_part
from services.stages.semantic.part import Part, PartFactory, Report, merged
from services.stages.semantic.specification_part import specification_part
from services.stages.semantic.types_part import types_part

PARTS: tuple[PartFactory, ...] = (
    imports_part,
    types_part,
    javascript_part,
    npm_part,
    calls_part,
    specification_part,
)
"""What the stage is made of, in the order in which their word counts."""


class SemanticStage:
    """Has every part that knows a candidate's language judge it, side by side."""

    name = "semantic"
    description = "Checks that what the code imports and names exists, and that what was asked for is there."
    requires: tuple[str, ...] = ()

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self.version = " ".join(part.version for part in parts)
        self.languages = frozenset().union(*(part.languages for part in parts))

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """See :class:`assay.stage.Stage`."""
        from services.stages.rules import explained
        from services.stages.semantic import calls_rules, javascript_rules, npm_rules, rules, specification_rules

        modules = (rules, javascript_rules, npm_rules, calls_rules, specification_rules)
        return explained(rule for module in modules for rule in module.RULES)

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """
        Judge one candidate.

        What the parts found is told whatever becomes of the others; but only where every part that knows the language
        could speak does the stage speak for the candidate.
        """
        asked = [part for part in self._parts if candidate.language in part.languages]
        missing = "; ".join(part.unavailable for part in asked if part.unavailable)
        able = [part for part in asked if not part.unavailable]
        outcomes = await asyncio.gather(*(part.judge(candidate) for part in able), return_exceptions=True)
        report = merged(outcome for outcome in outcomes if isinstance(outcome, Report))
        failed = _failures(outcomes)
        for finding in report.findings:
            await context.found(finding)
        details = report.details | ({"not_available": missing} if missing else {})
        status, reason = StageStatus.COMPLETED, ""
        if failed:
            status, reason = StageStatus.FAILED, failed
        elif missing:
            status, reason = StageStatus.SKIPPED, missing
        return StageResult(status, report.findings, reason=reason, details=details)


def _failures(outcomes: Sequence[Report | BaseException]) -> str:
    """Return what kept parts from judging; raise what is the caller's fault, or a defect of ours."""
    reasons = []
    for outcome in outcomes:
        if isinstance(outcome, PluginFailed):
            reasons.append(outcome.message)
        elif isinstance(outcome, BaseException):
            raise outcome
    return "; ".join(reasons)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage with all its parts."""
    async with AsyncExitStack() as stack:
        yield SemanticStage([await stack.enter_async_context(part(resources)) for part in PARTS])
