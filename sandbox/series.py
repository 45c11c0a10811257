"""One program, prepared once and run many times: in a clean work directory, after everything before it is dead."""

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Generic

from assay.errors import InvalidArgument
from assay.stage import SourceFile

from sandbox.attempt import Attempt, Lost, Plan, S, Sandboxes, attempt
from sandbox.executor import TRIES, note_lost
from sandbox.limits import Limits
from sandbox.outcome import Outcome
from sandbox.program import Compilation, Phases, Program, Result


@dataclass(frozen=True, slots=True)
class Case:
    """
    One run.

    :param program: The program with the case's own input, arguments and environment.
    :param files: The case's own, besides the program's.
    """

    program: Program
    files: tuple[SourceFile, ...]
    requested: Limits
    applied: Limits


class Series(Generic[S]):
    """
    Runs the cases of a plan in one sandbox, and in a fresh one after that was lost. Close it.

    What a case can leave for the next is written in docs/sandbox.md, "Batches".
    """

    def __init__(self, sandboxes: Sandboxes[S], plan: Plan) -> None:
        self._sandboxes = sandboxes
        self._plan = plan
        self._stack = AsyncExitStack()
        self._attempt: Attempt[S] | None = None
        self._oom_before = False
        self._prepared = Phases()
        self.compilation: Compilation | None = None
        """What compiling did, once a case was run; the cases run only where it went well."""

    @property
    def version(self) -> str:
        """The exact version of the language, once a sandbox was claimed."""
        return self._attempt.version if self._attempt is not None else ""

    async def close(self) -> None:
        """End the sandbox."""
        await self._drop()

    async def prepare(self) -> Compilation | None:
        """
        Claim a sandbox and compile; return what that did, or None where the language is not compiled.

        :raises InvalidArgument: The work directory is too large to be kept.
        :raises SandboxLost: The sandbox was lost, and so was the one after it.
        """
        for left in reversed(range(TRIES)):
            try:
                await self._open()
            except Lost as lost:
                self._oom_before = lost.oom
                await self._drop()
                note_lost(self._plan, lost, last=not left)
            else:
                break
        return self.compilation

    async def run(self, case: Case) -> Result:
        """
        Run one case; what :meth:`prepare` raises, it may raise too.

        A lost sandbox is replaced once, with all preparation. The cases before stay as they were.
        """
        for left in reversed(range(TRIES)):
            try:
                if self._attempt is None:
                    await self._open()
                return await self._run(case)
            except Lost as lost:
                self._oom_before = lost.oom
                await self._drop()
                note_lost(self._plan, lost, last=not left)
        raise AssertionError("the last try returns or raises")

    async def _open(self) -> None:
        self._prepared = Phases()
        opening = attempt(self._sandboxes, self._plan, self._prepared, oom_before=self._oom_before)
        opened = await self._stack.enter_async_context(opening)
        self._attempt = opened
        self.compilation = await opened.prepare()
        if self.compilation is not None:
            self._prepared.compile = self.compilation.usage.wall_seconds
            if self.compilation.outcome is not Outcome.OK:
                return
        started = time.monotonic()
        if reason := await opened.remember():
            raise InvalidArgument("limits.disk_bytes", f"the work directory cannot be kept for the cases: {reason}")
        self._prepared.compile += time.monotonic() - started if self.compilation is not None else 0.0

    async def _run(self, case: Case) -> Result:
        assert self._attempt is not None
        self._attempt.put(case.files)
        # Getting and preparing the sandbox counts once, for the case that it was done for.
        phases, self._prepared = self._prepared, Phases()
        result = await self._attempt.run(case.program, case.applied, phases, requested=case.requested)
        self._oom_before = False
        # While this result is compared and told, the sandbox makes itself ready for the next case.
        await self._attempt.restore()
        return replace(result, compilation=None)

    async def _drop(self) -> None:
        self._attempt = None
        await self._stack.aclose()
        self._stack = AsyncExitStack()
