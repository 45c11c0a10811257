"""
Validators of third parties inside the static stage; see :mod:`assay.validator`.

They are imported, and run, in worker processes alone, by their entry point's name. Options of the stage:
``validator_seconds``, the longest that one validator may take over one candidate.
"""

import asyncio
import contextlib
import math
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points

from assay.errors import PluginFailed
from assay.languages import SUFFIXES
from assay.stage import (
    Candidate,
    Finding,
    RuleInfo,
    Stage,
    StageContext,
    StageResources,
    StageResult,
    StageStatus,
    Workers,
)
from assay.validator import GROUP, Validator, findings_about, identity_problems

from services.stages.files import source_files
from services.stages.rules import in_order

LOAD_SECONDS = 30.0
"""The longest that importing one validator may take."""

CHECK_SECONDS = 5.0
"""The longest that one may take over all files of a candidate, where the stage's options do not say."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a validator says of itself, as it comes out of a worker."""

    name: str
    version: str
    languages: frozenset[str]
    rules: tuple[RuleInfo, ...]


async def validated(stage: Stage, resources: StageResources) -> Stage:
    """
    Return a stage that judges by the installed validators too; the same stage where there are none.

    :raises PluginFailed: One of them cannot be loaded, is there twice, or is against the contract; names it.
    """
    names = _names()
    if not names:
        return stage
    seconds = _seconds(resources.options)
    descriptions = await asyncio.gather(*(_described(name, resources.workers) for name in names))
    return ValidatedStage(stage, tuple(descriptions), resources.workers.within(seconds))


def _names() -> tuple[str, ...]:
    counts = Counter(point.name for point in entry_points(group=GROUP))
    for name, count in counts.items():
        if count > 1:
            raise PluginFailed(f"there are {count} validators of the name {name!r}")
    stages = {point.name for point in entry_points(group="assay.stages")}
    for name in sorted(stages & counts.keys()):
        raise PluginFailed(f"the validator {name!r} takes the name of a stage")
    return tuple(sorted(counts))


def _seconds(options: Mapping[str, str]) -> float:
    told = options.get("validator_seconds", str(CHECK_SECONDS))
    with contextlib.suppress(ValueError):
        if 0 < float(told) < math.inf:
            return float(told)
    raise PluginFailed("the option 'validator_seconds' of the static stage is no number of seconds above 0")


async def _described(name: str, workers: Workers) -> Description:
    try:
        return await workers.within(LOAD_SECONDS).run(describe, name)
    except PluginFailed as error:
        raise _named(error, name) from None


def _named(error: PluginFailed, name: str) -> PluginFailed:
    if repr(name) in error.message:
        return error
    return PluginFailed(f"the validator {name!r} broke: {error.message}")


@dataclass(frozen=True, slots=True)
class ValidatedStage:
    """
    A stage with validators beside its own rules.

    :param workers: With the time of one validator over one candidate.
    """

    stage: Stage
    validators: tuple[Description, ...]
    workers: Workers

    @property
    def name(self) -> str:
        """See :class:`assay.stage.Stage`."""
        return self.stage.name

    @property
    def version(self) -> str:
        """The stage's own, and what its validators add to the results."""
        return " ".join((self.stage.version, *self._told(self.validators)))

    @property
    def description(self) -> str:
        """See :class:`assay.stage.Stage`."""
        return self.stage.description

    @property
    def languages(self) -> frozenset[str]:
        """See :class:`assay.stage.Stage`; validators add none."""
        return self.stage.languages

    @property
    def requires(self) -> tuple[str, ...]:
        """See :class:`assay.stage.Stage`."""
        return self.stage.requires

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """See :class:`assay.stage.Stage`; those of the validators come last."""
        return (*self.stage.rules, *(rule for validator in self.validators for rule in validator.rules))

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge one candidate; where a validator breaks the result is FAILED and has what the others found."""
        result = await self.stage.run(candidate, context)
        if result.status is not StageStatus.COMPLETED:
            return result
        asked = [validator for validator in self.validators if _paths(candidate, validator.languages)]
        answers = await asyncio.gather(*(self._ask(validator, candidate) for validator in asked))
        found = tuple(finding for answer in answers if not isinstance(answer, PluginFailed) for finding in answer)
        for finding in found:
            await context.found(finding)
        reasons = "; ".join(answer.message for answer in answers if isinstance(answer, PluginFailed))
        return replace(
            result,
            status=StageStatus.FAILED if reasons else StageStatus.COMPLETED,
            reason=reasons,
            findings=(*result.findings, *found),
            details={**result.details, "validators": ", ".join(self._told(asked))},
        )

    async def _ask(self, validator: Description, candidate: Candidate) -> tuple[Finding, ...] | PluginFailed:
        paths = _paths(candidate, validator.languages)
        try:
            return await self.workers.run(check, validator.name, candidate, paths)
        except PluginFailed as error:
            return _named(error, validator.name)

    @staticmethod
    def _told(validators: Collection[Description]) -> tuple[str, ...]:
        return tuple(f"{validator.name}-{validator.version}" for validator in validators)


def _paths(candidate: Candidate, languages: Collection[str]) -> frozenset[str]:
    """Return which of a candidate's files are in one of the languages; no languages are all."""
    return frozenset(file.path for file, _ in source_files(candidate, languages or frozenset(SUFFIXES.values())))


@cache
def load(name: str) -> Validator:
    """
    Build the validator of a name, once for each worker.

    :raises PluginFailed: It cannot be loaded, or is against the contract.
    """
    try:
        (point,) = entry_points(group=GROUP, name=name)
        validator: Validator = point.load()()
        problem = next(identity_problems(validator, name), "")
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001  # whatever it is, the validator is not there
        raise PluginFailed(f"the validator {name!r} cannot be loaded: {type(error).__name__}: {error}") from None
    if problem:
        raise PluginFailed(f"the validator {name!r} is against the contract: {problem}")
    return validator


def describe(name: str) -> Description:
    """Return what a validator says of itself; runs in a worker."""
    # What a validator prints must not come between the lines of whoever started this process.
    with contextlib.redirect_stdout(sys.stderr):
        validator = load(name)
        return Description(validator.name, validator.version, frozenset(validator.languages), tuple(validator.rules))


def check(name: str, candidate: Candidate, paths: Collection[str]) -> tuple[Finding, ...]:
    """Return what a validator finds in some of a candidate's files; runs in a worker."""
    with contextlib.redirect_stdout(sys.stderr):
        validator = load(name)
        judged = [file for file in candidate.files if file.path in paths]
        return tuple(finding for file in judged for finding in in_order(findings_about(validator, file, candidate)))
