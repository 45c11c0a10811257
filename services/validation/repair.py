"""
Repair: what can be mended without guessing is, and the result is judged again by all stages.

A round asks each repairer for a change, makes the first that there is, and keeps it where the judgement gains by it
(:mod:`services.validation.repair_gain`). Then the next begins with what was kept. A round that is not kept is the last.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from assay.errors import AssayError
from assay.stage import Candidate

from services.validation.engine import VERDICT_SECONDS
from services.validation.judgement import Anew, Judgement, Repair, Round
from services.validation.policy import Policy
from services.validation.repair_change import Repairer
from services.validation.repair_diff import moved, unified
from services.validation.repair_fixes import Fixes
from services.validation.repair_gain import counting, gain

Told = Callable[[Round], Awaitable[None]]


class Rounds:
    """
    Repairs candidates; an instance is what :data:`services.validation.judgement.Repairs` asks for.

    :param repairers: In the order in which they are asked.
    """

    def __init__(self, repairers: Sequence[Repairer] = (Fixes(),)) -> None:
        self._repairers = tuple(repairers)

    async def __call__(self, given: Judgement, anew: Anew, told: Told) -> Repair:
        """Repair a candidate that was judged, in as many rounds as its policy allows."""
        assert given.policy.repair is not None
        repair = Repair()
        for number in range(1, given.policy.repair.max_rounds + 1):
            made = await self._round(number, repair.kept or given, anew)
            if made is None:
                break
            repair = replace(repair, rounds=(*repair.rounds, made))
            await told(made)
            if not made.kept:
                break
            repair = replace(repair, kept=made.judgement)
        return await _with_diff(repair, given)

    async def _round(self, number: int, before: Judgement, anew: Anew) -> Round | None:
        """Return a round, or None where nobody has anything to change."""
        findings = counting(before)
        for repairer in self._repairers:
            change = await repairer.change(before.candidate, findings)
            changed = None if change is None else change.of(before.candidate)
            if change is not None and changed is not None:
                diff = await asyncio.to_thread(unified, before.candidate.files, changed.files)
                made = Round(number, repairer.name, change.mended, diff, None, kept=False, reason="")
                return await _judged(made, before, changed, anew)
        return None


async def _judged(made: Round, before: Judgement, changed: Candidate, anew: Anew) -> Round:
    needed = sum(result.seconds for result in before.results) + VERDICT_SECONDS
    if (left := anew.seconds_left) < needed:
        return replace(made, reason=f"not judged: the stages took {needed:.1f} s, and {left:.1f} s are left")
    try:
        after = await anew.judge(changed, await _policy(before, changed))
    except AssayError as error:
        return replace(made, reason=f"not judged: {error.message}")
    kept, reason = gain(before, after)
    return replace(made, judgement=after, kept=kept, reason=reason)


async def _policy(before: Judgement, changed: Candidate) -> Policy:
    """Return the policy for a changed candidate: where only changed lines count, these have moved."""
    policy, lines = before.policy, before.policy.silence.changed
    if lines is None:
        return policy
    now = await asyncio.to_thread(moved, lines, before.candidate.files, changed.files)
    return replace(policy, silence=replace(policy.silence, changed=now))


async def _with_diff(repair: Repair, given: Judgement) -> Repair:
    if repair.kept is None:
        return repair
    diff = await asyncio.to_thread(unified, given.candidate.files, repair.kept.candidate.files)
    return replace(repair, diff=diff)
