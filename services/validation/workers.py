"""
Makes the validations that were queued, in tasks of the service: so many at one time, fair to those who wait.

Work begins with a permit (:mod:`host.permits`), where there are permits; the database decides which job it is. Where
there are none, as NATS is away or was never there, and where a permit was lost, it begins with a look at the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import structlog
from assay.errors import AssayError, ShuttingDown, StoreUnavailable
from assay.v1 import validation_pb2

from host.caller import Caller, acting_for
from host.permits import NO_PERMIT, Permit, Permits
from host.spans import CONSUMER, continued, span
from host.waiting import a_while
from services.validation.company import Company
from services.validation.endings import failed, succeeded
from services.validation.jobs import Job, LeaseLost
from services.validation.queue import Queue
from services.validation.rota import Rota
from services.validation.store import Stored
from services.validation.telling import JobFollower
from services.validation.turns import Turns
from services.validation.validating import Validating

_log = structlog.get_logger("assay.validation")

LOOK_SECONDS = 1.0
"""How often the database is asked for jobs of which no permit came: those that other processes had when they were lost,
and where there are no permits, those that others queued."""

MISSING_SECONDS = 0.02
"""How long a permit is waited for where jobs were found that have none."""

RETRY_SECONDS = 5.0
"""When to look again after the database could not be used."""

RENEWALS = 3
"""How often a lease is renewed in its time, and a permit held."""

DANGEROUS = 3
"""The attempt from which on a job is made alone. Once it may have been lost with another, or with the machine; what was
lost twice is likely to be what its process is lost of."""

AGAIN = {"INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
"""Codes of errors after which another attempt can succeed: none of them is the request's fault."""

LANE = "queue"

WORKER = "queue"
"""What the calls are named after that are made for a queued validation: who queued it may be gone."""


