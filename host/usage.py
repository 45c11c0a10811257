"""
What tenants use, by day: counted in memory, and written to the database once a second in one transaction.

What was counted since is lost with a process that is killed, and what could not be written is tried again. Every
process of the suite writes to one table, so a tenant's total is that of all of them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from assay.errors import StoreUnavailable

from host import usage_metrics
from host.caller import SYSTEM_TENANT, caller
from host.database import Database, opened, sql
from host.settings import Settings
from host.tally import CALLS, tally
from host.waiting import a_while

if TYPE_CHECKING:
    from host.database import Connection

_log = structlog.get_logger("assay.usage")

WRITE_SECONDS = 1.0
"""How often what was counted is written."""

KNOWN_SECONDS = 1.0
"""How long a tenant's total is believed before it is read again."""

MOST_KNOWN = 10_000
"""Tenants whose totals are remembered."""

MOST_NEW = 50_000
"""Totals that may wait to be written; while the database cannot be used, more are left out, and counted."""

KEEP_DAYS = 400
"""How long totals are kept."""

DAY_SECONDS = 86_400

ADD = """
    INSERT INTO usage (tenant, kind, day, amount) VALUES (:tenant, :kind, :day, :amount)
    ON CONFLICT (tenant, kind, day) DO UPDATE SET amount = usage.amount + excluded.amount
"""
FORGET = "DELETE FROM usage WHERE day < :day"
OF_DAY = "SELECT kind, amount FROM usage WHERE tenant = :tenant AND day = :day"
SINCE = """
    SELECT tenant, kind, day, amount FROM usage
    WHERE day >= :day AND (:tenant = '' OR tenant = :tenant) ORDER BY day DESC, tenant, kind
"""
ACTIVE = "SELECT COUNT(DISTINCT tenant) FROM usage WHERE day >= :day AND kind = :kind AND tenant <> :system"


@dataclass(frozen=True, slots=True)
class Used:
    """
    What a tenant used of a kind on a day.

    :param day: Days since 1 January 1970, in UTC.
    :param amount: In the unit of the kind; see :mod:`host.tally`.
    """

    tenant: str
    kind: str
    day: int
    amount: float


