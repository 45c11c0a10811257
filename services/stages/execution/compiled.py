"""One candidate of a compiled language and its way through the sandbox: compiled with its tests, and run."""

import secrets
import time
from typing import TYPE_CHECKING

from assay.errors import AssayError
from assay.stage import Candidate, Category, Finding, Severity, StageContext, StageResult, TestSuite, Workers
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from .account import Account
from .compiled_findings import compile_findings, run_findings
from .compiled_toolchain import CannotRun, Program, Toolchain
from .language import toolchain
from .outcomes import TIME_LIMITS
from .sandbox import check_time, execute, seconds_for

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub


async def judge_compiled(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """
    Compile a candidate and run its tests, or only compile it where there are none.

    Its language is one of :data:`services.stages.execution.language.TOOLCHAINS`; see
    :class:`services.stages.execution.language.Language`.
    """
    known = toolchain(candidate.language)
    assert known is not None
    return await _Session(known, candidate, context, stub).run()


class _Session:
    def __init__(
        self, toolchain: Toolchain, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub"
    ) -> None:
        self._toolchain = toolchain
        self._candidate = candidate
        self._context = context
        self._stub = stub
        self._until = time.monotonic() + context.seconds_left
        self._account = Account()

    async def run(self) -> StageResult:
        """Do every run, and return what they add up to."""
        suites = self._candidate.tests or (None,)
        for index, suite in enumerate(suites):
            label = f"the tests in {suite.files[0].path}" if suite else "the code"
            await self._context.progress(f"compiling and running {label}", index / len(suites))
            try:
                can_go_on = await self._one(suite, label)
            except CannotRun as error:
                self._account.unable.append(f"{label} could not be run: {error.reason}")
                continue
            except AssayError as error:
                self._account.could_not(label, error)
                break
            if not can_go_on:
                break
        return self._account.result()

    async def _one(self, suite: TestSuite | None, label: str) -> bool:
        """Do one run; return whether another one can tell more."""
        nonce = secrets.token_hex(16)
        program = self._toolchain.program(self._candidate, suite, nonce)
        result = await self._execute(program, label)
        if result.outcome == Outcome.OUTCOME_COMPILE_ERROR:
            await self._not_compiled(suite, result, label)
            return suite is not None
        self._account.add(result)
        if suite is None:
            self._account.details["proved"] = "nothing"
            return False
        await self._judge(suite, result, nonce, label)
        if self._context.check_determinism and result.outcome not in TIME_LIMITS:
            await self._again(program, result, label)
        return result.outcome not in TIME_LIMITS

    async def _execute(self, program: Program, label: str) -> ExecutionResult:
        seconds = seconds_for(label, self._until)
        result = await execute(self._stub, self._toolchain.language, program, seconds, self._until, doubting=True)
        check_time(label, result.outcome, seconds)
        return result

    async def _not_compiled(self, suite: TestSuite | None, result: ExecutionResult, label: str) -> None:
        compilation = result.compilation
        messages = (compilation.stderr.content + b"\n" + compilation.stdout.content).decode(errors="replace")
        problems = self._toolchain.problems(self._candidate, suite, messages)
        found, unable = compile_findings(self._candidate, compilation, problems, tested=suite is not None)
        self._account.add(result, as_expected=not found and not unable)
        self._account.planned += suite is not None
        self._account.failed += suite is not None and not unable
        self._account.skipped += suite is not None and bool(unable)
        await self._found(found)
        if unable:
            self._account.unable.append(f"{label} could not be run: {unable}")

    async def _judge(self, suite: TestSuite, result: ExecutionResult, nonce: str, label: str) -> None:
        ran = self._toolchain.ran(self._candidate, suite, result, nonce)
        account = self._account
        account.planned += ran.planned
        account.passed += ran.passed
        account.skipped += ran.skipped
        if ran.missing:
            account.unable.append(f"{label} could not be run: {ran.missing} is not in this environment")
            return
        account.failed += ran.planned - ran.passed - ran.skipped
        await self._found(run_findings(self._candidate, suite, result, ran))

    async def _again(self, program: Program, first: ExecutionResult, label: str) -> None:
        """Run once more, and say where it ended otherwise."""
        second = await self._execute(program, label)
        self._account.add(second)
        if _end(first) != _end(second):
            message = f"Two runs of {label} did not end alike."
            await self._found([not_deterministic(message, first, second)])

    async def _found(self, findings: list[Finding]) -> None:
        for finding in findings:
            if self._account.find(finding):
                await self._context.found(finding)


def _end(result: ExecutionResult) -> tuple[object, ...]:
    return result.outcome, result.exit_code, result.signal, result.stdout.content


def not_deterministic(message: str, first: ExecutionResult, second: ExecutionResult) -> Finding:
    """Return that a program ended otherwise the second time."""
    evidence = {
        f"{which}_{name}": value
        for which, result in (("first", first), ("second", second))
        for name, value in (
            ("outcome", Outcome.Name(result.outcome).removeprefix("OUTCOME_")),
            ("stdout", result.stdout.content.decode(errors="replace")[:1_000]),
        )
    }
    return Finding("execution/not-deterministic", Category.BEHAVIOR, Severity.MEDIUM, message, evidence=evidence)
