"""Sandboxes of one kind that wait ready, each handed out once. What is made and when is the keeper's to decide."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog
from assay.errors import AssayError, PluginFailed, SandboxUnavailable, ShuttingDown

from sandbox.demand import Demand

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 30.0
"""How long a pool rests whose sandboxes are made of something that is not there. A claim tries at once."""

log = structlog.get_logger()


class NothingToMakeItOf(SandboxUnavailable):
    """What a sandbox is made of is missing; it takes a person to change that."""


class OneNotMade(SandboxUnavailable):
    """One sandbox could not be made; that says nothing of the next."""


class EndedInTheMaking(OneNotMade):
    """A sandbox was ended by somebody before it was ready: lost like one that is ended in mid-run."""


class Pooled(Protocol):
    """What a pool holds."""

    def usable(self, max_age_seconds: float) -> bool:
        """Tell whether it is still alive and waiting, and not too old."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many sandboxes of a pool wait ready: the floor always, up to the ceiling as they are asked for."""

    floor: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Stats:
    """
    A pool as it stands.

    :param ready: Sandboxes that wait, one that is being looked at included.
    :param making: Sandboxes in the making.
    :param waiting: Callers that wait for one.
    :param target: How many should wait ready now.
    :param made: How many were made since the start.
    :param failed: How many could not be made.
    :param discarded: How many were ended unused, by reason: "unusable", "silent", "surplus", "closed".
    """

    ready: int
    making: int
    waiting: int
    target: int
    made: int
    failed: int
    discarded: Mapping[str, int]


S = TypeVar("S", bound=Pooled)


