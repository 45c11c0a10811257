"""One candidate's way through the sandbox: its runs, one after another, and what they add up to."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.errors import AssayError, PluginFailed
from assay.stage import Candidate, Category, Finding, Severity, StageContext, StageResult, Workers
from assay.v1.sandbox_pb2 import ExecutionResult

from .account import Account
from .findings import judge
from .outcomes import TIME_LIMITS, name_of
from .plan import Run, program, runs
from .python.called import call_findings
from .python.determinism import differing
from .python.prepared import PREPARED
from .python.reading import Reading, read
from .python.settled import Settling, decide_all, odd_places, questions
from .python.taken import Place, Taken
from .python.verdicts import Ended
from .report import Report, parse
from .sandbox import check_time, execute, seconds_for

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub


async def judge_python(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in Python; see :class:`services.stages.execution.language.Language`."""
    return await Session(candidate, context, stub, workers).run()


@dataclass(frozen=True, slots=True)
class Ran:
    """
    One run, and what was decided about it.

    :param odd: Checks whose values are not plain data, so that nothing could be decided about them.
    """

    result: ExecutionResult
    report: Report
    odd: frozenset[Place]
    ended: tuple[Ended, ...]


class Session:
    """Runs one candidate."""

    def __init__(
        self, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
    ) -> None:
        self._candidate = candidate
        self._context = context
        self._stub = stub
        self._workers = workers
        self._until = time.monotonic() + context.seconds_left
        self._account = Account()
        self._proof: set[bool] = set()

    async def run(self) -> StageResult:
        """Do every run, and return what they add up to."""
        planned = runs(self._candidate)
        label = planned[0].label
        try:
            reading = await self._workers.run(read, self._candidate)
            await PREPARED.prepare(self._stub, self._until)
            for index, run in enumerate(planned):
                label = run.label
                await self._context.progress(f"running {label}", index / len(planned))
                if not await self._one(run, reading):
                    break
        except AssayError as error:
            self._account.could_not(label, error)
        self._account.isolate({"proof" if is_proof else "resistant" for is_proof in self._proof})
        return self._account.result()

    async def _one(self, run: Run, reading: Reading) -> bool:
        """Do one run; return whether another one can tell more."""
        ran = await self._run(run, reading)
        if ran.odd and run.suite is not None:
            # Values that are no plain data are compared inside, as the tests were written.
            kept = [ran.odd if suite is run.suite else frozenset[Place]() for suite in self._candidate.tests]
            reading = await self._workers.run(read, self._candidate, kept)
            ran = await self._run(run, reading)
        if ran.odd:
            self._account.unable.append(f"{run.label} could not be decided: the code gives plain data at times")
        await self._add(run, ran, reading)
        if self._context.check_determinism and ran.result.outcome not in TIME_LIMITS:
            await self._again(run, reading, ran)
        report, outcome = ran.report, ran.result.outcome
        return report.load_error is None and "loaded" in report.reached and outcome not in TIME_LIMITS

    async def _run(self, run: Run, reading: Reading) -> Ran:
        seconds = seconds_for(run.label, self._until)
        made = program(self._candidate, run, reading, seconds)
        tested = run.suite is not None
        result = await execute(self._stub, self._candidate.language, made, seconds, self._until, doubting=tested)
        report = parse(result.stdout.content, made.nonce)
        if report.broken and not report.replaced:
            raise PluginFailed(f"the harness failed in {run.label}: {report.broken}")
        if "loading" not in report.reached:
            raise PluginFailed(f"the harness did not begin {run.label} (exit status {result.exit_code})")
        check_time(run.label, result.outcome, seconds)
        ended, lines = questions(report)
        return Ran(result, report, await self._decide(run, reading, report, ended, lines), tuple(ended))

    async def _decide(
        self, run: Run, reading: Reading, report: Report, ended: list[Ended], lines: list[int]
    ) -> frozenset[Place]:
        """Put into a report what is decided outside; return the checks of which nothing could be decided."""
        suite = reading.of(self._candidate, run.suite) if run.suite is not None else None
        taken = suite.taken if suite is not None else Taken(b"")
        source = run.suite.files[0].content if run.suite is not None else b""
        if not ended and not lines:
            return frozenset()
        examples = reading.examples if run.examples else ()
        decided = await self._workers.run(decide_all, source, taken, examples, ended, lines)
        if odd := odd_places(decided):
            return odd
        Settling(report, reading, suite, decided).settle(ended)
        return frozenset()

    async def _again(self, run: Run, reading: Reading, first: Ran) -> None:
        """Run once more, in another interpreter with hashes of its own, and tell what is not the same."""
        second = await self._run(run, reading)
        test = await self._workers.run(differing, first.ended, second.ended)
        if not test and first.result.outcome == second.result.outcome:
            return
        evidence = {"first_outcome": name_of(first.result.outcome), "second_outcome": name_of(second.result.outcome)}
        message = f"Two runs of {run.label} did not give the same."
        if test:
            message = f"{test} did not give the same in two runs of {run.label}."
            evidence["test"] = test
        await self._found(
            Finding("execution/not-deterministic", Category.BEHAVIOR, Severity.MEDIUM, message, evidence=evidence)
        )

    async def _found(self, finding: Finding) -> None:
        if self._account.find(finding):
            await self._context.found(finding)

    async def _add(self, run: Run, ran: Ran, reading: Reading) -> None:
        """Add a run to the account, with what it says about the candidate."""
        account, report = self._account, ran.report
        account.passed += report.count("passed")
        account.failed += report.count("failed")
        account.skipped += report.count("skipped")
        account.planned += len(report.missing()) + len(report.results)
        account.add(ran.result)
        sealed = {*(report.proof or ()), *reading.sealed(self._candidate, run.suite)}
        self._proof |= {test in sealed for test in report.tests()}
        self._add_details(reading, report)
        said = judge(self._candidate, run, ran.result, report)
        for finding in (*said.findings, *call_findings(self._candidate, reading.calls, report)):
            await self._found(finding)
        if said.unable:
            account.unable.append(said.unable)

    def _add_details(self, reading: Reading, report: Report) -> None:
        """Say how much of the code ran; of several runs the one in which most did."""
        details, lines = self._account.details, report.lines
        if lines is not None and lines.covered >= int(details.get("lines_covered", "0")):
            details |= {"lines_covered": str(lines.covered), "lines_total": str(lines.total)}
            details["functions_not_called"] = ", ".join(lines.uncalled)
        if report.calling is not None:
            called = [call.function for number, call in enumerate(reading.calls) if number in report.called]
            details |= {"smoke_called": ", ".join(called), "proved": "nothing"}
