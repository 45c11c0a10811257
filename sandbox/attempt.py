"""One claimed sandbox and one program in it: compiled, run, its artifacts collected. A lost sandbox is told as such."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from assay.errors import SandboxLost
from assay.stage import SourceFile

from sandbox import steps
from sandbox.exchange import Connection, Exchange, Sink
from sandbox.language import Language
from sandbox.limits import Limits
from sandbox.outcome import Outcome, decide
from sandbox.pool import EndedInTheMaking
from sandbox.program import Compilation, Phases, Program, Result, Usage
from sandbox.record import Artifacts, Record, Task
from sandbox.sizing import Size, while_compiling


class Told(Protocol):
    """What the runtime told of a sandbox."""

    oom: bool
    exit_code: int | None


class Claimed(Protocol):
    """A sandbox that waits for its only program."""

    @property
    def streams(self) -> Connection:
        """The streams of its process 1."""

    @property
    def evidence(self) -> Told:
        """What the runtime told of it."""

    @property
    def version(self) -> str:
        """The version of the language in it."""


S = TypeVar("S", bound=Claimed)


class Sandboxes(Protocol[S]):
    """Where sandboxes come from."""

    async def claim(self, language: str, size: Size) -> tuple[S, frozenset[str]]:
        """Return a sandbox that nobody has used, and the limits that are not enforced in it."""

    async def resize(self, language: str, sandbox: S, size: Size) -> None:
        """Change the limits of a claimed sandbox, those of its files apart; raises SandboxLost where it is gone."""

    def discard(self, language: str, sandbox: S, *, at_once: bool) -> None:
        """End a sandbox; returns at once."""

    async def settle(self, sandbox: S) -> None:
        """Wait a little for the runtime to tell how a sandbox ended."""

    async def stands_still(self, sandbox: S) -> bool:
        """Tell whether a sandbox is paused, or nobody can tell."""


class Lost(Exception):
    """
    The sandbox was lost: never the program's fault.

    :param oom: Whether the runtime told of a kill for memory. Alone that proves nothing: under cgroup v1 it may tell so
        of a container that somebody else killed, when its control group goes (seen in 6 of 500 such kills).
    """

    def __init__(self, evidence: Mapping[str, str], *, oom: bool = False) -> None:
        super().__init__(evidence.get("reason", ""))
        self.evidence = dict(evidence)
        self.oom = oom


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A run as it will be.

    :param requested: The limits that were asked for.
    :param applied: Those that are enforced.
    :param open_files: The limit that compilers get, and the one that a waiting interpreter has.
    :param helpers: Processes of the runner's own that live beside the program's.
    """

    execution_id: str
    language: Language
    program: Program
    requested: Limits
    applied: Limits
    open_files: tuple[int, int]
    helpers: int = 0

    def size(self, limits: Limits) -> Size:
        """Return the size of a sandbox for a run with these limits."""
        return Size(limits.memory_bytes, limits.processes + self.helpers, self.applied.disk_bytes)