class Pool(Generic[S]):
    """
    Warm, single-use sandboxes of one kind.

    :param name: What they are, for the log.
    :param make: Makes one; what it raises reaches those who wait for one: the first of them where it is
        :class:`OneNotMade`, else all.
    :param discard: Ends one; returns at once.
    :param max_age_seconds: Older ones are replaced.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Awaitable[S]],
        discard: Callable[[S], None],
        bounds: Bounds,
        *,
        max_age_seconds: float,
    ) -> None:
        self.name = name
        self.bounds = bounds
        self.demand = Demand()
        self.target = bounds.floor
        self.retry_at = 0.0
        """Before this nothing is made that nobody waits for."""
        self.changed: Callable[[], None] = lambda: None
        """Called whenever the keeper may have something to do."""
        self._make = make
        self._discard = discard
        self._max_age = max_age_seconds
        # With the time at which each was last seen alive; the one seen longest ago stands first.
        self._ready: deque[tuple[float, S]] = deque()
        self._looked_at = 0
        self._waiters: deque[tuple[float, asyncio.Future[S]]] = deque()
        self._making: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._told = ""
        self._made = 0
        self._failed = 0
        self._discarded: Counter[str] = Counter()
        self._closed = False

    def stats(self) -> Stats:
        """Return how it stands."""
        return Stats(
            ready=self.ready,
            making=len(self._making),
            waiting=len(self._waiters),
            target=self.target,
            made=self._made,
            failed=self._failed,
            discarded=dict(self._discarded),
        )

    @property
    def ready(self) -> int:
        """How many wait ready, one that is being looked at included."""
        return len(self._ready) + self._looked_at

    @property
    def making(self) -> int:
        """How many are in the making."""
        return len(self._making)

    def take(self) -> S | None:
        """Return a sandbox that waits ready, the caller's to discard, or None."""
        while self._ready and not self._closed:
            _, sandbox = self._ready.popleft()
            self.changed()
            if sandbox.usable(self._max_age):
                return sandbox
            self._end(sandbox, "unusable")
        return None

    async def claim(self) -> S:
        """
        Return a sandbox that nobody has used, the caller's to discard: a ready one, or the next that is made.

        Callers are served in the order in which they came.

        :raises AssayError: None is ready, and none could be made.
        """
        if self._closed:
            raise ShuttingDown("the sandbox service is stopping")
        if (sandbox := self.take()) is not None:
            return sandbox
        waiter: asyncio.Future[S] = asyncio.get_running_loop().create_future()
        entry = time.monotonic(), waiter
        self._waiters.append(entry)
        self.changed()
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.done() or waiter.cancelled():
                if entry in self._waiters:
                    self._waiters.remove(entry)
            elif waiter.exception() is None:
                self._give(waiter.result())
            raise

    def unserved_since(self) -> float | None:
        """Return when the first caller came for whom nothing is in the making, or None."""
        on_the_way = len(self._making) + self._looked_at
        return self._waiters[on_the_way][0] if len(self._waiters) > on_the_way else None

    def begin(self) -> None:
        """Begin to make one: for the first who waits, or to wait itself."""
        task = asyncio.create_task(self._make_one(), name=f"make-{self.name}")
        self._making.add(task)
        task.add_done_callback(self._ended)

    def missing(self) -> int:
        """Return how many more are to be made for those to come."""
        return self.target - self.ready - max(0, len(self._making) - len(self._waiters))

    @property
    def low(self) -> bool:
        """Whether no more than half of those that should wait do, or are being made."""
        return 2 * self.missing() >= self.target

    def trim(self) -> None:
        """End those that died or grew old while they waited, and those beyond the target."""
        for entry in [entry for entry in self._ready if not entry[1].usable(self._max_age)]:
            self._ready.remove(entry)
            self._end(entry[1], "unusable")
        while self._ready and self.ready > self.target:
            self._end(self._ready.popleft()[1], "surplus")

    def seen_at(self) -> float | None:
        """Return when the one that waits unseen for longest was seen alive, or None where none waits."""
        return self._ready[0][0] if self._ready else None

    async def look(self, alive: Callable[[S], Awaitable[bool]]) -> None:
        """Take the one that was unseen for longest out, and put it back where it proves to be alive."""
        _, sandbox = self._ready.popleft()
        self._looked_at += 1
        answers = False
        try:
            answers = await alive(sandbox)
        finally:
            self._looked_at -= 1
            if answers and sandbox.usable(self._max_age):
                self._give(sandbox)
            else:
                self._end(sandbox, "silent")
            self.changed()

    async def close(self) -> None:
        """Stop making, end those that wait, turn away whoever waits for one."""
        self._closed = True
        for task in tuple(self._making):
            task.cancel()
        await asyncio.gather(*self._making, return_exceptions=True)
        self._fail_waiters(ShuttingDown("the sandbox service is stopping"))
        while self._ready:
            self._end(self._ready.popleft()[1], "closed")

    async def _make_one(self) -> None:
        try:
            sandbox = await self._make()
        except AssayError as error:
            self._could_not(error)
        except Exception as error:
            log.exception("sandbox_not_made", pool=self.name)
            self._could_not(PluginFailed(f"a sandbox could not be made: {type(error).__name__}"))
        else:
            self._made += 1
            self._failures, self.retry_at, self._told = 0, 0.0, ""
            self._give(sandbox)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._making.discard(task)
        self.changed()

    def _give(self, sandbox: S) -> None:
        while self._waiters:
            _, waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(sandbox)
                return
        if self._closed:
            self._end(sandbox, "closed")
        elif self.ready >= self.target:
            # More than fit come where callers gave up while theirs were in the making.
            self._end(sandbox, "surplus")
        else:
            self._ready.append((time.monotonic(), sandbox))

    def _end(self, sandbox: S, reason: str) -> None:
        self._discarded[reason] += 1
        self._discard(sandbox)

    def _could_not(self, error: AssayError) -> None:
        self._failed += 1
        backoff = min(FIRST_BACKOFF_SECONDS * 2**self._failures, LONGEST_BACKOFF_SECONDS)
        if isinstance(error, NothingToMakeItOf):
            backoff = LOOK_AGAIN_SECONDS
        self._failures = min(self._failures + 1, 10)
        self.retry_at = time.monotonic() + backoff
        # The same reason is told once, not at every try.
        level = "debug" if self._told == error.message else "warning"
        self._told = error.message
        getattr(log, level)("sandbox_not_made", pool=self.name, reason=error.message, retry_seconds=backoff)
        # Where the others who wait would be told the same, they need not wait for it.
        self._fail_waiters(error, 1 if isinstance(error, OneNotMade) else None)

    def _fail_waiters(self, error: AssayError, most: int | None = None) -> None:
        failed = 0
        while self._waiters and failed != most:
            _, waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(error)
                failed += 1
