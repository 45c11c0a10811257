"""What the queue reads and writes, each within a transaction of its caller's; see :mod:`services.validation.queue`."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.v1 import validation_pb2

from host.database import locking, on_postgresql, sql, try_lock
from services.validation import blobs
from services.validation.store import Stored, get

if TYPE_CHECKING:
    from host.database import Connection

Happening = validation_pb2.WatchValidationResponse
"""Something that happened to a validation."""

EVENTS_KEPT_SECONDS = 3600.0
"""How long what happened is kept after the validation ended, for watchers that are behind."""

PAGE_EVENTS = 64
PAGE_BYTES = 1024 * 1024
"""What is read at one time of what happened: no more events, and no further one after so many bytes."""

COMPLETED = "completed/"
"""How the name of a stage's end begins."""


@dataclass(frozen=True, slots=True)
class Load:
    """
    What a tenant has in the queue.

    :param count: Jobs that wait or run.
    :param size: The bytes of their requests.
    """

    count: int
    size: int


class LeaseLost(Exception):
    """The job is another process's now, or has ended."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    A job that nobody has.

    :param digest: Of its request; see :mod:`services.validation.blobs`.
    :param attempts: How often it was begun.
    :param trace: The trace of the call that queued it; empty: none.
    """

    id: str
    tenant: str
    digest: str
    attempts: int
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """
    A validation that is this process's to make.

    :param row: As it was queued.
    :param request: The serialised ValidateRequest.
    :param attempt: Which attempt this is, from 1.
    :param done: The ends of stages that attempts before, which were lost, came to.
    :param trace: The trace of the call that queued it; empty: none.
    """

    row: Stored
    request: bytes
    owner: str
    attempt: int
    done: Sequence[Happening] = ()
    trace: str = ""


LOADS = "SELECT tenant, COUNT(*), SUM(size) FROM jobs GROUP BY tenant"
WAITING = """
    SELECT tenant, SUM(CASE WHEN owner IS NULL OR owner = '' OR expires < :now OR expires > :latest THEN 0 ELSE 1 END),
        MIN(CASE WHEN owner IS NULL OR expires < :now OR expires > :latest THEN number END) AS oldest
    FROM jobs GROUP BY tenant ORDER BY oldest
"""
QUEUE = """
    INSERT INTO jobs (id, tenant, digest, size, attempts, owner, expires, trace, issued)
    VALUES (:id, :tenant, :digest, :size, 0, NULL, 0, :trace, 0)
"""
OLDEST = """
    SELECT id, tenant, digest, attempts, trace FROM jobs WHERE number = (
        SELECT MIN(number) FROM jobs
        WHERE tenant = :tenant AND (owner IS NULL OR expires < :now OR expires > :latest)
    )
"""
OLDEST_UNLOCKED = """
    SELECT id, tenant, digest, attempts, trace FROM jobs
    WHERE tenant = :tenant AND (owner IS NULL OR expires < :now OR expires > :latest)
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
"""
TAKE = "UPDATE jobs SET owner = :owner, expires = :expires, attempts = attempts + 1, issued = 1 WHERE id = :id"
HELD = "SELECT 1 FROM jobs WHERE id = :id AND owner = :owner AND attempts = :attempt"
RENEW = "UPDATE jobs SET expires = :expires WHERE id = :id AND owner = :owner"
OWN = "SELECT id FROM jobs WHERE owner = :owner ORDER BY number"
LOCK = "SELECT 1 FROM jobs WHERE id = :id"
GIVE_BACK = "UPDATE jobs SET owner = NULL, expires = 0, attempts = attempts - 1 WHERE id = :id"
WAIT = "UPDATE jobs SET owner = '', expires = :until, issued = 0 WHERE id = :id"
REMOVE = "DELETE FROM jobs WHERE id = :id RETURNING tenant, digest"
UNISSUED = """
    SELECT id, number, attempts, trace FROM jobs WHERE issued = 0 AND (owner IS NULL OR expires < :now)
    ORDER BY number LIMIT :most
"""
ISSUED = "UPDATE jobs SET issued = 1 WHERE id = :id AND number = :number AND attempts = :attempts"
SET_STATE = "UPDATE validations SET state = :state WHERE id = :id"
END = "UPDATE validations SET state = :state, verdict = :verdict, body = :body, key = :key WHERE id = :id"
KNOWN = "SELECT 1 FROM events WHERE id = :id AND name = :name"
COUNT = "UPDATE validations SET sequence = sequence + 1 WHERE id = :id RETURNING sequence"
HAPPENED = """
    INSERT INTO events (id, sequence, name, created, body) VALUES (:id, :sequence, :name, :created, :body)
"""
DONE = "SELECT body FROM events WHERE id = :id AND name LIKE :name ORDER BY sequence"
SINCE = "SELECT body FROM events WHERE id = :id AND sequence > :sequence ORDER BY sequence LIMIT :most"
BEFORE = "UPDATE events SET name = 'before/' || sequence WHERE id = :id AND name NOT LIKE 'before/%'"
FORGET = "DELETE FROM events WHERE created < :before AND id NOT IN (SELECT id FROM jobs)"


