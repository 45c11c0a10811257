"""
Dead jobs: queued validations that were given up after their last attempt.

They have failed, for everybody who asks; their requests are kept for a while, so that an operator can look at them and
have them made again, once what they failed of is mended.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, NotFound

from host.database import Database, locking, sql
from services.validation import blobs, jobs
from services.validation.endings import failed, queued_again
from services.validation.store import get

if TYPE_CHECKING:
    from host.database import Connection
    from services.validation.store import Stored

MAX_ERROR = 400
"""Characters that are kept of an error."""

MOST_LISTED = 10_000
"""Dead jobs that are listed at one time."""


@dataclass(frozen=True, slots=True)
class Dead:
    """
    A dead job.

    :param id: That of its validation.
    :param number: Its place among all that ever died.
    :param size: Bytes of its request.
    :param attempts: How often it was begun.
    :param reason: One of the contract's ErrorReason, without its prefix.
    :param error: What the last attempt failed of, in a sentence.
    :param died: Seconds since 1970.
    """

    number: int
    id: str
    tenant: str
    digest: str
    size: int
    attempts: int
    reason: str
    error: str
    died: float
    trace: str

    def told(self) -> Mapping[str, Any]:
        """Return what is told of it outside of the database; what the error says stays within."""
        names = ("number", "id", "tenant", "digest", "size", "attempts", "reason", "died")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    When a job is given up, and for how long it is kept then.

    :param attempts: How often one is begun at most.
    :param keep: How many dead jobs are kept; the oldest go first.
    :param seconds: How long.
    """

    attempts: int
    keep: int
    seconds: float


REMOVE_JOB = "DELETE FROM jobs WHERE id = :id RETURNING tenant, digest, size, attempts, trace"
BURY = """
    INSERT INTO dead_jobs (id, tenant, digest, size, attempts, reason, error, died, trace, told)
    VALUES (:id, :tenant, :digest, :size, :attempts, :reason, :error, :died, :trace, 0)
"""
FORGET = """
    DELETE FROM dead_jobs WHERE died < :before OR number <= (
        SELECT number FROM dead_jobs ORDER BY number DESC LIMIT 1 OFFSET :keep
    ) RETURNING tenant, digest
"""
LIST = """
    SELECT number, id, tenant, digest, size, attempts, reason, error, died, trace FROM dead_jobs
    WHERE :tenant IN ('', tenant) ORDER BY number DESC LIMIT :most
"""
ONE = """
    SELECT number, id, tenant, digest, size, attempts, reason, error, died, trace FROM dead_jobs WHERE id = :id
"""
UNTOLD = """
    SELECT number, id, tenant, digest, size, attempts, reason, error, died, trace FROM dead_jobs
    WHERE told = 0 ORDER BY number LIMIT :most
"""
TOLD = "UPDATE dead_jobs SET told = 1 WHERE number = :number"
LOCK = "SELECT 1 FROM dead_jobs WHERE id = :id"
REMOVE = "DELETE FROM dead_jobs WHERE id = :id"


def bury(connection: "Connection", row: "Stored", error: AssayError, bounds: Bounds) -> "Stored":
    """Let a validation fail for good and its job be a dead one; return the validation as it ended."""
    tenant, digest, size, attempts, trace = connection.execute(sql(REMOVE_JOB), {"id": row.id}).one()
    said = AssayError(f"it was given up after {attempts} attempts; the last one: {error.message}")
    ended = failed(row, said, error.reason)
    jobs.close(connection, ended)
    dead = {"id": row.id, "tenant": tenant, "digest": digest, "size": size, "attempts": attempts, "trace": trace}
    why = {"reason": error.reason, "error": error.message[:MAX_ERROR], "died": time.time()}
    connection.execute(sql(BURY), dead | why)
    forget(connection, bounds)
    return ended


def forget(connection: "Connection", bounds: Bounds) -> None:
    """Remove those that are too old, or too many, with their requests."""
    wanted = {"before": time.time() - bounds.seconds, "keep": bounds.keep}
    for tenant, digest in connection.execute(sql(FORGET), wanted).all():
        blobs.release(connection, tenant, digest)


class DeadJobs:
    """The dead jobs of a database, for whoever looks after the suite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def every(self, tenant: str = "") -> Sequence[Dead]:
        """
        Return the dead jobs, the newest first, at most MOST_LISTED.

        :param tenant: Only those of this one; empty: of all.
        :raises StoreUnavailable: The database cannot be read.
        """
        wanted = {"tenant": tenant, "most": MOST_LISTED}
        return await self._database.read(
            lambda connection: [Dead(*row) for row in connection.execute(sql(LIST), wanted).all()]
        )

    async def get(self, identifier: str) -> Dead:
        """
        Return a dead job.

        :raises NotFound: There is none with this id.
        """
        return await self._database.read(lambda connection: _one(connection, identifier))

    async def requeue(self, identifier: str) -> Dead:
        """
        Have a dead job made again, from its beginning, with all its attempts; return it as it was.

        :raises NotFound: There is none with this id, or its validation is not kept any more.
        """
        return await self._database.write(lambda connection: _requeued(connection, identifier))

    async def untold(self, most: int) -> Sequence[Dead]:
        """Return dead jobs of which nobody outside was told, the oldest first."""
        return await self._database.read(
            lambda connection: [Dead(*row) for row in connection.execute(sql(UNTOLD), {"most": most}).all()]
        )

    async def told(self, dead: Dead) -> None:
        """Keep that somebody was told of a dead job."""
        await self._database.write(lambda connection: connection.execute(sql(TOLD), {"number": dead.number}))

    async def forget(self, bounds: Bounds) -> None:
        """Remove those that are too old, or too many."""
        await self._database.write(lambda connection: forget(connection, bounds))


def _one(connection: "Connection", identifier: str) -> Dead:
    row = connection.execute(sql(ONE), {"id": identifier}).first()
    if row is None:
        raise NotFound(f"there is no dead job {identifier}")
    return Dead(*row)


def _requeued(connection: "Connection", identifier: str) -> Dead:
    if connection.execute(locking(connection, LOCK), {"id": identifier}).first() is None:
        raise NotFound(f"there is no dead job {identifier}")
    dead = _one(connection, identifier)
    row = get(connection, dead.tenant, identifier)
    connection.execute(sql(REMOVE), {"id": identifier})
    jobs.reopen(connection, queued_again(row))
    jobs.add(connection, identifier, tenant=dead.tenant, digest=dead.digest, size=dead.size, trace=dead.trace)
    return dead
