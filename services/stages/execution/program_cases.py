"""
Suites of cases: the entry point runs as a program, each case with its input, in every language.

What a case should give never enters the program's sandbox: the comparison is made outside, so that what these suites
say is proof.
"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.errors import AssayError
from assay.stage import Candidate, Finding, StageContext, StageResult, TestSuite
from assay.v1.sandbox_pb2 import CaseResult, CaseVerdict, Compilation, ExecutionResult, Outcome

from .account import Account
from .case_findings import case_finding, lacking
from .compiled import not_deterministic
from .compiled_findings import compile_findings, missing_module
from .compiled_toolchain import Problem, as_submitted
from .language import toolchain
from .outcomes import TIME_LIMITS, name_of
from .sandbox import check_time, execute_batch, seconds_for

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

MAX_CASE_FINDINGS = 10
"""Failed cases of a suite that get a finding of their own; the rest are counted."""


async def judge_cases(candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub") -> StageResult:
    """Run the candidate's suites of cases; those of files are left out."""
    return await _Session(candidate, context, stub).run()


class _Session:
    def __init__(self, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub") -> None:
        self._candidate = candidate
        self._context = context
        self._stub = stub
        self._until = time.monotonic() + context.seconds_left
        self._account = Account(isolation="proof")
        self._toolchain = toolchain(candidate.language)

    async def run(self) -> StageResult:
        """Run every suite, and return what they add up to."""
        suites = [named(suite) for suite in self._candidate.tests if suite.cases]
        account = self._account
        account.planned = sum(len(suite.cases) for suite in suites)
        for index, suite in enumerate(suites):
            label = f"suite {index + 1} of the cases" if len(suites) > 1 else "the cases"
            await self._context.progress(f"running {label}", index / len(suites))
            try:
                can_go_on = await self._suite(suite, label)
            except AssayError as error:
                account.could_not(label, error)
                break
            if not can_go_on:
                break
        account.skipped = account.planned - account.passed - account.failed
        return account.result()

    async def _suite(self, suite: TestSuite, label: str) -> bool:
        """Run one suite, twice where determinism is asked for; return whether another one can tell more."""
        first = await self._batch(suite, label, judged=True)
        can_go_on = len(first) == len(suite.cases) and all(case.outcome not in TIME_LIMITS for case in first)
        if self._context.check_determinism and can_go_on:
            second = await self._batch(suite, label, judged=False)
            for case, one, other in zip(suite.cases, first, second, strict=False):
                if _end(one) != _end(other):
                    message = f"Case {case.name} did not end alike in two runs."
                    await self._found(not_deterministic(message, one, other))
                    break
        return can_go_on

    async def _batch(self, suite: TestSuite, label: str, *, judged: bool) -> list[ExecutionResult]:
        """
        Run the cases of one suite, and return their results, up to the first that ran out of its time.

        :param judged: Whether what they say is taken into account.
        """
        made = self._toolchain.own_program(self._candidate) if self._toolchain else as_submitted(self._candidate)
        seconds = seconds_for(label, self._until)
        language, until = self._candidate.language, self._until
        results: list[ExecutionResult] = []
        events = execute_batch(self._stub, language, made, suite, seconds=seconds, until=until)
        async for event in events:
            if event.HasField("compiled") and event.compiled.outcome != Outcome.OUTCOME_OK:
                await self._not_compiled(event.compiled, label)
            elif event.HasField("case_result"):
                result = event.case_result.result
                results.append(result)
                check_time(f"case {event.case_result.name}", result.outcome, seconds)
                can_go_on = not judged or await self._case(suite, event.case_result)
                if not can_go_on or result.outcome in TIME_LIMITS:
                    break
        await events.aclose()
        return results

    async def _not_compiled(self, compilation: Compilation, label: str) -> None:
        problems = self._problems(compilation)
        found, unable = compile_findings(self._candidate, compilation, problems, tested=True)
        self._account.details["outcome"] = name_of(Outcome.OUTCOME_COMPILE_ERROR)
        for finding in found:
            await self._found(finding)
        if unable or not found:
            self._account.unable.append(f"{label} could not be run: {unable or 'the code is no whole program'}")

    def _problems(self, compilation: Compilation) -> list[Problem]:
        if self._toolchain is not None:
            messages = (compilation.stderr.content + b"\n" + compilation.stdout.content).decode(errors="replace")
            return self._toolchain.problems(self._candidate, None, messages)
        # TypeScript is compiled too, by esbuild, and its programs are put together otherwise.
        from .javascript.compiling import compile_errors

        errors = compile_errors(ExecutionResult(compilation=compilation))
        return [Problem(e.path, e.line, e.message, e.unresolved, "module" if e.unresolved else "") for e in errors]

    async def _case(self, suite: TestSuite, case: CaseResult) -> bool:
        """Take one case into account; return whether another one can tell more."""
        account = self._account
        passed = case.verdict == CaseVerdict.CASE_VERDICT_PASSED
        account.add(case.result, as_expected=passed)
        if passed:
            account.passed += 1
        elif case.verdict == CaseVerdict.CASE_VERDICT_UNDECIDED:
            account.unable.append(f"case {case.name} could not be decided: {case.message}")
        elif missing := lacking(self._candidate, case.result):
            await self._found(missing_module(self._candidate, Problem("", 0, "", missing, "module")))
            account.unable.append(f"the cases could not be run: {missing} is not in this environment")
            return False
        else:
            account.failed += 1
            if account.failed <= MAX_CASE_FINDINGS:
                asked = suite.cases[case.index]
                await self._found(case_finding(self._candidate, case, asked.expected_stdout, asked.expected_exit_code))
        return True

    async def _found(self, finding: Finding) -> None:
        if self._account.find(finding):
            await self._context.found(finding)


def named(suite: TestSuite) -> TestSuite:
    """Return a suite in which every case has a name: its number where it had none."""
    cases = (replace(case, name=case.name or str(index)) for index, case in enumerate(suite.cases, 1))
    return replace(suite, cases=tuple(cases))


def _end(result: ExecutionResult) -> tuple[object, ...]:
    return result.outcome, result.exit_code, result.signal, result.stdout.content
