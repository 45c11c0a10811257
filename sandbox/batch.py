"""One program on many inputs: compiled once, each case run, compared and told as soon as it is there."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Generic

from assay.errors import DeadlineExceeded, InvalidArgument
from assay.stage import SourceFile

from sandbox import sizing
from sandbox.attempt import Plan, S
from sandbox.channel import Channel
from sandbox.checkers import Comparison, Exact
from sandbox.executor import Executor
from sandbox.outcome import Outcome
from sandbox.program import Compilation, Program, Result, Usage, check
from sandbox.series import Case, Series
from sandbox.streaming import Started

MAX_NAME = 256
MAX_PROGRAM_CHECKERS = 4
ROOM_BYTES = 8 * 1024 * 1024
ROOM_SECONDS = 60.0
"""How long a batch waits for a caller who does not read its results."""

SMALL_BYTES = 16 * 1024
"""Outputs that are compared at once: handing them to a thread takes longer."""

MAX_MESSAGE = 500
CHECKER_FILES = ("input", "output", "answer")


class Verdict(IntEnum):
    """What the check of a case said; the numbers are those of the contract."""

    PASSED = 1
    FAILED = 2
    UNCHECKED = 3
    UNDECIDED = 4


@dataclass(frozen=True, slots=True)
class ProgramChecker:
    """A program that decides: see ProgramChecker in the contract."""

    plan: Plan


Checker = Comparison | ProgramChecker


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """
    One case as it was asked for; None and nothing: as the batch's program has it.

    :param asked: Limits by the names of :class:`Limits`.
    """

    name: str = ""
    stdin: bytes | None = None
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[SourceFile, ...] = ()
    asked: Mapping[str, float] = field(default_factory=dict)
    expected: bytes | None = None
    checker: Checker = field(default_factory=Exact)
    expected_exit_code: int = 0


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What one case did."""

    index: int
    name: str
    result: Result
    verdict: Verdict
    message: str


@dataclass(slots=True)
class Summary:
    """What a batch did: cases by verdict, and what all of them used together."""

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    skipped: int = 0
    usage: Usage = field(default_factory=Usage)

    def add(self, verdict: Verdict, usage: Usage) -> None:
        """Count a case."""
        self.counts[verdict] += 1
        self.usage = Usage(
            self.usage.cpu_seconds + usage.cpu_seconds,
            self.usage.wall_seconds + usage.wall_seconds,
            max(self.usage.peak_memory_bytes, usage.peak_memory_bytes),
        )


Event = Started | Compilation | CaseResult | Summary


