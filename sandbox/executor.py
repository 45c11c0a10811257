"""One run from request to result: limits, turn, sandbox, exchange, outcome; a lost sandbox is replaced once."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import structlog
from assay.errors import SandboxLost, UnknownLanguage

from sandbox import sizing
from sandbox.admission import Admission
from sandbox.exchange import Connection, Exchange, Record
from sandbox.limits import Limits, resolve
from sandbox.outcome import Facts, Outcome, decide
from sandbox.program import Phases, Program, Result, check
from sandbox.runner.frames import Kind
from sandbox.sizing import Size

log = structlog.get_logger()

TRIES = 2


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

    def discard(self, language: str, sandbox: S, *, at_once: bool) -> None:
        """End a sandbox; returns at once."""

    async def settle(self, sandbox: S) -> None:
        """Wait a little for the runtime to tell how a sandbox ended."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as it will be: the limits that were asked for, and those that are enforced."""

    execution_id: str
    program: Program
    requested: Limits
    applied: Limits

    @property
    def size(self) -> Size:
        """The size of the sandbox."""
        return Size(self.applied.memory_bytes, self.applied.processes, self.applied.disk_bytes)


class Executor(Generic[S]):
    """
    Runs programs.

    :param languages: The names of the languages that it can run.
    """

    def __init__(
        self,
        sandboxes: Sandboxes[S],
        languages: frozenset[str],
        admission: Admission,
        defaults: Limits,
        maxima: Limits,
    ) -> None:
        self._sandboxes = sandboxes
        self._languages = languages
        self._admission = admission
        self._defaults = defaults
        self._maxima = maxima

    async def execute(self, program: Program, asked: Mapping[str, float]) -> Result:
        """
        Run one program to its end. Cancelling the call ends its sandbox at once.

        :param asked: Limits by the names of :class:`Limits`; those not named are the defaults.
        :raises InvalidArgument: The program or a limit is out of bounds.
        :raises QueueFull: Too many runs wait already.
        :raises SandboxUnavailable: There is no sandbox to be had.
        :raises SandboxLost: The sandbox was lost, and so was the one after it.
        """
        plan = self._plan(program, asked)
        arrived = time.monotonic()
        async with self._admission.turn():
            phases = Phases(queued=time.monotonic() - arrived)
            for _ in range(TRIES):
                result = await self._try(plan, phases)
                if result.outcome is not Outcome.SANDBOX_LOST:
                    return result
                log.warning("sandbox_lost", execution_id=plan.execution_id, **result.evidence)
        raise SandboxLost(
            f"the sandbox was lost {TRIES} times", metadata={"execution_id": plan.execution_id, **result.evidence}
        )

    def _plan(self, program: Program, asked: Mapping[str, float]) -> Plan:
        if program.language not in self._languages:
            known = ", ".join(sorted(self._languages))
            raise UnknownLanguage("language", f"this service runs {known}", metadata={"known": known})
        requested = resolve(asked, self._defaults, self._maxima)
        disk = sizing.applied_disk(
            requested.disk_bytes, requested.memory_bytes, len(program.stdin), asked="disk_bytes" in asked
        )
        sizing.check_files({file.path: len(file.content) for file in program.files}, disk)
        return Plan(uuid.uuid4().hex, check(program), requested, replace(requested, disk_bytes=disk))

    async def _try(self, plan: Plan, phases: Phases) -> Result:
        claiming = time.monotonic()
        sandbox, not_enforced = await self._sandboxes.claim(plan.program.language, plan.size)
        phases.claim = time.monotonic() - claiming
        exchange = Exchange(sandbox.streams, plan.program, plan.applied)
        try:
            record = await exchange.run()
            if record.ended is None:
                await self._sandboxes.settle(sandbox)
        finally:
            self._sandboxes.discard(plan.program.language, sandbox, at_once=not exchange.record.done)
        phases.run, phases.collect = record.wall_seconds, record.collect_seconds
        return _result(plan, phases, record, sandbox, not_enforced)


def _facts(record: Record, told: Told) -> Facts:
    return replace(record.facts(), runtime_oom=told.oom, container_exit=told.exit_code)


def _result(plan: Plan, phases: Phases, record: Record, sandbox: Claimed, not_enforced: frozenset[str]) -> Result:
    facts = _facts(record, sandbox.evidence)
    outcome, evidence = decide(facts)
    if not_enforced:
        evidence |= {"limits": "best-effort", "not_enforced": ",".join(sorted(not_enforced))}
    if record.ended is not None and not record.done:
        evidence["artifacts"] = "incomplete"
    return Result(
        execution_id=plan.execution_id,
        outcome=outcome,
        evidence=evidence,
        exit_code=facts.exit_code,
        signal=None if facts.ended_by else facts.signal,
        stdout=record.output(Kind.STDOUT, Kind.STDOUT_TAIL, "stdout_bytes"),
        stderr=record.output(Kind.STDERR, Kind.STDERR_TAIL, "stderr_bytes"),
        cpu_seconds=record.cpu_seconds(),
        wall_seconds=record.wall_seconds,
        peak_memory_bytes=record.number("peak_memory_bytes"),
        phases=phases,
        requested=plan.requested,
        applied=plan.applied,
        not_enforced=not_enforced,
        artifacts=tuple(record.artifacts),
        artifacts_omitted=record.omitted,
        language_version=sandbox.version,
    )
