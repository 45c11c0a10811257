"""One candidate's way through the sandbox: its runs, one after another, and what they add up to."""

import time
from typing import TYPE_CHECKING

from assay.errors import AssayError, DeadlineExceeded, PluginFailed
from assay.stage import Candidate, StageContext, StageResult, Workers
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from .account import Account
from .findings import judge
from .plan import Run, program, runs
from .report import Report, parse
from .sandbox import execute

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

RUN_SECONDS = 10.0
"""The limit of wall and CPU time of one run, while the caller's time is longer."""

SPARE_SECONDS = 1.0
"""Kept of the caller's time for the way to the sandbox and back."""

MIN_SECONDS = 0.5

TIME_LIMITS = {Outcome.OUTCOME_CPU_TIME_LIMIT, Outcome.OUTCOME_WALL_TIME_LIMIT}
"""After one of these no further suite is run: the code has failed, and each would take as long again."""


async def judge_python(
    candidate: Candidate,
    context: StageContext,
    stub: "SandboxServiceAsyncStub",
    workers: Workers,
) -> StageResult:
    """Run a candidate in Python; see :class:`services.stages.execution.language.Language`."""
    return await Session(candidate, context, stub).run()


class Session:
    """Runs one candidate."""

    def __init__(self, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub") -> None:
        self._candidate = candidate
        self._context = context
        self._stub = stub
        self._until = time.monotonic() + context.seconds_left
        self._account = Account()

    async def run(self) -> StageResult:
        """Do every run, and return what they add up to."""
        planned = runs(self._candidate)
        for index, run in enumerate(planned):
            await self._context.progress(f"running {run.label}", index / len(planned))
            try:
                can_go_on = await self._one(run)
            except AssayError as error:
                self._account.failure = f"{run.label} could not be run: {error.message}"
                break
            if not can_go_on:
                break
        return self._account.result()

    async def _one(self, run: Run) -> bool:
        """Do one run; return whether another one can tell more."""
        seconds = min(RUN_SECONDS, self._until - time.monotonic() - SPARE_SECONDS)
        if seconds < MIN_SECONDS:
            raise DeadlineExceeded(f"the time was gone before {run.label} could be run")
        made = program(self._candidate, run, seconds)
        result = await execute(self._stub, self._candidate.language, made, seconds, self._until)
        report = parse(result.stdout.content, made.nonce)
        self._check(run, result, report, seconds)
        self._add(result, report)
        said = judge(self._candidate, run, result, report)
        for finding in said.findings:
            if self._account.find(finding):
                await self._context.found(finding)
        if said.unable:
            self._account.unable.append(said.unable)
        return report.load_error is None and "loaded" in report.reached and result.outcome not in TIME_LIMITS

    def _check(self, run: Run, result: ExecutionResult, report: Report, seconds: float) -> None:
        """Raise where what happened is ours, not the candidate's."""
        if report.broken:
            raise PluginFailed(f"the harness failed in {run.label}: {report.broken}")
        if "loading" not in report.reached:
            raise PluginFailed(f"the harness did not begin {run.label} (exit status {result.exit_code})")
        if result.outcome == Outcome.OUTCOME_WALL_TIME_LIMIT and seconds < RUN_SECONDS:
            raise DeadlineExceeded(f"{run.label} did not end within the {seconds:.1f} s that were left of the deadline")

    def _add(self, result: ExecutionResult, report: Report) -> None:
        account = self._account
        account.passed += report.count("passed")
        account.failed += report.count("failed")
        account.skipped += report.count("skipped")
        account.planned += len(report.missing()) + len(report.results)
        account.add(result)