class Batch(Generic[S]):
    """
    One batch.

    :param most_cases: More are refused.
    :raises InvalidArgument: The program, a case or a limit is out of bounds; names the field.
    """

    def __init__(
        self,
        executor: Executor[S],
        program: Program,
        asked: Mapping[str, float],
        cases: Sequence[CaseRequest],
        *,
        stop_at_first_failure: bool = False,
        most_cases: int = 1000,
        tenant: str = "",
    ) -> None:
        self._executor = executor
        self._requests = cases
        self._stop = stop_at_first_failure
        self._tenant = tenant
        if not 1 <= len(cases) <= most_cases:
            raise InvalidArgument("cases", f"a batch has 1 to {most_cases} of them")
        try:
            self._plan = executor.planner.plan(program, asked, batch=True)
        except InvalidArgument as error:
            raise error.within("program") from None
        self._cases = [self._case(index, case) for index, case in enumerate(cases)]
        if len(self._checkers()) > MAX_PROGRAM_CHECKERS:
            raise InvalidArgument("cases", f"a batch has at most {MAX_PROGRAM_CHECKERS} different checker programs")
        self._checking: dict[int, Series[S]] = {}
        self._channel: Channel[Event] = Channel(ROOM_BYTES)

    async def events(self) -> AsyncGenerator[Event, None]:
        """
        Run, and yield what happens; the last event is the summary. Closing the iterator ends the batch.

        :raises DeadlineExceeded: The caller did not read for a minute.
        """
        work = asyncio.create_task(self._work())
        work.add_done_callback(lambda _: self._channel.close())
        try:
            async for event in self._channel.items():
                yield event
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def _checkers(self) -> set[int]:
        return {id(case.checker) for case in self._requests if isinstance(case.checker, ProgramChecker)}

    def _case(self, index: int, case: CaseRequest) -> Case:
        where, base = f"cases[{index}]", self._plan.program
        if len(case.name) > MAX_NAME:
            raise InvalidArgument(f"{where}.name", f"it has at most {MAX_NAME} characters")
        if not 0 <= case.expected_exit_code <= 255:
            raise InvalidArgument(f"{where}.expected_exit_code", "it must be from 0 to 255")
        program = replace(
            base,
            stdin=base.stdin if case.stdin is None else case.stdin,
            arguments=case.arguments or base.arguments,
            environment={**base.environment, **case.environment},
        )
        twice = {file.path for file in base.files} & {file.path for file in case.files}
        if twice:
            raise InvalidArgument(f"{where}.files", "a file of the program has the same path")
        requested, applied = self._executor.planner.case_limits(self._plan, case.asked, len(program.stdin), where)
        try:
            check(program)
            sizes = {file.path: len(file.content) for file in (*base.files, *case.files)}
            sizing.check_files(sizes, applied.disk_bytes)
        except InvalidArgument as error:
            raise error.within(where) from None
        return Case(program, case.files, requested, applied)

    async def _work(self) -> None:
        arrived = time.monotonic()
        async with self._executor.admission.turn(self._tenant):
            queued = time.monotonic() - arrived
            series = Series(self._executor.sandboxes, self._plan)
            try:
                await self._run_all(series, queued)
            finally:
                await series.close()
                for checking in self._checking.values():
                    await checking.close()

    async def _run_all(self, series: Series[S], queued: float) -> None:
        summary = Summary()
        compilation = await series.prepare()
        self._channel.put(Started(self._plan.execution_id, series.version))
        if compilation is not None:
            self._channel.put(compilation)
        if compilation is not None and compilation.outcome is not Outcome.OK:
            summary.skipped = len(self._cases)
        else:
            for index, case in enumerate(self._cases):
                done = await self._run_one(series, index, case)
                done.result.phases.queued = queued if index == 0 else 0.0
                summary.add(done.verdict, done.result.usage)
                await self._tell(done)
                if self._stop and done.verdict in {Verdict.FAILED, Verdict.UNDECIDED}:
                    summary.skipped = len(self._cases) - index - 1
                    break
        self._channel.put(summary)

    async def _tell(self, done: CaseResult) -> None:
        size = len(done.result.stdout.content) + len(done.result.stderr.content)
        self._channel.put(done, size + sum(len(file.content) for file in done.result.artifacts))
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._channel.room()
        except TimeoutError:
            raise DeadlineExceeded(f"the results were not read for {ROOM_SECONDS:.0f} seconds") from None

    async def _run_one(self, series: Series[S], index: int, case: Case) -> CaseResult:
        request = self._requests[index]
        result = await series.run(case)
        verdict, message = await self._check(request, case, result)
        return CaseResult(index, request.name, result, verdict, message[:MAX_MESSAGE])

    async def _check(self, request: CaseRequest, case: Case, result: Result) -> tuple[Verdict, str]:
        if result.outcome not in {Outcome.OK, Outcome.NONZERO_EXIT}:
            return Verdict.FAILED, f"it ended with {result.outcome.name}"
        if result.exit_code != request.expected_exit_code:
            return Verdict.FAILED, f"exit status {result.exit_code} instead of {request.expected_exit_code}"
        if request.expected is None:
            return Verdict.UNCHECKED, ""
        if result.stdout.truncated:
            kept, total = len(result.stdout.content), result.stdout.total_bytes
            return Verdict.UNDECIDED, f"{kept} of {total} bytes of the output were kept; raise limits.output_bytes"
        if isinstance(request.checker, ProgramChecker):
            return await self._ask(request.checker, case, result, request.expected)
        if len(result.stdout.content) + len(request.expected) <= SMALL_BYTES:
            difference = request.checker.difference(result.stdout.content, request.expected)
        else:
            # Comparing megabytes takes long enough for others to notice.
            difference = await asyncio.to_thread(request.checker.difference, result.stdout.content, request.expected)
        return (Verdict.FAILED if difference else Verdict.PASSED), difference

    async def _ask(self, checker: ProgramChecker, case: Case, result: Result, expected: bytes) -> tuple[Verdict, str]:
        series = self._checking.get(id(checker))
        if series is None:
            series = self._checking[id(checker)] = Series(self._executor.sandboxes, checker.plan)
            with contextlib.suppress(InvalidArgument):
                await series.prepare()
        compilation = series.compilation
        if compilation is not None and compilation.outcome is not Outcome.OK:
            told = compilation.stderr.content.decode("utf-8", "replace")
            return Verdict.UNDECIDED, f"the checker was not compiled: {compilation.outcome.name} {told}"
        contents = (case.program.stdin, result.stdout.content, expected)
        files = tuple(SourceFile(name, content) for name, content in zip(CHECKER_FILES, contents, strict=True))
        limits = checker.plan.applied
        try:
            sizing.check_files(
                {f.path: len(f.content) for f in (*checker.plan.program.files, *files)}, limits.disk_bytes
            )
        except InvalidArgument as error:
            return Verdict.UNDECIDED, f"the checker has no room for its files: {error.description}"
        done = await series.run(Case(checker.plan.program, files, checker.plan.requested, limits))
        return _decided(done)


def _decided(done: Result) -> tuple[Verdict, str]:
    said = (done.stdout.content + done.stderr.content).decode("utf-8", "replace").strip()
    if done.outcome is Outcome.OK:
        return Verdict.PASSED, said
    if done.outcome is Outcome.NONZERO_EXIT and done.exit_code in {1, 2}:
        return Verdict.FAILED, said
    how = f"exit status {done.exit_code}" if done.outcome is Outcome.NONZERO_EXIT else done.outcome.name
    return Verdict.UNDECIDED, f"the checker ended with {how}: {said}"


def program_checker(executor: Executor[S], program: Program, asked: Mapping[str, float]) -> ProgramChecker:
    """
    Return a checker; its arguments come before the three files.

    :raises InvalidArgument: The program is out of bounds, or a file of it has the name of one of the three.
    """
    if any(file.path in CHECKER_FILES for file in program.files):
        raise InvalidArgument("files", f"none of them is called {', '.join(CHECKER_FILES)}")
    named = replace(program, arguments=(*program.arguments, *CHECKER_FILES))
    return ProgramChecker(executor.planner.plan(named, asked, batch=True))
