"""Judging a candidate, from its preparation to its repair: what every way of asking for a verdict shares."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from assay.stage import Candidate

from services.validation.engine import Run, StageDescription, Stages, in_language
from services.validation.following import NOBODY, Follower
from services.validation.judgement import Judgement, Repair, Repairs
from services.validation.policy import Policy, PolicyRequest, StageTimes, resolve
from services.validation.verdict import Verdict, decide

ASK_SECONDS = 5.0
"""The longest that a stage may take to say what it is."""

ASK_SHARE = 0.25
"""The share of a call's time that may be spent on asking the stages what they are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A candidate that can be judged.

    :param candidate: With its language and version filled in.
    :param known: The stages of the suite, by name.
    """

    candidate: Candidate
    policy: Policy
    known: Mapping[str, StageDescription]


class Judging:
    """
    Judges candidates.

    :param times: The suite's own bounds on stages.
    :param repairs: What repairs a candidate whose policy wants it; None: nothing does.
    """

    def __init__(self, stages: Stages, times: StageTimes, repairs: Repairs | None = None) -> None:
        self._stages = stages
        self._times = times
        self._repairs = repairs

    async def prepare(self, candidate: Candidate, request: PolicyRequest, left: float | None) -> Prepared:
        """
        Fill in what the candidate and the policy leave open.

        :param left: The seconds that are left of the call; None: it has no deadline.
        :raises assay.errors.InvalidArgument: The suite cannot judge this candidate, or not by this policy.
        """
        asking = ASK_SECONDS if left is None else min(ASK_SECONDS, left * ASK_SHARE)
        known = {description.name: description for description in await self._stages.describe(asking)}
        languages = frozenset[str]().union(*(stage.languages for stage in known.values()))
        candidate = in_language(candidate, languages)
        return Prepared(candidate, resolve(request, candidate, tuple(known), self._times), known)

    async def judge(
        self, prepared: Prepared, left: float | None, follower: Follower = NOBODY
    ) -> tuple[Judgement, Repair | None]:
        """
        Return what is decided, and what repair came to where the policy wants it and there was need of it.

        :param left: The seconds that are left of the call; None: the stages have what the policy gives each.
        :raises assay.errors.PluginFailed: The stages cannot be put in an order.
        """
        anew = _Anew(self._stages, prepared, left)
        judgement = await anew.judge(prepared.candidate, prepared.policy, follower)
        if self._repairs is None or not _wants_repair(judgement):
            return judgement, None
        return judgement, await self._repairs(judgement, anew, follower.repaired)


def _wants_repair(judgement: Judgement) -> bool:
    wanted, decision = judgement.policy.repair, judgement.decision
    return wanted is not None and (decision.verdict is not Verdict.AUTHENTIC or decision.score < wanted.below)


class _Anew:
    """Judges candidates in one way; see :class:`services.validation.judgement.Anew`."""

    def __init__(self, stages: Stages, prepared: Prepared, left: float | None) -> None:
        self._stages = stages
        self._prepared = prepared
        self._ends = None if left is None else asyncio.get_running_loop().time() + left

    @property
    def seconds_left(self) -> float:
        """The time until the end of the call; without one, what the policy gives the stages."""
        if self._ends is None:
            return sum(self._prepared.policy.timeouts.values())
        return max(self._ends - asyncio.get_running_loop().time(), 0.0)

    async def judge(self, candidate: Candidate, policy: Policy, follower: Follower = NOBODY) -> Judgement:
        """Take a candidate through the stages and decide."""
        run = Run(self._stages, self._prepared.known, policy, self.seconds_left, follower)
        results = await run.results(candidate)
        return Judgement(candidate, policy, results, decide(results, policy))
