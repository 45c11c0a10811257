"""One run from request to result: plan, turn, sandbox, program, outcome; a lost sandbox is replaced once."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

import structlog
from assay.errors import SandboxLost

from sandbox.admission import Admission
from sandbox.attempt import Attempt, Claimed, Lost, Plan, Sandboxes, attempt
from sandbox.outcome import Outcome
from sandbox.planning import Planner
from sandbox.program import Compilation, Output, Phases, Program, Result, Usage

log = structlog.get_logger()

TRIES = 2

S = TypeVar("S", bound=Claimed)


class Executor(Generic[S]):
    """Runs programs."""

    def __init__(self, sandboxes: Sandboxes[S], planner: Planner, admission: Admission) -> None:
        self.sandboxes = sandboxes
        self.planner = planner
        self.admission = admission

    async def execute(self, program: Program, asked: Mapping[str, float], tenant: str = "") -> Result:
        """
        Run one program to its end. Cancelling the call ends its sandbox at once.

        :param asked: Limits by the names of :class:`Limits`; those not named are the defaults.
        :param tenant: On whose behalf; turns are fair between tenants.
        :raises InvalidArgument: The program or a limit is out of bounds.
        :raises QueueFull: Too many runs wait already.
        :raises SandboxUnavailable: There is no sandbox to be had.
        :raises SandboxLost: The sandbox was lost, and so was the one after it.
        """
        plan = self.planner.plan(program, asked)
        arrived = time.monotonic()
        async with self.admission.turn(tenant):
            phases = Phases(queued=time.monotonic() - arrived)
            oom = False
            for left in reversed(range(TRIES)):
                try:
                    async with attempt(self.sandboxes, plan, phases, oom_before=oom) as opened:
                        return await _run(opened, plan, phases)
                except Lost as lost:
                    oom = lost.oom
                    note_lost(plan, lost, last=not left)
        raise AssertionError("the last try returns or raises")


async def _run(opened: Attempt[S], plan: Plan, phases: Phases) -> Result:
    compilation = await opened.prepare()
    if compilation is not None:
        phases.compile = compilation.usage.wall_seconds
        if compilation.outcome is not Outcome.OK:
            return not_compiled(plan, phases, compilation, opened.version)
    result = await opened.run(plan.program, plan.applied, phases)
    return replace(result, compilation=compilation)


def note_lost(plan: Plan, lost: Lost, *, last: bool) -> None:
    """Log that a sandbox was lost; raise :class:`SandboxLost` where there is no further try."""
    log.warning("sandbox_lost", execution_id=plan.execution_id, **lost.evidence)
    if last:
        raise SandboxLost(
            f"the sandbox was lost {TRIES} times", metadata={"execution_id": plan.execution_id, **lost.evidence}
        ) from None


def not_compiled(plan: Plan, phases: Phases, compilation: Compilation, version: str) -> Result:
    """Return the result of a program that was never run."""
    cancelled = compilation.outcome is Outcome.CANCELLED
    evidence = {"compilation": compilation.outcome.name, **compilation.evidence}
    outcome = Outcome.CANCELLED if cancelled else Outcome.COMPILE_ERROR
    return nothing_run(plan, phases, outcome, evidence, compilation=compilation, version=version)


def nothing_run(
    plan: Plan,
    phases: Phases,
    outcome: Outcome,
    evidence: Mapping[str, str],
    *,
    compilation: Compilation | None = None,
    version: str = "",
) -> Result:
    """Return a result without a run."""
    return Result(
        execution_id=plan.execution_id,
        outcome=outcome,
        evidence=evidence,
        exit_code=None,
        signal=None,
        stdout=Output(),
        stderr=Output(),
        usage=Usage(),
        phases=phases,
        requested=plan.requested,
        applied=plan.applied,
        not_enforced=frozenset(),
        artifacts=(),
        artifacts_omitted={},
        language_version=version,
        compilation=compilation,
    )
