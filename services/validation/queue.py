"""
The queue of validations that nobody waits for, in the database: what was queued survives the end of any process.

A process takes the oldest job that nobody has and holds it by a lease, which it renews. Where it is lost its lease
runs out and another takes the job again, a bounded number of times; then it is dead (:mod:`services.validation.dead`).
So is one whose attempts all fail by an error of the suite's. Each change of a job is one transaction that makes
sure of the lease: so a job ends once, and what a lost attempt still writes is refused. What happened to a validation
is numbered, and has a name by which nothing happens twice: where an attempt was lost, the next one goes on from what
its stages said.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from assay.errors import AssayError, QueueFull
from assay.v1 import validation_pb2

from host.database import Database, clock, lock
from services.validation import dead, jobs
from services.validation.announcing import SILENT, Announcer
from services.validation.dead import Bounds
from services.validation.endings import cancelled
from services.validation.jobs import Happening, Job, Load
from services.validation.store import Stored, add, get

if TYPE_CHECKING:
    from host.database import Connection

AGAIN_SECONDS = 1.0
MOST_AGAIN_SECONDS = 60.0
"""When an attempt is made after the first one failed; each time it takes twice as long, up to the second."""

RETRY_SECONDS = 5.0
"""When to come back where the queue is full."""

MOST_BYTES = 1024**3
"""Bytes of all requests that wait or run."""


class Queue:
    """
    The queue, as one process sees it.

    :param keep: How many validations are kept.
    :param most: Jobs that may wait or run; see :func:`has_room`.
    :param owner: Names this process, among all that ever use this database.
    :param lease: Seconds for which a job is held without a word.
    :param told: Hears of each validation to which something happened.
    :param bounds: When a job is given up.
    :param announcer: Tells the suite of it, once it is written.
    """

    def __init__(
        self,
        database: Database,
        *,
        keep: int,
        most: int,
        owner: str,
        lease: float,
        told: Callable[[str], None],
        bounds: Bounds,
        announcer: Announcer = SILENT,
    ) -> None:
        self._database = database
        self._keep = keep
        self._most = most
        self._owner = owner
        self.lease = lease
        self._told = told
        self._bounds = bounds
        self._announcer = announcer

    async def create(self, row: Stored, request: bytes, trace: str = "") -> Stored:
        """
        Queue a validation and return it, or the one that has its request_id already.

        :param trace: The trace that goes on where it is made; empty: none.
        :raises QueueFull: As much waits as may.
        :raises RequestIdReused: The request_id stands for another request.
        """

        def work(connection: "Connection") -> Stored:
            kept = add(connection, row, self._keep)
            if kept.id != row.id:
                return kept
            # One at a time counts, so that no two take the same last place.
            lock(connection, "validation queue")
            self._check_room(jobs.loads(connection), row.tenant, len(request))
            jobs.queue(connection, row, request, trace)
            return get(connection, row.tenant, row.id)

        kept = await self._database.write(work)
        if kept.id == row.id:
            self._announcer.created(row.tenant, message_of(kept))
        return kept

    def _check_room(self, loads: Mapping[str, Load], tenant: str, size: int) -> None:
        own = loads.get(tenant, Load(0, 0))
        tenants = len(loads.keys() | {tenant})
        counts, sizes = (load.count for load in loads.values()), (load.size for load in loads.values())
        if has_room(sum(counts), own.count, 1, tenants, self._most) and has_room(
            sum(sizes), own.size, size, tenants, MOST_BYTES
        ):
            return
        raise QueueFull("as many validations are queued as may", retry_after=RETRY_SECONDS)

    async def waiting(self) -> Mapping[str, int]:
        """
        Return the tenants that have a job that nobody has, and how many each has that are made.

        The tenant whose job has waited longest is first.
        """
        return await self._database.read(lambda connection: jobs.waiting(connection, *self._times(connection)))

    async def take(self, tenant: str) -> Job | None:
        """
        Take the oldest job of a tenant that nobody has; None where there is none.

        One that was begun as often as may be, and lost the last time, is given up instead.
        """
        job, lost = await self._database.write(lambda connection: self._take(connection, tenant))
        for row in lost:
            self._given_up(row)
        if job is not None:
            self._told(job.row.id)
            self._announcer.started(job.row.tenant, message_of(job.row), job.attempt)
        return job

    def _take(self, connection: "Connection", tenant: str) -> tuple[Job | None, Sequence[Stored]]:
        now, latest = self._times(connection)
        lost: list[Stored] = []
        while (found := jobs.oldest(connection, tenant, now, latest)) is not None:
            if found.attempts < self._bounds.attempts:
                return jobs.take(connection, found, self._owner, now + self.lease), lost
            error = AssayError("the process that made it was lost")
            lost.append(dead.bury(connection, get(connection, found.tenant, found.id), error, self._bounds))
        return None, lost

    def _times(self, connection: "Connection") -> tuple[float, float]:
        """
        Return what time it is, and until when at most anything can be held or wait.

        What is held for longer was so before the clock of the database was set back: it is nobody's.
        """
        now = clock(connection)
        return now, now + 2 * max(self.lease, MOST_AGAIN_SECONDS)

    def is_last(self, job: Job) -> bool:
        """Say whether there is no attempt after this one."""
        return job.attempt >= self._bounds.attempts

    async def failed(self, job: Job, error: AssayError) -> None:
        """
        Keep that an attempt failed by an error of the suite's: the job waits for another one, or is given up.

        :raises services.validation.jobs.LeaseLost: The job is not this process's any more.
        """

        def work(connection: "Connection") -> Stored | None:
            jobs.held(connection, job)
            if self.is_last(job):
                return dead.bury(connection, job.row, error, self._bounds)
            pause = min(MOST_AGAIN_SECONDS, AGAIN_SECONDS * 2 ** (job.attempt - 1))
            jobs.wait(connection, job, clock(connection) + pause)
            return None

        given_up = await self._database.write(work)
        if given_up is not None:
            self._given_up(given_up)
        else:
            self._told(job.row.id)

    def _given_up(self, row: Stored) -> None:
        self._ended(row)
        self._announcer.died(row.tenant, message_of(row))

    def _ended(self, row: Stored) -> None:
        self._told(row.id)
        self._announcer.ended(row.tenant, message_of(row))

    async def renew(self, identifiers: Collection[str]) -> frozenset[str]:
        """
        Hold jobs for longer, and return which of them are this process's own: the others are not any more.

        :param identifiers: Of those that it works at. One that it left, since it could not be written down, is not
            among them, and is taken again.
        """

        def work(connection: "Connection") -> frozenset[str]:
            return jobs.renew(connection, identifiers, self._owner, clock(connection) + self.lease)

        return await self._database.write(work)

    async def give_back(self) -> None:
        """Let others take this process's jobs, as if they had not been begun."""
        await self._database.write(lambda connection: jobs.give_back(connection, self._owner))

    async def happened(self, job: Job, events: Sequence[tuple[str, Happening]]) -> None:
        """
        Number and keep what happened to a job.

        :param events: Each with a name: what has one that something of this job's has already is not kept again.
        :raises services.validation.jobs.LeaseLost: The job is not this process's any more.
        """

        def work(connection: "Connection") -> None:
            jobs.held(connection, job)
            for name, event in events:
                jobs.happened(connection, job.row.id, event, name)

        await self._database.write(work)
        self._told(job.row.id)

    async def end(self, job: Job, row: Stored) -> None:
        """
        Keep what became of a job, which with that is none any more.

        :raises services.validation.jobs.LeaseLost: The job is not this process's any more.
        """

        def work(connection: "Connection") -> None:
            jobs.held(connection, job)
            jobs.end(connection, row)

        await self._database.write(work)
        self._ended(row)

    async def cancel(self, tenant: str, identifier: str) -> Stored:
        """
        Stop a validation that has not ended, and return it as it is then.

        :raises NotFound: There is none, or it is another tenant's.
        """

        def work(connection: "Connection") -> tuple[Stored, bool]:
            row = get(connection, tenant, identifier)
            if not row.ended:
                # Whoever makes it may be about to end it: what it is then counts.
                jobs.lock(connection, identifier)
                row = get(connection, tenant, identifier)
            if not row.ended:
                jobs.end(connection, cancelled(row))
            return get(connection, tenant, identifier), row.ended

        row, had_ended = await self._database.write(work)
        if not had_ended:
            self._ended(row)
        return row

    async def since(self, tenant: str, identifier: str, sequence: int) -> tuple[Stored, list[Happening]]:
        """
        Return a validation, and what happened to it after a number, as far as it is read at one time.

        :raises NotFound: There is none, or it is another tenant's.
        """
        return await self._database.read(
            lambda connection: (get(connection, tenant, identifier), jobs.since(connection, identifier, sequence))
        )


def message_of(row: Stored) -> validation_pb2.Validation:
    """Return the message of a row as it was written last."""
    return validation_pb2.Validation.FromString(row.body)


def has_room(total: int, own: int, more: int, tenants: int, most: int) -> bool:
    """
    Say whether a queue has room for more of one tenant.

    There is room for ``most`` of whichever tenants. Beyond that, a tenant that has less than its equal share of them
    may add to it, until there are twice as many: so those who came first do not keep all others out.

    :param total: What there is of all tenants.
    :param own: What there is of this one.
    :param more: What it wants to add.
    :param tenants: How many have something in the queue, this one among them.
    """
    if total + more <= most:
        return True
    return own + more <= most / tenants and total + more <= 2 * most
