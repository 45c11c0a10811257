"""One candidate's way through the sandbox: its runs, one after another, and what they add up to."""

import posixpath
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assay.errors import AssayError, PluginFailed
from assay.stage import (
    Candidate,
    Category,
    Finding,
    Severity,
    SourceFile,
    StageContext,
    StageResult,
    TestSuite,
    Workers,
)
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from services.stages.execution.account import Account
from services.stages.execution.location import line_of
from services.stages.execution.outcomes import TIME_LIMITS
from services.stages.execution.plan import Program
from services.stages.execution.sandbox import check_time, execute, seconds_for

from .apart import Tests
from .compiling import CompileError, compile_errors
from .determinism import difference
from .faults import Reader
from .judgement import judge
from .preparation import Code, Order, prepare
from .program import entry_text, first_test_line, names, program
from .ran import Judgement, Ran
from .report import parse
from .specified import specified

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

READ_SECONDS = 20.0
"""The longest that reading one test file may take."""


async def judge_javascript(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in JavaScript; see :class:`services.stages.execution.language.Language`."""
    return await Session(candidate, context, stub, workers).run()


async def judge_typescript(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in TypeScript; see :class:`services.stages.execution.language.Language`."""
    return await Session(candidate, context, stub, workers).run()


@dataclass(frozen=True, slots=True)
class Prepared:
    """One run, ready for the sandbox; ``label`` is what a person calls it, for example "the tests in a.test.js"."""

    suite: TestSuite | None
    label: str
    code: Code
    tests: Tests | None
    sent: Program


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
        self._isolation: set[str] = set()
        self._is_specified = False

    async def run(self) -> StageResult:
        """Do every run, and return what they add up to."""
        suites: list[TestSuite | None] = [suite for suite in self._candidate.tests if suite.files]
        self._is_specified = not suites
        for index, suite in enumerate(suites or [await self._specified()]):
            label = self._label(suite)
            await self._context.progress(f"running {label}", index / max(len(suites), 1))
            try:
                can_go_on = await self._one(suite, label)
            except AssayError as error:
                self._account.could_not(label, error)
                break
            if not can_go_on:
                break
        self._account.isolate(self._isolation)
        return self._account.result()

    async def _specified(self) -> TestSuite | None:
        """Return the examples of the specification as tests; None where it states none."""
        text = self._candidate.specification
        if not text:
            return None
        code, _ = await self._prepared(None, "")
        text = await self._workers.within(READ_SECONDS).run(specified, text, code.declared)
        path = f"specification.{'ts' if self._candidate.language == 'typescript' else 'js'}"
        return TestSuite((SourceFile(path, text.encode()),)) if text else None

    def _label(self, suite: TestSuite | None) -> str:
        if suite is None:
            return "the code"
        return "the examples of the specification" if self._is_specified else f"the tests in {suite.files[0].path}"

    async def _one(self, suite: TestSuite | None, label: str) -> bool:
        """Do one run, twice where determinism is asked for; return whether another one can tell more."""
        made = names()
        code, tests = await self._prepared(suite, made.harness)
        if tests is not None and tests.problem:
            self._account.unable.append(f"{label} could not be run: {tests.problem}")
            return True
        sent = program(self._candidate, suite, code, tests, made)
        prepared = Prepared(suite, label, code, tests, sent)
        result = await self._executed(sent, label)
        if result.outcome == Outcome.OUTCOME_COMPILE_ERROR:
            return await self._not_compiled(prepared, result)
        ran = self._told(prepared, result)
        await self._add(judge(ran))
        can_go_on = "loaded" in ran.report.reached and result.outcome not in TIME_LIMITS
        if self._context.check_determinism and can_go_on:
            again = self._told(prepared, await self._executed(sent, label))
            if found := difference(ran, again):
                await self._find(found)
        return can_go_on and ran.report.load_error is None

    async def _executed(self, sent: Program, label: str) -> ExecutionResult:
        seconds = seconds_for(label, self._until)
        result = await execute(self._stub, self._candidate.language, sent, seconds, self._until, doubting=True)
        check_time(label, result.outcome, seconds)
        self._account.add(result)
        return result

    def _told(self, prepared: Prepared, result: ExecutionResult) -> Ran:
        """Return what a run told; raise where what happened is ours, not the candidate's."""
        suite, label, tests = prepared.suite, prepared.label, prepared.tests
        report = parse(result.stdout.content, prepared.sent.nonce)
        if report.broken:
            raise PluginFailed(f"the harness failed in {label}: {report.broken}")
        if "loading" not in report.reached:
            raise PluginFailed(f"the harness did not begin {label} (exit status {result.exit_code})")
        first = first_test_line(self._candidate) if tests is not None and tests.appended else 0
        reader = Reader(self._candidate, prepared.code, tests, suite.files[0].path if suite else "", first)
        return Ran(self._candidate, prepared.code, tests, label, result, report, reader, self._is_specified)

    async def _prepared(self, suite: TestSuite | None, name: str) -> tuple[Code, Tests | None]:
        candidate = self._candidate
        entry = candidate.entry()
        files = {file.path: file.content for file in (*candidate.context_files, *candidate.files)}
        package = posixpath.join(posixpath.dirname(entry.path), "package.json")
        order = Order(
            entry=entry.path,
            source=entry_text(candidate).encode(),
            test=suite.files[0].path if suite else "",
            tests=suite.files[0].content if suite else b"",
            files=frozenset(files) | {file.path for file in (suite.files[1:] if suite else ())},
            language=candidate.language,
            name=name,
            package=files.get(package, files.get("package.json", b"")),
        )
        return await self._workers.within(READ_SECONDS).run(prepare, order)

    async def _add(self, said: Judgement) -> None:
        account = self._account
        account.passed += said.passed
        account.failed += said.failed
        account.skipped += said.skipped
        account.planned += said.planned
        self._isolation |= said.isolation
        for finding in said.findings:
            await self._find(finding)
        if said.unable:
            account.unable.append(said.unable)

    async def _find(self, finding: Finding) -> None:
        if self._account.find(finding):
            await self._context.found(finding)

    async def _not_compiled(self, prepared: Prepared, result: ExecutionResult) -> bool:
        """Say why a program could not be compiled; what lies with the tests is told apart by compiling without them."""
        errors = compile_errors(result)
        first = first_test_line(self._candidate)
        own = [error for error in errors if self._is_candidates(error, first)]
        missing = next((error.missing for error in errors if error.missing), "")
        if missing:
            message = f"The tests use {missing}, which the code does not export."
            await self._find(Finding("execution/missing-name", Category.BEHAVIOR, Severity.HIGH, message))
        elif unresolved := next((error for error in own if error.unresolved), None):
            await self._lacking(unresolved)
        elif own or prepared.suite is None:
            await self._compile_error(own[0] if own else CompileError("the compiler gives no reason"))
        elif await self._compiles_alone(prepared.code):
            self._account.unable.append(f"{prepared.label} could not be compiled")
            return True
        return False

    def _is_candidates(self, error: CompileError, first_test_line: int) -> bool:
        paths = {file.path for file in self._candidate.files}
        is_entry = error.path == self._candidate.entry().path
        return error.path in paths and (not is_entry or error.line < first_test_line)

    async def _compiles_alone(self, code: Code) -> bool:
        """Whether the code compiles without its tests; where it does not, that is told."""
        sent = program(self._candidate, None, code, None, names())
        result = await self._executed(sent, "the code")
        if result.outcome != Outcome.OUTCOME_COMPILE_ERROR:
            return True
        errors = compile_errors(result)
        await self._compile_error(errors[0] if errors else CompileError("the compiler gives no reason"))
        return False

    async def _compile_error(self, error: CompileError) -> None:
        message = f"The code does not compile: {error.message[:200]}"
        found = Finding("execution/compile-error", Category.SYNTAX, Severity.HIGH, message)
        await self._find(replace(found, location=line_of(self._candidate, error.path, error.line)))

    async def _lacking(self, error: CompileError) -> None:
        lack = f"it imports a module that this environment lacks ({error.unresolved})"
        message = f"The code could not be run in full: {lack}."
        found = Finding("execution/missing-module", Category.ENVIRONMENT, Severity.INFO, message)
        await self._find(replace(found, location=line_of(self._candidate, error.path, error.line)))
        self._account.unable.append(f"the code could not be compiled: {lack}")
