"""Makes the validations that were queued, in tasks of the service: so many at one time, fair to those who wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from assay.errors import AssayError, ShuttingDown, StoreUnavailable
from assay.v1 import validation_pb2

from host.caller import Caller, acting_for
from host.spans import CONSUMER, continued, span
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
"""How often the database is asked for jobs that other processes queued, or had when they were lost."""

RETRY_SECONDS = 5.0
"""When to look again after the database could not be used."""

RENEWALS = 3
"""How often a lease is renewed in its time."""

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
        self, *, queue: Queue, validating: Validating, turns: Turns, count: int, stopping: asyncio.Event
    ) -> None:
        self._queue = queue
        self._validating = validating
        self._turns = turns
        self._count = count
        self._stopping = stopping
        self._work = asyncio.Event()
        self._looking = asyncio.Lock()
        self._rota = Rota()
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
            await self._give_back()

    async def _give_back(self) -> None:
        try:
            await self._queue.give_back()
        except StoreUnavailable as error:
            # The leases run out by themselves.
            await _log.awarning("jobs cannot be given back", reason=error.message)

    async def _serve(self) -> None:
        """Wait for a tenant's job and turn, make it, and go on with the next."""
        while True:
            try:
                # One at a time looks, so that the others do not ask the database the same.
                async with self._looking:
                    tenant = await self._next_tenant()
                async with self._turns.take(tenant, LANE):
                    job = await self._taken(tenant)
                    if job is not None:
                        await self._attend(job)
            except StoreUnavailable as error:
                await _log.awarning("the queue cannot be read", reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)

    async def _next_tenant(self) -> str:
        while (tenant := self._rota.choose(await self._queue.waiting())) is None:
            try:
                await asyncio.wait_for(self._work.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
            self._work.clear()
        return tenant

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
            # The trace of the call that queued it goes on here.
            with span("validation job", {"assay.attempt": job.attempt}, kind=CONSUMER, parent=continued(job.trace)):
                await self._queue.end(job, await self._made(job))
        except LeaseLost:
            await _log.ainfo("a job is another's now", id=job.row.id)
        except (StoreUnavailable, ShuttingDown) as error:
            # It is given back, or taken again when its lease has run out.
            await _log.awarning("a job is left", id=job.row.id, reason=error.message)

    async def _made(self, job: Job) -> Stored:
        message = validation_pb2.Validation.FromString(job.row.body)
        follower = JobFollower(self._queue, job)
        try:
            request = validation_pb2.ValidateRequest.FromString(job.request)
            key = await self._validating.resume(message, request, follower)
            await follower.written()
        except (LeaseLost, StoreUnavailable, ShuttingDown):
            raise
        except AssayError as error:
            return failed(job.row, error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the job ends and the others go on
            await _log.aexception("a job broke", id=job.row.id, exc_info=error)
            return failed(job.row, AssayError("an error of the suite; its log has the details"))
        finally:
            follower.close()
        return succeeded(job.row, message, key)

    async def _renew(self) -> None:
        """Hold the leases, and stop what is not ours any more."""
        while True:
            await asyncio.sleep(self._queue.lease / RENEWALS)
            running = frozenset(self._running)
            try:
                own = await self._queue.renew(running) if running else running
            except StoreUnavailable as error:
                await _log.awarning("leases cannot be renewed", reason=error.message)
                continue
            for identifier in running - own:
                self.stop(identifier)
