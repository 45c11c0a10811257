"""Sandboxes that wait ready, each handed out once; the pool refills itself in the background."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import structlog
from assay.errors import AssayError, PluginFailed, ShuttingDown

SETTLE_SECONDS = 0.05
"""A burst of claims is let pass before refilling begins: making a container takes the processor from the runs."""

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 15.0
CHECK_SECONDS = 5.0

log = structlog.get_logger()


class Pooled(Protocol):
    """What a pool holds."""

    def usable(self, max_age_seconds: float) -> bool:
        """Tell whether it is still alive and waiting, and not too old."""


S = TypeVar("S", bound=Pooled)


class Pool(Generic[S]):
    """
    Warm, single-use sandboxes of one kind.

    :param make: Makes one; whatever it raises reaches those who wait for one.
    :param discard: Ends one; returns at once.
    :param size: How many wait ready.
    :param concurrency: How many are made at one time.
    :param max_age_seconds: Older ones are replaced.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[S]],
        discard: Callable[[S], None],
        *,
        size: int,
        concurrency: int,
        max_age_seconds: float,
    ) -> None:
        self._make = make
        self._discard = discard
        self._size = size
        self._concurrency = concurrency
        self._max_age = max_age_seconds
        self._ready: deque[S] = deque()
        self._waiters: deque[asyncio.Future[S]] = deque()
        self._making: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._claimed_at = 0.0
        self._closed = False

    def ready_count(self) -> int:
        """Return how many wait ready."""
        return len(self._ready)

    def open(self) -> None:
        """Begin to fill; returns at once."""
        self._keeper = asyncio.create_task(self._keep_full(), name="sandbox-pool")

    async def close(self) -> None:
        """Stop making, end those that wait, turn away whoever waits for one."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        for task in tuple(self._making):
            task.cancel()
        await asyncio.gather(*self._making, return_exceptions=True)
        self._fail_waiters(ShuttingDown("the sandbox service is stopping"))
        while self._ready:
            self._discard(self._ready.popleft())

    async def claim(self) -> S:
        """
        Return a sandbox that nobody has used; it is the caller's to discard.

        :raises AssayError: None is ready, and none could be made.
        """
        if self._closed:
            raise ShuttingDown("the sandbox service is stopping")
        self._claimed_at = time.monotonic()
        self._wake.set()
        while self._ready:
            sandbox = self._ready.popleft()
            if sandbox.usable(self._max_age):
                return sandbox
            self._discard(sandbox)
        waiter: asyncio.Future[S] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._give(waiter.result())
            raise

    async def _keep_full(self) -> None:
        while True:
            self._drop_unusable()
            while self._wanted() > 0:
                task = asyncio.create_task(self._make_one())
                self._making.add(task)
                task.add_done_callback(self._made)
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    def _wanted(self) -> int:
        """Return how many more to begin making now."""
        waiting = sum(not waiter.done() for waiter in self._waiters)
        spare = self._concurrency - len(self._making)
        missing = waiting - len(self._making)
        now = time.monotonic()
        if now >= self._retry_at and now >= self._claimed_at + SETTLE_SECONDS:
            missing += self._size - len(self._ready)
        return min(spare, missing)

    def _pause(self) -> float:
        if len(self._ready) + len(self._making) >= self._size:
            return CHECK_SECONDS
        due = max(self._retry_at, self._claimed_at + SETTLE_SECONDS) - time.monotonic()
        # With every hand busy, the one that is done next wakes this up.
        return min(CHECK_SECONDS, max(due, 0.001)) if len(self._making) < self._concurrency else CHECK_SECONDS

    async def _make_one(self) -> None:
        try:
            sandbox = await self._make()
        except AssayError as error:
            self._failed(error)
        except Exception as error:
            log.exception("sandbox_not_made")
            self._failed(PluginFailed(f"a sandbox could not be made: {type(error).__name__}"))
        else:
            self._failures, self._retry_at = 0, 0.0
            self._give(sandbox)

    def _made(self, task: asyncio.Task[None]) -> None:
        self._making.discard(task)
        self._wake.set()

    def _give(self, sandbox: S) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(sandbox)
                return
        # More than fit come where callers gave up while theirs were in the making.
        if self._closed or len(self._ready) >= self._size:
            self._discard(sandbox)
        else:
            self._ready.append(sandbox)

    def _failed(self, error: AssayError) -> None:
        backoff = min(FIRST_BACKOFF_SECONDS * 2**self._failures, LONGEST_BACKOFF_SECONDS)
        self._failures = min(self._failures + 1, 10)
        self._retry_at = time.monotonic() + backoff
        log.warning("sandbox_not_made", reason=error.message, retry_seconds=backoff)
        self._fail_waiters(error)

    def _fail_waiters(self, error: AssayError) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(error)

    def _drop_unusable(self) -> None:
        for sandbox in [sandbox for sandbox in self._ready if not sandbox.usable(self._max_age)]:
            self._ready.remove(sandbox)
            self._discard(sandbox)