def day_of(seconds: float) -> int:
    """Return the day of UTC that a time is in, given as seconds since 1970."""
    return int(seconds // DAY_SECONDS)


def since(connection: "Connection", day: int, tenant: str = "") -> list[Used]:
    """
    Return what was used from a day on, the newest first.

    :param tenant: By whom; empty: by all.
    """
    rows = connection.execute(sql(SINCE), {"day": day, "tenant": tenant})
    return [Used(*row) for row in rows]


def active_tenants(connection: "Connection", day: int) -> int:
    """Return how many tenants called from a day on."""
    called = {"day": day, "kind": CALLS, "system": SYSTEM_TENANT}
    count: int = connection.execute(sql(ACTIVE), called).scalar_one()
    return count


@dataclass(slots=True)
class _Known:
    """What the database said of a tenant's day, with what was written since; believed until a moment."""

    day: int
    until: float
    amounts: dict[str, float]


Amounts = dict[tuple[str, int], dict[str, float]]
"""By tenant and day, and then by kind."""


class Meter:
    """Counts what tenants use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._new: Amounts = {}
        self._writing: Amounts = {}
        # The one that was read longest ago stands first.
        self._known: dict[str, _Known] = {}
        self._reading: dict[str, asyncio.Task[_Known]] = {}
        self._left_out = 0
        self._tidied = 0

    def add(self, tenant: str, kind: str, amount: float) -> None:
        """Count what a tenant used, today. Never waits and never fails."""
        if amount > 0:
            self._count((tenant, day_of(time.time())), {kind: amount})
            usage_metrics.used.add(tenant, kind, amount)

    def used(self, kind: str, amount: float) -> None:
        """Count what the caller used: for its tenant, and as a part of the call that is served."""
        self.add(caller().tenant, kind, amount)
        if (one := tally()) is not None:
            one.add(kind, amount)

    async def today(self, tenant: str) -> Mapping[str, float]:
        """
        Return what a tenant has used today, by kind: what was written up to a second ago, and what was counted here.

        :raises StoreUnavailable: The database cannot be read.
        """
        day = day_of(time.time())
        known = self._known.get(tenant)
        if known is None or known.day != day or known.until <= time.monotonic():
            known = await self._read(tenant, day)
        totals = dict(known.amounts)
        for counted in (self._writing, self._new):
            _add_all(totals, counted.get((tenant, day), {}))
        return totals

    async def write(self) -> None:
        """
        Write what was counted.

        :raises StoreUnavailable: It cannot be written, and is kept for the next time.
        """
        if self._writing or not self._new:
            return
        self._writing, self._new = self._new, {}
        try:
            await self._database.write(self._transaction)
        except BaseException:
            failed, self._writing = self._writing, {}
            for key, amounts in failed.items():
                self._count(key, amounts)
            raise
        for (tenant, day), amounts in self._writing.items():
            if (known := self._known.get(tenant)) is not None and known.day == day:
                _add_all(known.amounts, amounts)
        self._writing = {}

    async def write_until(self, stopping: asyncio.Event) -> None:
        """Write once a second until an event is set, and then once more."""
        failing = False
        while True:
            await a_while(stopping, WRITE_SECONDS)
            try:
                await self.write()
                failing = False
            except StoreUnavailable as error:
                if not failing or stopping.is_set():
                    await _log.awarning("usage cannot be written", reason=error.message, left_out=self._left_out)
                failing = True
            if stopping.is_set():
                return

    def _count(self, key: tuple[str, int], amounts: Mapping[str, float]) -> None:
        if key not in self._new and len(self._new) >= MOST_NEW:
            self._left_out += 1
            return
        _add_all(self._new.setdefault(key, {}), amounts)

    def _transaction(self, connection: "Connection") -> None:
        # In one order, so that two processes do not wait for one another's rows.
        rows = [
            {"tenant": tenant, "kind": kind, "day": day, "amount": amount}
            for (tenant, day), amounts in sorted(self._writing.items())
            for kind, amount in sorted(amounts.items())
        ]
        connection.execute(sql(ADD), rows)
        today = day_of(time.time())
        if self._tidied != today:
            connection.execute(sql(FORGET), {"day": today - KEEP_DAYS})
            self._tidied = today

    async def _read(self, tenant: str, day: int) -> _Known:
        """Read a tenant's day; those who ask at one time share the answer."""
        if tenant not in self._reading:
            task = asyncio.create_task(self._read_once(tenant, day))
            self._reading[tenant] = task
            task.add_done_callback(lambda _: self._read_ended(tenant))
        return await asyncio.shield(self._reading[tenant])

    def _read_ended(self, tenant: str) -> None:
        task = self._reading.pop(tenant)
        if not task.cancelled():
            # Those who asked are told; that there may be none left is no defect.
            task.exception()

    async def _read_once(self, tenant: str, day: int) -> _Known:
        asked = time.monotonic()
        rows = await self._database.read(
            lambda connection: connection.execute(sql(OF_DAY), {"tenant": tenant, "day": day}).all()
        )
        known = _Known(day, asked + KNOWN_SECONDS, {row.kind: row.amount for row in rows})
        self._known.pop(tenant, None)
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[tenant] = known
        return known


def _add_all(totals: dict[str, float], amounts: Mapping[str, float]) -> None:
    for kind, amount in amounts.items():
        totals[kind] = totals.get(kind, 0.0) + amount


@asynccontextmanager
async def metering(database: Database) -> AsyncIterator[Meter]:
    """Yield a meter over a database, written once a second and at the end of the block."""
    meter, stopping = Meter(database), asyncio.Event()
    writing = asyncio.create_task(meter.write_until(stopping))
    try:
        yield meter
    finally:
        stopping.set()
        await writing


@asynccontextmanager
async def own_metering(settings: Settings) -> AsyncIterator[Meter]:
    """Yield a meter over the suite's database, for a service that needs no more of it."""
    async with opened(settings) as database, metering(database) as meter:
        yield meter
