"""
Stored events, numbered by tenant.

Whoever adds events of a tenant holds the row of its count until the transaction ends: so numbers are seen in their
order, also where several processes share the database, and nothing is added below a number that a reader has seen.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from host.database import Database, sql, try_lock

if TYPE_CHECKING:
    from host.database import Connection

PAGE_EVENTS = 256
"""What is read at one time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """
    One event.

    :param body: The message of the contract, serialised, without its number.
    :param number: Its place among its tenant's events; 0 before it is stored.
    :param created: Seconds since 1970.
    """

    tenant: str
    id: str
    kind: str
    resource: str
    project: str
    created: float
    body: bytes
    number: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """
    What was read at one time.

    :param upto: The number up to which the events are all that there are.
    :param is_last: Whether there were no more.
    """

    events: Sequence[Stored]
    upto: int
    is_last: bool


COUNT = """
    INSERT INTO events_counts (tenant, number) VALUES (:tenant, :more)
    ON CONFLICT (tenant) DO UPDATE SET number = events_counts.number + :more RETURNING number
"""
ADD = """
    INSERT INTO events_log (tenant, number, id, kind, resource, project, created, body)
    VALUES (:tenant, :number, :id, :kind, :resource, :project, :created, :body)
    ON CONFLICT (id) DO NOTHING
"""
LAST = "SELECT number FROM events_counts WHERE tenant = :tenant"
SINCE = """
    SELECT tenant, id, kind, resource, project, created, body, number FROM events_log
    WHERE tenant = :tenant AND number > :after ORDER BY number LIMIT :most
"""
SINCE_OF_RESOURCE = """
    SELECT tenant, id, kind, resource, project, created, body, number FROM events_log
    WHERE tenant = :tenant AND resource = :resource AND number > :after ORDER BY number LIMIT :most
"""
FORGET_MORE = "DELETE FROM events_log WHERE tenant = :tenant AND number <= :number"
FORGET_OLD = "DELETE FROM events_log WHERE created < :before"


class EventStore:
    """
    Keeps events for a while.

    :param keep: How many of each tenant.
    :param keep_seconds: How long.
    """

    def __init__(self, database: Database, keep: int, keep_seconds: float) -> None:
        self._database = database
        self._keep = keep
        self._keep_seconds = keep_seconds

    async def add(self, events: Sequence[Stored]) -> None:
        """
        Number and keep events, in one transaction; one whose id is there already is not kept again. Older ones go.

        :raises StoreUnavailable: The database cannot be written.
        """
        await self._database.write(lambda connection: self._add(connection, events))

    def _add(self, connection: "Connection", events: Iterable[Stored]) -> None:
        # Tenants in one order, whoever adds: so nobody waits for a count that waits for his.
        for tenant, group in groupby(sorted(events, key=attrgetter("tenant")), key=attrgetter("tenant")):
            last = _number(connection, tenant, list(group))
            connection.execute(sql(FORGET_MORE), {"tenant": tenant, "number": last - self._keep})
        self._forget(connection)

    async def last(self, tenant: str) -> int:
        """
        Return the last number that was given to an event of a tenant; 0 where none was.

        :raises StoreUnavailable: The database cannot be read.
        """
        return await self._database.read(lambda connection: _last(connection, tenant))

    async def since(self, tenant: str, after: int, resource: str = "", most: int = PAGE_EVENTS) -> Page:
        """
        Return the events of a tenant after a number.

        :param resource: Only those about this; empty: all.
        :raises StoreUnavailable: The database cannot be read.
        """
        wanted = {"tenant": tenant, "after": after, "most": most, "resource": resource}
        return await self._database.read(lambda connection: _since(connection, wanted))

    async def forget(self) -> None:
        """
        Remove what is too old.

        :raises StoreUnavailable: The database cannot be written.
        """
        await self._database.write(self._forget)

    def _forget(self, connection: "Connection") -> None:
        if try_lock(connection, "forget told events"):
            connection.execute(sql(FORGET_OLD), {"before": time.time() - self._keep_seconds})


def _number(connection: "Connection", tenant: str, added: Sequence[Stored]) -> int:
    """Add events of a tenant, and return the number of the last."""
    last: int = connection.execute(sql(COUNT), {"tenant": tenant, "more": len(added)}).scalar_one()
    first = last - len(added) + 1
    connection.execute(sql(ADD), [_row(event, number) for number, event in enumerate(added, first)])
    return last


def _since(connection: "Connection", wanted: Mapping[str, Any]) -> Page:
    # Asked first: what is added between the two statements is above it.
    last = _last(connection, wanted["tenant"])
    rows = connection.execute(sql(SINCE_OF_RESOURCE if wanted["resource"] else SINCE), wanted)
    events = [Stored(*row) for row in rows]
    if len(events) == wanted["most"]:
        return Page(events, events[-1].number, is_last=False)
    return Page(events, max(last, *(event.number for event in events[-1:]), wanted["after"]), is_last=True)


def _last(connection: "Connection", tenant: str) -> int:
    return connection.execute(sql(LAST), {"tenant": tenant}).scalar() or 0


def _row(event: Stored, number: int) -> Mapping[str, object]:
    return {name: getattr(event, name) for name in event.__slots__} | {"number": number}
