"""One candidate's way through the sandbox: its runs, one after another, and what they add up to."""

import time
from typing import TYPE_CHECKING

from assay.convert import seconds_from_proto
from assay.errors import AssayError, DeadlineExceeded, PluginFailed
from assay.stage import Candidate, Finding, Severity, StageContext, StageResult, StageStatus
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

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


class Session:
    """Runs one candidate."""

    def __init__(self, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub") -> None:
        self._candidate = candidate
        self._context = context
        self._stub = stub
        self._until = time.monotonic() + context.seconds_left
        self._findings: list[Finding] = []
        self._unable: list[str] = []
        self._failure = ""
        self._count = dict.fromkeys(("passed", "failed", "skipped", "planned"), 0)
        self._cpu = self._wall = 0.0
        self._outcome = ""
        self._language_version = ""

    async def run(self) -> StageResult:
        """
        Do every run, and return what they add up to.

        Where the sandbox could not be used the result is FAILED, unless what was found before decides already.
        """
        planned = runs(self._candidate)
        for index, run in enumerate(planned):
            await self._context.progress(f"running {run.label}", index / len(planned))
            try:
                can_go_on = await self._one(run)
            except AssayError as error:
                self._failure = f"{run.label} could not be run: {error.message}"
                break
            if not can_go_on:
                break
        return self._result()

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
            if finding not in self._findings:
                self._findings.append(finding)
                await self._context.found(finding)
        if said.unable:
            self._unable.append(said.unable)
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
        for event in ("passed", "failed", "skipped"):
            self._count[event] += report.count(event)
        self._count["planned"] += len(report.missing()) + len(report.results)
        self._cpu += seconds_from_proto(result.usage.cpu_time)
        self._wall += seconds_from_proto(result.usage.wall_time)
        outcome = Outcome.Name(result.outcome).removeprefix("OUTCOME_")
        self._outcome = outcome if self._outcome in {"", "OK"} else self._outcome
        self._language_version = result.language_version

    def _is_decided(self) -> bool:
        return any(finding.severity >= Severity.HIGH for finding in self._findings)

    def _result(self) -> StageResult:
        details = {
            "tests_total": str(self._count["planned"]),
            "tests_passed": str(self._count["passed"]),
            "tests_failed": str(self._count["failed"]),
            "tests_skipped": str(self._count["skipped"]),
            "outcome": self._outcome,
            "cpu_seconds": f"{self._cpu:.3f}",
            "wall_seconds": f"{self._wall:.3f}",
            "language_version": self._language_version,
            "isolation": "resistant",
        }
        if not_run := [*self._unable, *filter(None, [self._failure])]:
            details["not_run"] = "; ".join(not_run)[:2_000]
        status, reason = StageStatus.COMPLETED, ""
        if not self._is_decided():
            if self._failure:
                status, reason = StageStatus.FAILED, self._failure
            elif self._unable:
                status, reason = StageStatus.SKIPPED, self._unable[0]
        return StageResult(status, tuple(self._findings), reason=reason, details=details)
