"""What was decided about one candidate, on what, and what repair made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from assay.stage import Candidate, StageResult

from services.validation.policy import Policy
from services.validation.verdict import Decision


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    A candidate's way through its stages, at its end.

    :param candidate: As the stages saw it: language and version filled in.
    :param results: What each stage of the policy said, marked, in the policy's order.
    """

    candidate: Candidate
    policy: Policy
    results: tuple[StageResult, ...]
    decision: Decision


@dataclass(frozen=True, slots=True)
class Round:
    """
    One round of repair; see ``RepairRound`` in the contract.

    :param number: From 1.
    :param repairer: What made the changes.
    :param mended: The fingerprints of the findings that were mended.
    :param diff: From the candidate that the round began with, as a unified diff.
    :param judgement: Of the changed candidate; None where it could not be judged.
    :param kept: Whether the changes were kept.
    :param reason: Why they were, or were not.
    """

    number: int
    repairer: str
    mended: tuple[str, ...]
    diff: str
    judgement: Judgement | None
    kept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Repair:
    """
    What repair came to.

    :param kept: The judgement of the last round that was kept; None where none was.
    :param diff: From the candidate as it was given to the one that was kept, as a unified diff.
    """

    rounds: tuple[Round, ...] = ()
    kept: Judgement | None = None
    diff: str = ""


class Anew(Protocol):
    """Judges a changed candidate as the one that was given was judged: by its policy, through all of its stages."""

    @property
    def seconds_left(self) -> float:
        """The time that is left for all further rounds together."""

    async def judge(self, candidate: Candidate, policy: Policy) -> Judgement:
        """
        Judge a candidate.

        :param policy: That of the judgement before, except that lines which count may have moved with the change.
        :raises assay.errors.AssayError: It could not be judged.
        """


Repairs = Callable[[Judgement, Anew, Callable[[Round], Awaitable[None]]], Awaitable[Repair]]
"""
Repairs a candidate that was judged, as ``policy.repair`` of its judgement says, which is set. The third argument is
told of each round at its end. It does not raise where a round cannot be made or judged: the round says so.
"""