class Attempt(Generic[S]):
    """A claimed sandbox; use :func:`attempt`."""

    def __init__(
        self, sandboxes: Sandboxes[S], plan: Plan, sandbox: S, not_enforced: frozenset[str], *, oom_before: bool
    ) -> None:
        self._sandboxes = sandboxes
        self._oom_before = oom_before
        self._plan = plan
        self._sandbox = sandbox
        self._not_enforced = not_enforced
        self._size = while_compiling(plan.size(plan.applied), plan.language.compile)
        self.exchange = Exchange(sandbox.streams)
        self.version = sandbox.version

    async def prepare(self) -> Compilation | None:
        """
        Bring the program's files, and compile it where its language is compiled; return what that did.

        :raises Lost: The sandbox was lost.
        """
        plan = self._plan
        compiled = plan.language.compile is not None
        self.exchange.put(plan.program.files, [steps.BUILD_FOLDER] if compiled else [])
        if not compiled:
            return None
        record = await self._step(steps.compiling(plan.language, plan.program, plan.applied, plan.open_files[0]))
        outcome, evidence = await self._decide(record)
        return Compilation(
            outcome, evidence, record.status("exit_code"), record.stdout(), record.stderr(), usage_of(record)
        )

    async def resize(self, size: Size) -> None:
        """
        Give the sandbox the size that a run has.

        :raises Lost: The sandbox was lost.
        """
        if size != self._size:
            with _told_as_lost():
                await self._sandboxes.resize(self._plan.language.name, self._sandbox, size)
            self._size = size

    async def run(
        self,
        program: Program,
        limits: Limits,
        phases: Phases,
        *,
        sink: Sink | None = None,
        source: AsyncIterator[bytes] | None = None,
        requested: Limits | None = None,
    ) -> Result:
        """
        Run the program, or a case of it, and collect its artifacts.

        :raises Lost: The sandbox was lost.
        """
        plan = self._plan
        await self.resize(plan.size(limits))
        live, stdin_open = sink is not None, source is not None
        task = steps.running(plan.language, program, limits, plan.open_files[1], live=live, stdin_open=stdin_open)
        record = await self._step(task, sink, source)
        outcome, evidence = await self._decide(record)
        artifacts = await self._collect(program, limits, record)
        phases.run = record.wall_seconds
        if record.ended is not None and not artifacts.complete:
            evidence["artifacts"] = "incomplete"
        if self._not_enforced:
            evidence |= {"limits": "best-effort", "not_enforced": ",".join(sorted(self._not_enforced))}
        return Result(
            execution_id=plan.execution_id,
            outcome=outcome,
            evidence=evidence,
            exit_code=None if record.killed() else record.status("exit_code"),
            signal=None if record.killed() else record.status("signal"),
            stdout=record.stdout(),
            stderr=record.stderr(),
            usage=usage_of(record),
            phases=phases,
            requested=requested or plan.requested,
            applied=limits,
            not_enforced=self._not_enforced,
            artifacts=tuple(artifacts.files),
            artifacts_omitted=artifacts.omitted,
            language_version=self.version,
        )

    async def remember(self) -> str:
        """
        Remember the work directory for later cases; return why that is not possible, or nothing.

        :raises Lost: The sandbox was lost.
        """
        try:
            return await self.exchange.remember()
        except ConnectionError as error:
            raise Lost({"reason": str(error)}) from None

    def put(self, files: tuple[SourceFile, ...]) -> None:
        """Add a case's own files to the work directory."""
        if files:
            self.exchange.put(files)

    async def restore(self) -> None:
        """Have the work directory brought back as it was remembered; where that fails, the next run is lost."""
        await self.exchange.restore()

    async def _step(self, task: Task, sink: Sink | None = None, source: AsyncIterator[bytes] | None = None) -> Record:
        return await self.exchange.run(task, sink, source)

    async def _decide(self, record: Record) -> tuple[Outcome, dict[str, str]]:
        if record.start_error() and self._plan.language.compile is not None:
            return Outcome.COMPILE_ERROR, {"reason": f"what should be run was not made: {record.start_error()}"}
        still = False
        if record.ended is None:
            await self._sandboxes.settle(self._sandbox)
            still = record.wall_expired and await self._stood_still(record)
        told = self._sandbox.evidence
        oom = told.oom and self._oom_before
        facts = replace(record.facts(), runtime_oom=oom, container_exit=told.exit_code, still=still)
        outcome, evidence = decide(facts)
        if outcome is Outcome.SANDBOX_LOST:
            raise Lost(evidence, oom=told.oom)
        return outcome, evidence

    async def _stood_still(self, record: Record) -> bool:
        """Tell whether a silent runner is kept from answering; one that was until just now is heard first."""
        if await self._sandboxes.stands_still(self._sandbox):
            return True
        # Not only the sandbox: the daemon, which carries what its runner says, may have stood still as well.
        await self.exchange.hear_out(record)
        return record.ended is None and await self._sandboxes.stands_still(self._sandbox)

    async def _collect(self, program: Program, limits: Limits, record: Record) -> Artifacts:
        if record.ended is None or not program.artifact_globs:
            return Artifacts(complete=True)
        return await self.exchange.collect(program.artifact_globs, limits.artifact_bytes, limits.artifact_count)


def usage_of(record: Record) -> Usage:
    """Return what a step used."""
    return Usage(record.seconds("cpu_seconds"), record.wall_seconds, record.number("peak_memory_bytes"))


@contextmanager
def _told_as_lost() -> Iterator[None]:
    try:
        yield
    except (SandboxLost, EndedInTheMaking) as error:
        raise Lost({"reason": error.message}) from None


@asynccontextmanager
async def attempt(
    sandboxes: Sandboxes[S], plan: Plan, phases: Phases, *, oom_before: bool = False
) -> AsyncIterator[Attempt[S]]:
    """
    Claim a sandbox for a plan, and end it afterwards, whatever happens.

    :param oom_before: Whether the sandbox before this one was lost, and the runtime told of a kill for memory: if it
        does so again, it is the program's doing.
    :raises Lost: It was lost before it could be used.
    :raises assay.errors.SandboxUnavailable: There is none to be had.
    """
    claiming = time.monotonic()
    name = plan.language.name
    size = while_compiling(plan.size(plan.applied), plan.language.compile)
    with _told_as_lost():
        sandbox, not_enforced = await sandboxes.claim(name, size)
    phases.claim += time.monotonic() - claiming
    opened = Attempt(sandboxes, plan, sandbox, not_enforced, oom_before=oom_before)
    try:
        yield opened
    finally:
        sandboxes.discard(name, sandbox, at_once=not opened.exchange.idle)
