"""One candidate's way through the sandbox in an interpreted language: its runs, and what they add up to."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assay.errors import AssayError, PluginFailed
from assay.stage import Candidate, Finding, StageContext, StageResult, TestFramework, Workers
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from services.stages.execution.account import Account
from services.stages.execution.compiled import not_deterministic
from services.stages.execution.findings import judge
from services.stages.execution.outcomes import TIME_LIMITS, name_of
from services.stages.execution.plan import Program, Run
from services.stages.execution.report import Report, parse
from services.stages.execution.sandbox import check_time, execute, seconds_for

from .apart import Script, take_apart
from .dialect import Dialect
from .examples import read_examples
from .job import Test, program
from .plain import Told, told
from .verdicts import at_end, decide, standing, with_subjects

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

LOAD = "load"
CHECK = "check"
SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """
    What interpreted languages differ in.

    :param dialect: How the tests are taken apart; None where they are not.
    :param framework: The unit test framework that a text of tests is written for; empty where it is a script.
    :param unittest: The framework where the text does not say, and the suite does that it is one; empty: there is none.
    :param lacking: What tests need that this environment lacks, half a sentence; empty where they can be run.
    :param is_loaded: Whether a candidate without tests is loaded; else it is only read by the interpreter.
    :param explain: Adds to a report what else the run tells about what failed in it.
    """

    dialect: Dialect | None = None
    framework: Callable[[str], str] = lambda _: ""
    unittest: str = ""
    lacking: Callable[[str, TestFramework], str] = lambda _, __: ""
    is_loaded: Callable[[Candidate], bool] = lambda _: True
    explain: Callable[[Candidate, ExecutionResult, Report], None] = lambda *_: None


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run gave."""

    result: ExecutionResult
    report: Report
    values: dict[str, Told]

    def end(self) -> tuple[object, ...]:
        """Return what two runs of a program that is deterministic have in common."""
        ends = {
            test: (end.event, end.error and (end.error.type, end.error.line))
            for test, end in self.report.results.items()
        }
        result = self.result
        return result.outcome, result.exit_code, result.signal, ends, self.values, result.stderr.content