class QueueWorkers:
    """
    Takes jobs from the queue and makes them.

    :param count: Jobs at one time; 0: none are taken.
    :param stopping: Set when the service is about to stop: jobs are given back at once, since stages take no new calls.
    """

    def __init__(
        self,
        *,
        queue: Queue,
        permits: Permits,
        validating: Validating,
        turns: Turns,
        count: int,
        stopping: asyncio.Event,
    ) -> None:
        self._queue = queue
        self._permits = permits
        self._validating = validating
        self._turns = turns
        self._count = count
        self._stopping = stopping
        self._work = asyncio.Event()
        self._looking = asyncio.Lock()
        self._rota = Rota()
        self._company = Company()
        self._held: set[Permit] = set()
        self._check = asyncio.Event()
        self._is_missing = False
        self._running: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Work until the block is left, or the service is about to stop; then give back what is not done."""
        if not self._count:
            yield
            return
        work = asyncio.create_task(self._until_stopping())
        try:
            yield
        finally:
            self._stopping.set()
            await work

    def wake(self) -> None:
        """Look for jobs at once."""
        self._work.set()

    def check(self, identifier: str) -> None:
        """Look at once whether a validation that is made here has ended otherwise: somebody else may have ended it."""
        if identifier in self._running:
            self._check.set()

    def stop(self, identifier: str) -> None:
        """Stop what is done here for a validation, which has ended otherwise."""
        if (task := self._running.get(identifier)) is not None:
            task.cancel()

    async def _until_stopping(self) -> None:
        tasks = [asyncio.create_task(self._serve()) for _ in range(self._count)]
        tasks.append(asyncio.create_task(self._renew()))
        try:
            await self._stopping.wait()
        finally:
            tasks += self._running.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._permits.stop()
            await self._give_back()
            # Handed out again only now: whoever has one finds a job that nobody has.
            for permit in self._held:
                await permit.back()

    async def _give_back(self) -> None:
        try:
            await self._queue.give_back()
        except StoreUnavailable as error:
            # The leases run out by themselves.
            await _log.awarning("jobs cannot be given back", reason=error.message)

    async def _serve(self) -> None:
        """Wait for a permit, a tenant's job and turn, make it, and go on with the next."""
        while True:
            permit: Permit = NO_PERMIT
            try:
                # One at a time looks, so that the others do not ask the database the same.
                async with self._looking:
                    tenant, permit = await self._next()
                async with self._turns.take(tenant, LANE):
                    await self._take(tenant, permit)
                await self._done(permit)
            except StoreUnavailable as error:
                await self._done(permit)
                await _log.awarning("the queue cannot be read", reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)

    async def _next(self) -> tuple[str, Permit]:
        """Return a tenant that has a job that nobody has, and the permit to take it, if it came with one."""
        permit: Permit = NO_PERMIT
        while True:
            if permit is NO_PERMIT:
                permit = await self._permit()
                self._held.add(permit)
            else:
                # Its tenant was chosen by another worker, who has not begun.
                await a_while(self._work, LOOK_SECONDS)
                self._work.clear()
            waiting = await self._queue.waiting()
            if (tenant := self._rota.choose(waiting)) is not None:
                return tenant, permit
            if not waiting:
                await self._done(permit)
                permit = NO_PERMIT

    async def _permit(self) -> Permit:
        """Wait for a permit, or for a time to look without one."""
        if self._permits.are_there:
            seconds, self._is_missing = MISSING_SECONDS if self._is_missing else LOOK_SECONDS, False
            return await self._permits.next(seconds)
        await a_while(self._work, LOOK_SECONDS)
        self._work.clear()
        return NO_PERMIT

    async def _done(self, permit: Permit) -> None:
        self._held.discard(permit)
        await permit.done()

    async def _take(self, tenant: str, permit: Permit) -> None:
        """Take a job of a tenant, if one is left, and make it; beside others, unless that is dangerous."""
        async with self._company.together():
            job = await self._taken(tenant)
            self._is_missing = job is not None and permit is NO_PERMIT
            if job is None:
                return
            if job.attempt < DANGEROUS:
                await self._attend(job)
                return
        await self._attend(job)

    async def _taken(self, tenant: str) -> Job | None:
        try:
            return await self._queue.take(tenant)
        finally:
            self._rota.begun(tenant)
            # It may have more, which none of the others could choose in the meantime.
            self._work.set()

    async def _attend(self, job: Job) -> None:
        """Make a job in a task of its own, which can be stopped without its worker."""
        with acting_for(Caller(job.row.tenant, WORKER, frozenset())):
            task = asyncio.create_task(self._make(job))
        self._running[job.row.id] = task
        try:
            await asyncio.wait({task})
        finally:
            del self._running[job.row.id]
            task.cancel()

    async def _make(self, job: Job) -> None:
        try:
            async with self._company.alone() if job.attempt >= DANGEROUS else nullcontext():
                # The trace of the call that queued it goes on here.
                with span("validation job", {"assay.attempt": job.attempt}, kind=CONSUMER, parent=continued(job.trace)):
                    await self._attempted(job)
        except LeaseLost:
            await _log.ainfo("a job is another's now", id=job.row.id)
        except (StoreUnavailable, ShuttingDown) as error:
            # It is given back, or taken again when its lease has run out.
            await _log.awarning("a job is left", id=job.row.id, reason=error.message)

    async def _attempted(self, job: Job) -> None:
        """Make a job, and keep what became of it."""
        try:
            end = await self._made(job)
        except (LeaseLost, StoreUnavailable, ShuttingDown):
            raise
        except AssayError as error:
            if error.code in AGAIN:
                await _log.awarning("a job failed", id=job.row.id, attempt=job.attempt, reason=error.reason)
                await self._queue.failed(job, error)
                return
            end = failed(job.row, error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the job ends and the others go on
            await _log.aexception("a job broke", id=job.row.id, attempt=job.attempt, exc_info=error)
            await self._queue.failed(job, AssayError("an error of the suite; its log has the details"))
            return
        await self._queue.end(job, end)

    async def _made(self, job: Job) -> Stored:
        message = validation_pb2.Validation.FromString(job.row.body)
        follower = JobFollower(self._queue, job)
        try:
            request = validation_pb2.ValidateRequest.FromString(job.request)
            key = await self._validating.resume(message, request, follower)
            await follower.written()
        finally:
            follower.close()
        return succeeded(job.row, message, key)

    async def _renew(self) -> None:
        """Hold the leases and permits, and stop what is not ours any more."""
        while True:
            await a_while(self._check, self._queue.lease / RENEWALS)
            self._check.clear()
            for permit in tuple(self._held):
                await permit.hold()
            running = frozenset(self._running)
            try:
                own = await self._queue.renew(running) if running else running
            except StoreUnavailable as error:
                await _log.awarning("leases cannot be renewed", reason=error.message)
                continue
            for identifier in running - own:
                self.stop(identifier)
