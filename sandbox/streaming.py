"""A run whose output is handed on as it comes, while its input may still be on the way."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic

from sandbox.attempt import Attempt, Lost, Plan, S, attempt
from sandbox.channel import Channel
from sandbox.executor import TRIES, Executor, not_compiled, note_lost, nothing_run
from sandbox.outcome import Outcome
from sandbox.program import Compilation, Phases, Program, Result
from sandbox.runner.frames import Kind

OUTPUT_ROOM_BYTES = 1024 * 1024
"""What waits for a slow caller before the program is held up. What its pipes and its runner hold comes on top."""

INPUT_ITEMS = 4


@dataclass(frozen=True, slots=True)
class Started:
    """The run has a sandbox."""

    execution_id: str
    language_version: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next bytes of a stream."""

    is_stderr: bool
    data: bytes


Event = Started | Compilation | Chunk | Result


class Input:
    """What the caller sends while the program runs: a bounded queue of bytes, an end, or the wish to cancel."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue(INPUT_ITEMS)
        self.cancelled = asyncio.Event()
        self.used = False

    async def put(self, data: bytes) -> None:
        """Add bytes, at most 1 MiB; waits where the program does not read. No bytes: the end."""
        await self._chunks.put(data)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what was put until the end."""
        while data := await self._chunks.get():
            self.used = True
            yield data


class Outlet:
    """Hands a run's events to its caller; the sink of its output."""

    def __init__(self, channel: Channel[Event]) -> None:
        self._channel = channel
        self.used = False

    async def room(self) -> None:
        """See :class:`sandbox.exchange.Sink`."""
        await self._channel.room()

    def put(self, kind: Kind, data: bytes) -> None:
        """See :class:`sandbox.exchange.Sink`."""
        self.used = True
        self._channel.put(Chunk(kind is Kind.STDERR, data), len(data))


class StreamedRun(Generic[S]):
    """
    One run.

    :param asked: See :meth:`sandbox.executor.Executor.execute`, which also says what :meth:`events` raises.
    """

    def __init__(
        self, executor: Executor[S], program: Program, asked: Mapping[str, float], given: Input, tenant: str = ""
    ) -> None:
        self._executor = executor
        self._plan = executor.planner.plan(program, asked)
        self._given = given
        self._tenant = tenant
        self._channel: Channel[Event] = Channel(OUTPUT_ROOM_BYTES)
        self._outlet = Outlet(self._channel)
        self._attempt: Attempt[S] | None = None
        self._phases = Phases()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Run, and yield what happens; the last event is the result. Closing the iterator ends the run."""
        run = asyncio.create_task(self._run())
        run.add_done_callback(lambda _: self._channel.close())
        try:
            async for event in self._channel.items():
                yield event
            await run
        finally:
            run.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(run, return_exceptions=True)

    async def _run(self) -> None:
        working = asyncio.create_task(self._work())
        wish = asyncio.create_task(self._given.cancelled.wait())
        try:
            await asyncio.wait((working, wish), return_when=asyncio.FIRST_COMPLETED)
            if not working.done() and self._attempt is not None:
                self._attempt.exchange.cancel()
                await asyncio.wait((working,))
            if working.done():
                self._channel.put(await working)
            else:
                # Nothing ran yet, so there is nothing to tell of it.
                self._channel.put(nothing_run(self._plan, self._phases, Outcome.CANCELLED, {}))
        finally:
            for task in (wish, working):
                task.cancel()
            await asyncio.gather(wish, working, return_exceptions=True)

    async def _work(self) -> Result:
        plan, phases, arrived = self._plan, self._phases, time.monotonic()
        async with self._executor.admission.turn(self._tenant):
            phases.queued = time.monotonic() - arrived
            oom = False
            for left in reversed(range(TRIES)):
                try:
                    async with attempt(self._executor.sandboxes, plan, phases, oom_before=oom) as opened:
                        return await self._try(opened, plan, phases, first=left == TRIES - 1)
                except Lost as lost:
                    oom = lost.oom
                    # What the caller has seen, or has sent and the program has read, cannot be taken back.
                    note_lost(plan, lost, last=not left or self._outlet.used or self._given.used)
                finally:
                    self._attempt = None
        raise AssertionError("the last try returns or raises")

    async def _try(self, opened: Attempt[S], plan: Plan, phases: Phases, *, first: bool) -> Result:
        if first:
            self._channel.put(Started(plan.execution_id, opened.version))
        self._attempt = opened
        compilation = await opened.prepare()
        if compilation is not None:
            phases.compile = compilation.usage.wall_seconds
            if compilation.outcome is not Outcome.OK:
                return not_compiled(plan, phases, compilation, opened.version)
            if first:
                self._channel.put(compilation)
        result = await opened.run(plan.program, plan.applied, phases, sink=self._outlet, source=self._given.chunks())
        return replace(result, compilation=compilation)