def loads(connection: "Connection") -> dict[str, Load]:
    """Return what each tenant has in the queue that has something there."""
    return {tenant: Load(count, int(size)) for tenant, count, size in connection.execute(sql(LOADS))}


def waiting(connection: "Connection", now: float, latest: float) -> dict[str, int]:
    """
    Return how many jobs are had of each tenant that has one that nobody has; the oldest of these is first.

    :param latest: What is held until later than that is nobody's.
    """
    rows = connection.execute(sql(WAITING), {"now": now, "latest": latest})
    return {tenant: int(running) for tenant, running, number in rows if number is not None}


def queue(connection: "Connection", row: Stored, request: bytes, trace: str) -> None:
    """Make a validation a job."""
    digest = blobs.keep(connection, row.tenant, request)
    add(connection, row.id, tenant=row.tenant, digest=digest, size=len(request), trace=trace)


def add(connection: "Connection", identifier: str, *, tenant: str, digest: str, size: int, trace: str) -> None:
    """Make a validation a job, whose request is kept already."""
    made = {"id": identifier, "tenant": tenant, "digest": digest, "size": size, "trace": trace}
    connection.execute(sql(QUEUE), made)
    happened(connection, identifier, Happening(state=validation_pb2.STATE_QUEUED))


def oldest(connection: "Connection", tenant: str, now: float, latest: float) -> Waiting | None:
    """Return the oldest job of a tenant that nobody has, or is about to take; see :func:`waiting`."""
    # SQLite has one writer at a time, and reads what is in an index only in the way of the first statement.
    statement = OLDEST_UNLOCKED if on_postgresql(connection) else OLDEST
    row = connection.execute(sql(statement), {"tenant": tenant, "now": now, "latest": latest}).first()
    return None if row is None else Waiting(*row)


def take(connection: "Connection", job: Waiting, owner: str, expires: float) -> Job:
    """Make a job one process's own."""
    connection.execute(sql(TAKE), {"id": job.id, "owner": owner, "expires": expires})
    _come_to(connection, job.id, validation_pb2.STATE_RUNNING)
    done = connection.execute(sql(DONE), {"id": job.id, "name": f"{COMPLETED}%"}).scalars()
    said = tuple(Happening.FromString(body) for body in done)
    request = blobs.content(connection, job.tenant, job.digest)
    return Job(get(connection, job.tenant, job.id), request, owner, job.attempts + 1, said, job.trace)


def lock(connection: "Connection", identifier: str) -> None:
    """Let nobody else change a job, if there is one, until the transaction ends."""
    connection.execute(locking(connection, LOCK), {"id": identifier})


def held(connection: "Connection", job: Job) -> None:
    """
    Make sure that a job is its process's own until the transaction ends.

    :raises LeaseLost: It is not any more.
    """
    wanted = {"id": job.row.id, "owner": job.owner, "attempt": job.attempt}
    if connection.execute(locking(connection, HELD), wanted).first() is None:
        raise LeaseLost(job.row.id)


