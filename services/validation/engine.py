"""
The engine: takes one candidate through its stages.

Stages that do not depend on one another run side by side. A CRITICAL finding that rejects by itself stops what has not
begun. What a stage could not do becomes a result with a reason, never an exception of the engine's.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from assay.errors import AssayError, PluginFailed, Unavailable, UnknownLanguage
from assay.languages import DEFAULT_VERSIONS, SUFFIXES, of_path
from assay.stage import Candidate, RuleInfo, Severity, StageResult, StageStatus

from services.validation.following import NOBODY, Follower
from services.validation.policy import Policy
from services.validation.score import voting
from services.validation.suppression import Marker
from services.validation.verdict import rejecting

VERDICT_SECONDS = 0.25
"""What is kept of the call's time for the verdict and the store, so that a slow stage costs a stage, not the answer."""


NOT_BEGUN = "not begun: "
"""How the reason of a stage begins that an early exit kept from running."""


@dataclass(frozen=True, slots=True)
class StageDescription:
    """
    A stage of the suite as the engine knows it.

    :param unavailable: Why it cannot be asked; empty where it answers.
    :param configured: Whether the suite was told where it is.
    """

    name: str
    version: str = ""
    description: str = ""
    languages: frozenset[str] = frozenset()
    requires: tuple[str, ...] = ()
    unavailable: str = ""
    configured: bool = True


class StageRuns(Protocol):
    """Runs stages over one candidate."""

    async def run(self, name: str, prior: Mapping[str, StageResult], seconds: float) -> StageResult:
        """
        Run one stage.

        :param prior: The results of the stages that it requires.
        :param seconds: The longest time that it may take.
        :raises AssayError: It could not be run.
        """


class Stages(Protocol):
    """Where the engine finds its stages."""

    async def describe(self, seconds: float) -> Sequence[StageDescription]:
        """
        Return all stages of the suite, in their order, unreachable ones included.

        :param seconds: The longest that a stage may take to answer.
        """

    def about(
        self, candidate: Candidate, names: Sequence[str], seconds: float, *, check_determinism: bool
    ) -> AbstractAsyncContextManager["StageRuns"]:
        """
        Return what runs stages over a candidate, until it is left.

        :param names: The stages that may be run, each once. Each comes after those that it requires.
        :param seconds: The longest that all of them may take together.
        :param check_determinism: Whether what runs is run twice, and compared.
        """

    async def rules(self, name: str, seconds: float) -> Sequence[RuleInfo]:
        """
        Return the rules of one stage.

        :param seconds: The longest that it may take to answer.
        :raises AssayError: It could not be asked, or cannot list them.
        """


def in_language(candidate: Candidate, known: frozenset[str]) -> Candidate:
    """
    Return the candidate with its language and version filled in.

    :param known: Languages that at least one stage can judge; those of :mod:`assay.languages` are known beside them,
        so that a suite whose stages are all down does not call a good request a bad one.
    :raises UnknownLanguage: It names none and its file name tells none, or no stage can judge it.
    """
    language = candidate.language or of_path(candidate.entry_point)
    if language is None:
        raise UnknownLanguage("candidate.language", "it is not given, and the entry point's file name does not tell it")
    if language not in (known := known | frozenset(SUFFIXES.values())):
        raise UnknownLanguage("candidate.language", f"{language!r} is not one of {', '.join(sorted(known))}")
    version = candidate.language_version or DEFAULT_VERSIONS.get(language, "")
    return replace(candidate, language=language, language_version=version)


class Run:
    """
    One candidate's way through its stages.

    :param seconds: The time for all stages together.
    :param follower: Is told of each stage; one that it knows the result of is not run.
    """

    def __init__(
        self,
        stages: Stages,
        known: Mapping[str, StageDescription],
        policy: Policy,
        seconds: float,
        follower: Follower = NOBODY,
    ) -> None:
        self._stages = stages
        self._follower = follower
        self._known = known
        self._policy = policy
        self._ends = asyncio.get_running_loop().time() + seconds - VERDICT_SECONDS
        self._stopped_by = ""

    async def results(self, candidate: Candidate) -> tuple[StageResult, ...]:
        """
        Return what each stage of the policy said, in the policy's order.

        What the follower raises ends the run.
        """
        tasks: dict[str, asyncio.Task[StageResult]] = {}
        marker = Marker(candidate, self._policy.silence)
        order = in_order({name: self._known[name].requires for name in self._policy.stages})
        to_run = [name for name in order if name not in self._follower.done and not self._known[name].unavailable]
        left = max(self._ends - asyncio.get_running_loop().time(), 0.0)
        about = self._stages.about(candidate, to_run, left, check_determinism=self._policy.check_determinism)
        try:
            async with about as runs, asyncio.TaskGroup() as group:
                for name in order:
                    before = {needed: tasks[needed] for needed in self._known[name].requires if needed in tasks}
                    tasks[name] = group.create_task(self._one(name, runs, marker, before))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return tuple(tasks[name].result() for name in self._policy.stages)

    async def _one(
        self, name: str, runs: StageRuns, marker: Marker, before: Mapping[str, asyncio.Task[StageResult]]
    ) -> StageResult:
        prior = {needed: await task for needed, task in before.items()}
        result = self._follower.done.get(name)
        if result is None:
            result = await self._said(self._known[name], runs, marker, prior)
            await self._follower.completed(result)
        self._note(result)
        return result

    async def _said(
        self, description: StageDescription, runs: StageRuns, marker: Marker, prior: Mapping[str, StageResult]
    ) -> StageResult:
        """Return what a stage says, or why it says nothing."""
        name = description.name
        if description.unavailable:
            if description.configured:
                await self._follower.unreachable(Unavailable(f"the stage {name!r}: {description.unavailable}"))
            status = StageStatus.FAILED if description.configured else StageStatus.SKIPPED
            return StageResult(status, stage=name, reason=description.unavailable)
        if self._stopped_by:
            reason = f"{NOT_BEGUN}{self._stopped_by} is critical"
            return StageResult(StageStatus.SKIPPED, stage=name, version=description.version, reason=reason)
        await self._follower.started(name)
        # Marked at once: what does not count stops nobody.
        return marker.marked(await self._attempt(description, runs, prior))

    async def _attempt(
        self, description: StageDescription, runs: StageRuns, prior: Mapping[str, StageResult]
    ) -> StageResult:
        name = description.name
        seconds = min(self._policy.timeouts[name], self._ends - asyncio.get_running_loop().time())
        reason = f"it took longer than the {max(seconds, 0):.1f} s it had"
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    return await runs.run(name, prior, seconds)
            except TimeoutError:
                pass
            except AssayError as error:
                reason = error.message
                if error.code == Unavailable.code:
                    await self._follower.unreachable(error)
        return StageResult(StageStatus.FAILED, stage=name, version=description.version, reason=reason)

    def _note(self, result: StageResult) -> None:
        if self._policy.run_all_stages or self._stopped_by:
            return
        for finding in rejecting(voting(result.findings, security_votes=self._policy.security_votes)):
            if finding.severity is Severity.CRITICAL:
                self._stopped_by = finding.rule_id
                return


def in_order(requires: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """
    Return stages in an order in which each comes after those that it requires.

    :param requires: What each requires; others than these stages are ignored.
    :raises PluginFailed: Stages require one another in a circle.
    """
    graph = {name: [needed for needed in before if needed in requires] for name, before in requires.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise PluginFailed(f"stages require one another in a circle: {' -> '.join(error.args[1])}") from None