class Session:
    """Runs one candidate."""

    def __init__(
        self,
        interpreter: Interpreter,
        candidate: Candidate,
        context: StageContext,
        stub: "SandboxServiceAsyncStub",
        workers: Workers,
    ) -> None:
        self._interpreter = interpreter
        self._candidate = candidate
        self._context = context
        self._stub = stub
        self._workers = workers
        self._until = time.monotonic() + context.seconds_left
        self._account = Account()
        self._isolations: set[str] = set()

    async def run(self) -> StageResult:
        """Do every run, and return what they add up to."""
        suites = self._candidate.tests or (None,)
        for index, suite in enumerate(suites):
            run = Run(suite, f"the tests in {suite.files[0].path}" if suite else "the code", examples=False)
            await self._context.progress(f"running {run.label}", index / len(suites))
            try:
                can_go_on = await self._one(run)
            except AssayError as error:
                self._account.could_not(run.label, error)
                break
            if not can_go_on:
                break
        self._account.isolate(self._isolations)
        return self._account.result()

    async def _one(self, run: Run) -> bool:
        """Judge one suite, or the candidate alone; return whether another suite can tell more."""
        if run.suite is None:
            if self._interpreter.is_loaded(self._candidate):
                examples = await self._examples()
                return await self._judge(run, SCRIPT if examples.tests else LOAD, examples)
            self._account.details["not_loaded"] = "a program's main part is run by cases alone"
            return await self._judge(run, CHECK, Script("", ()))
        text = run.suite.files[0].content.decode("utf-8", "surrogateescape")
        if lacking := self._interpreter.lacking(text, run.suite.framework):
            self._account.unable.append(f"{run.label} could not be run: {lacking}")
            return True
        if framework := self._framework(text, run.suite.framework):
            return await self._judge(run, framework, Script(text, (Test(1, text),)))
        return await self._judge(run, SCRIPT, await self._apart(text))

    def _framework(self, text: str, framework: TestFramework) -> str:
        if framework is TestFramework.ASSERTS:
            return ""
        told = self._interpreter.framework(text)
        return told or (self._interpreter.unittest if framework is TestFramework.UNITTEST else "")

    async def _examples(self) -> Script:
        """Return the examples of the specification."""
        if self._interpreter.dialect is None or not self._candidate.specification:
            return Script("", ())
        return await self._workers.run(read_examples, self._interpreter.dialect, self._candidate.specification)

    async def _apart(self, text: str, keep: frozenset[str] = frozenset()) -> Script:
        if self._interpreter.dialect is None:
            return Script(text, (Test(1, text),))
        return await self._workers.run(take_apart, self._interpreter.dialect, text, keep)

    async def _judge(self, run: Run, mode: str, script: Script) -> bool:
        """Run a script; where values are not plain data, once more with their checks as they were written."""
        made = program(self._candidate, run.suite, mode, script.tests)
        ran = await self._run(run, made)
        odd = frozenset(test for test, value in ran.values.items() if value.odd)
        if odd and run.suite is not None:
            script = await self._apart(script.text, odd)
            made = program(self._candidate, run.suite, mode, script.tests)
            ran = await self._run(run, made)
        if script.tests:
            self._isolations.add(script.isolation)
        await self._add(run, script, ran)
        if self._context.check_determinism and ran.result.outcome not in TIME_LIMITS:
            await self._again(run, made, ran)
        return "loaded" in ran.report.reached and ran.result.outcome not in TIME_LIMITS

    async def _run(self, run: Run, made: Program) -> Ran:
        seconds, language = seconds_for(run.label, self._until), self._candidate.language
        tested = run.suite is not None
        result = await execute(self._stub, language, made, seconds, self._until, doubting=tested)
        report = parse(result.stdout.content, made.nonce)
        if report.broken:
            raise PluginFailed(f"the harness failed in {run.label}: {report.broken}")
        if "loading" not in report.reached:
            raise PluginFailed(f"the harness did not begin {run.label} (exit status {result.exit_code})")
        values, well_formed = told(result.stdout.content, made.nonce)
        report.malformed |= not well_formed
        if report.is_complete() and result.outcome == Outcome.OUTCOME_WALL_TIME_LIMIT:
            # The harness leaves when it has told the end: what the clock said after that was not the code's doing.
            result.outcome = Outcome.OUTCOME_OK
        check_time(run.label, result.outcome, seconds)
        self._account.add(result)
        return Ran(result, report, dict(values))

    async def _add(self, run: Run, script: Script, ran: Ran) -> None:
        """Decide what is decided here, and say what the run says about the candidate."""
        report = ran.report
        if self._interpreter.dialect is not None:
            decide(self._interpreter.dialect, script, report, ran.values)
        self._interpreter.explain(self._candidate, ran.result, report)
        if run.suite is not None:
            with_subjects(self._candidate, run.suite, report)
        account = self._account
        account.passed += report.count("passed")
        account.failed += report.count("failed")
        account.skipped += report.count("skipped")
        account.planned += len(report.missing()) + len(report.results)
        said = judge(self._candidate, run, ran.result, report)
        place = standing(self._candidate, run.suite, report) if run.suite else None
        await self._found([at_end(finding, place) for finding in said.findings])
        if said.unable:
            account.unable.append(said.unable)

    async def _again(self, run: Run, made: Program, first: Ran) -> None:
        """Run once more, and say where it ended otherwise."""
        second = await self._run(run, made)
        if first.end() != second.end():
            found = not_deterministic(f"Two runs of {run.label} did not end alike.", first.result, second.result)
            evidence = {
                f"{which}_outcome": name_of(ran.result.outcome) for which, ran in (("first", first), ("second", second))
            }
            await self._found([replace(found, evidence=evidence)])

    async def _found(self, findings: list[Finding]) -> None:
        for finding in findings:
            if self._account.find(finding):
                await self._context.found(finding)