def renew(connection: "Connection", identifiers: Collection[str], owner: str, expires: float) -> frozenset[str]:
    """Let a process hold jobs for longer that are its own, and return which these are."""

    def is_own(identifier: str) -> bool:
        wanted = {"id": identifier, "owner": owner, "expires": expires}
        return connection.execute(sql(RENEW), wanted).rowcount > 0

    return frozenset(filter(is_own, sorted(identifiers)))


def give_back(connection: "Connection", owner: str) -> None:
    """Let others take a process's jobs, as if they had not been begun."""
    for identifier in connection.execute(locking(connection, OWN), {"owner": owner}).scalars().all():
        connection.execute(sql(GIVE_BACK), {"id": identifier})
        _come_to(connection, identifier, validation_pb2.STATE_QUEUED)


def wait(connection: "Connection", job: Job, until: float) -> None:
    """Let a job whose attempt failed be taken again after a time (seconds since 1970)."""
    connection.execute(sql(WAIT), {"id": job.row.id, "until": until})
    _come_to(connection, job.row.id, validation_pb2.STATE_QUEUED)


def unissued(connection: "Connection", now: float, most: int) -> list[tuple[str, int, int, str]]:
    """Return id, number, attempts and trace of jobs that wait and of which no permit was issued, the oldest first."""
    rows = connection.execute(sql(UNISSUED), {"now": now, "most": most})
    return [(identifier, number, attempts, trace) for identifier, number, attempts, trace in rows]


def issued(connection: "Connection", identifier: str, number: int, attempts: int) -> None:
    """Keep that a permit of a job was issued; where it was begun meanwhile that changes nothing."""
    connection.execute(sql(ISSUED), {"id": identifier, "number": number, "attempts": attempts})


def end(connection: "Connection", row: Stored) -> None:
    """Let a validation end as a row says, and be no job any more."""
    for tenant, digest in connection.execute(sql(REMOVE), {"id": row.id}).all():
        blobs.release(connection, tenant, digest)
    close(connection, row)


def close(connection: "Connection", row: Stored) -> None:
    """Let a validation end as a row says; and forget what happened long ago."""
    ended = {"id": row.id, "state": row.state, "verdict": row.verdict, "body": row.body, "key": row.key or None}
    connection.execute(sql(END), ended)
    happened(connection, row.id, Happening(state=validation_pb2.State.Name(row.state)))
    if try_lock(connection, "forget events"):
        connection.execute(sql(FORGET), {"before": time.time() - EVENTS_KEPT_SECONDS})


def reopen(connection: "Connection", row: Stored) -> None:
    """Let a validation that has ended wait again; what happened before is kept, and is none of what will happen."""
    opened = {"id": row.id, "state": row.state, "verdict": 0, "body": row.body, "key": None}
    connection.execute(sql(END), opened)
    connection.execute(sql(BEFORE), {"id": row.id})


def happened(connection: "Connection", identifier: str, event: Happening, name: str = "") -> None:
    """
    Number and keep what happened to a validation.

    :param name: What has a name that something has already is not kept again; empty: a name of its own.
    """
    if name and connection.execute(sql(KNOWN), {"id": identifier, "name": name}).first() is not None:
        return
    # Whoever counts one up holds its row until the end: numbers are seen in their order.
    event.sequence = connection.execute(sql(COUNT), {"id": identifier}).scalar_one()
    event.event_time.GetCurrentTime()
    kept = {"id": identifier, "sequence": event.sequence, "name": name or str(event.sequence), "created": time.time()}
    connection.execute(sql(HAPPENED), kept | {"body": event.SerializeToString()})


def since(connection: "Connection", identifier: str, sequence: int) -> list[Happening]:
    """Return what happened to a validation after a number, as far as it is read at one time."""
    events: list[Happening] = []
    size = 0
    for (body,) in connection.execute(sql(SINCE), {"id": identifier, "sequence": sequence, "most": PAGE_EVENTS}):
        events.append(Happening.FromString(body))
        size += len(body)
        if size > PAGE_BYTES:
            break
    return events


def _come_to(connection: "Connection", identifier: str, state: validation_pb2.State) -> None:
    connection.execute(sql(SET_STATE), {"id": identifier, "state": state})
    happened(connection, identifier, Happening(state=state))
