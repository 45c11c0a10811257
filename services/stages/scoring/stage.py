"""The scoring stage, as the host builds it; what reads code runs in the workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.errors import PluginFailed
from assay.languages import SUFFIXES
from assay.stage import (
    Candidate,
    RuleInfo,
    Stage,
    StageContext,
    StageResources,
    StageResult,
    StageStatus,
    Workers,
)

from services.stages.files import source_files
from services.stages.placeholder.grammars import LANGUAGES
from services.stages.scoring.evidence import STAGES, evidence, is_silenced
from services.stages.scoring.features import vector
from services.stages.scoring.model import Model, ModelBroken, load

FEATURES_VERSION = "1"
"""Of what is measured; raised where a feature is counted otherwise than before."""

NO_PROGRAMS = frozenset({"html", "json", "sql", "yaml"})
"""What is read and is no program: training has next to nothing of it, and most features mean nothing there."""


@dataclass(frozen=True, slots=True)
class ScoringStage:
    """
    Weighs what the other stages said, and what the code looks like, by a trained model.

    :param model: None where it could not be loaded.
    :param broken: Why it could not be.
    """

    workers: Workers
    model: Model | None
    broken: str = ""
    name: str = "scoring"
    description: str = "How likely the code is the real thing, by a trained model over all that the stages told."
    languages: frozenset[str] = frozenset(SUFFIXES.values()) - NO_PROGRAMS
    requires: tuple[str, ...] = STAGES

    @property
    def version(self) -> str:
        """The version of the features, and the model."""
        return f"{FEATURES_VERSION}+{self.model.name if self.model else 'none'}"

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """None: it finds nothing, it weighs."""
        return ()

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Score one candidate by whatever is known of it; without a word of any other stage there is no score."""
        if self.model is None:
            return StageResult(StageStatus.FAILED, reason=self.broken)
        results = {name: result for name, result in context.prior_results.items() if name in STAGES}
        if not any(result.status is StageStatus.COMPLETED or result.findings for result in results.values()):
            return StageResult(StageStatus.SKIPPED, reason="no other stage told anything that could be weighed")
        # Where the policy silences a finding, the code that it is about does not count either.
        syntax = {} if is_silenced(results.values()) else await self._syntax(candidate)
        row = vector({**syntax, **evidence(results, tested=bool(candidate.tests))})
        scored = self.model.scored(row)
        details = {
            "scorer": self.model.name,
            "reject_below": f"{scored.reject_below:.4f}",
            "known": scored.known,
            "weighed": ", ".join(STAGES),
            "missing_stages": ", ".join(name for name in STAGES if name not in results or not _spoke(results[name])),
        }
        return StageResult(
            StageStatus.COMPLETED, details=details, score=scored.score, contributions=scored.contributions
        )

    async def _syntax(self, candidate: Candidate) -> dict[str, float]:
        files = [(file.content, file.path, language) for file, language in source_files(candidate, LANGUAGES)]
        try:
            return await self.workers.run(measure_files, files)
        except PluginFailed:
            # What cannot be read is not known; what other stages told of it is.
            return {}


def _spoke(result: StageResult) -> bool:
    return result.status is StageStatus.COMPLETED


def measure_files(files: list[tuple[bytes, str, str]]) -> dict[str, float]:
    """Measure the syntax of files, in a worker; the parsers are imported only there."""
    from services.stages.scoring.syntax import measure

    return measure(files)


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage; a model that cannot be used makes it fail for every candidate, and says why."""
    try:
        yield ScoringStage(resources.workers, load())
    except ModelBroken as error:
        yield ScoringStage(resources.workers, None, error.message)
