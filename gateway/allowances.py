"""
What this process may allow tenants, taken from the shared database in small lots, so that a call usually asks nobody.

Calls: a process holds up to one lot of a tenant's calls (:attr:`gateway.quotas.Bounds.lot`). So with several processes
a tenant can make, beyond its rate, its burst and one lot for each process; no more, however its calls are spread.

Slots: what all processes hold together is never more than the bound. A process keeps up to one less than a lot
(:func:`gateway.quotas.slots_lot`) that nobody uses, for a second; so another one may refuse a call while that many are
free. What a process held that was lost comes back when its lease runs out. Only where a process cannot reach the
database for that long, or the clocks of two differ by more, are there as many calls under way beyond the bound.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from assay.errors import QuotaExceeded, RateLimited, StoreUnavailable

from gateway import allowance_store as store
from gateway.quotas import SLOT_SECONDS, Bounds, Delays, slots_lot, too_many, too_often
from host.database import Database

_log = structlog.get_logger("assay.gateway")

LEASE_SECONDS = 15.0
"""How long slots are held without a word."""

RENEW_SECONDS = 5.0
"""How often that word is given."""

LOOK_SECONDS = 1.0
"""How often it is looked for slots that nobody used since."""

FULL_SECONDS = 0.05
"""How long it is believed that all slots are taken: so a flood of calls does not become one of transactions."""

MEAN_SHARE = 0.2
"""How much the last one counts in the mean of how long slots are held."""

LEAVE_SECONDS = 0.25
"""How long the end of a call waits until a slot is given back, which goes on without it."""

MOST_TENANTS = 10_000
"""Tenants whose calls are held; of one more, those of the tenant that called longest ago are let go."""


@dataclass(slots=True)
class _Calls:
    """Calls of one tenant that this process may take; ``none_until`` it knows that there are no more."""

    held: int = 0
    waiting: int = 0
    none_until: float = 0.0
    delays: Delays = field(default_factory=Delays)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def check(self, bounds: Bounds) -> None:
        """Refuse a call where there are no more, as far as is known."""
        if time.monotonic() < self.none_until:
            raise self.refusal(bounds)

    def refusal(self, bounds: Bounds) -> RateLimited:
        """Return the refusal of one more call."""
        now = time.monotonic()
        wait = max(0.0, self.none_until - now)
        return too_often(bounds, self.delays.next(now, wait, 1 / bounds.calls_per_second))


@dataclass(slots=True)
class _Slots:
    """
    Slots of one tenant that this process holds.

    :param is_written: Whether the database says the same.
    :param is_idle: Whether none was taken since it was last looked at.
    :param mean_seconds: How long slots are held, the last ones counting most.
    """

    key: dict[str, str]
    held: int = 0
    used: int = 0
    waiting: int = 0
    is_written: bool = True
    is_idle: bool = False
    full_until: float = 0.0
    mean_seconds: float = SLOT_SECONDS
    delays: Delays = field(default_factory=Delays)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def check(self, most: int) -> None:
        """Refuse a call where all slots are taken, as far as is known."""
        if time.monotonic() < self.full_until:
            raise self.refusal(most)

    def refusal(self, most: int) -> QuotaExceeded:
        """Return the refusal of one more call."""
        pace = self.mean_seconds / most
        return too_many(self.key["quota"], most, self.delays.next(time.monotonic(), pace, pace))


class Allowances:
    """
    Allows tenants calls and slots.

    :param database: Has the tables; see :func:`gateway.allowance_store.prepare`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = secrets.token_hex(16)
        # Those of the tenant that called longest ago stand first.
        self._calls: dict[str, _Calls] = {}
        self._slots: dict[tuple[str, str], _Slots] = {}
        self._giving_back: set[asyncio.Task[None]] = set()

    async def call(self, tenant: str, bounds: Bounds) -> None:
        """
        Allow one call.

        :raises RateLimited: The tenant called as often as it may.
        :raises StoreUnavailable: The database cannot be used.
        """
        if not bounds.calls_per_second:
            return
        calls = self._calls.pop(tenant, None) or _Calls()
        if len(self._calls) >= MOST_TENANTS:
            del self._calls[next(iter(self._calls))]
        self._calls[tenant] = calls
        if not calls.held:
            await self._take_calls(tenant, calls, bounds)
        calls.held -= 1

    async def _take_calls(self, tenant: str, calls: _Calls, bounds: Bounds) -> None:
        """Take a lot, enough for all who wait for one, unless somebody did meanwhile."""
        calls.waiting += 1
        try:
            async with calls.lock:
                if calls.held:
                    return
                calls.check(bounds)
                want, now = max(bounds.lot, calls.waiting), time.time()
                calls.held, wait = await self._database.write(
                    lambda connection: store.take_calls(connection, tenant, bounds, want, now)
                )
                if not calls.held:
                    calls.none_until = time.monotonic() + wait
                    raise calls.refusal(bounds)
        finally:
            calls.waiting -= 1

    @asynccontextmanager
    async def slot(self, tenant: str, quota: str, most: int) -> AsyncIterator[None]:
        """
        Hold a slot for the block.

        :param quota: Of which the slots are.
        :param most: How many there are; 0: no bound.
        :raises QuotaExceeded: There is none.
        :raises StoreUnavailable: The database cannot be used.
        """
        if not most:
            yield
            return
        slots = self._slots.setdefault(
            (tenant, quota), _Slots({"owner": self._owner, "tenant": tenant, "quota": quota})
        )
        await self._enter(slots, most)
        since = time.monotonic()
        try:
            yield
        finally:
            slots.mean_seconds += MEAN_SHARE * (time.monotonic() - since - slots.mean_seconds)
            await self._leave(slots, slots_lot(most) - 1)

    async def _enter(self, slots: _Slots, most: int) -> None:
        slots.waiting += 1
        try:
            if slots.used >= slots.held:
                slots.check(most)
                async with slots.lock:
                    await self._take_slots(slots, most)
            slots.used += 1
            slots.is_idle = False
        finally:
            slots.waiting -= 1

    async def _take_slots(self, slots: _Slots, most: int) -> None:
        """Take a lot, unless one became free meanwhile."""
        if slots.used < slots.held:
            return
        slots.check(most)
        held, now = slots.held, time.time()
        want = max(slots_lot(most), slots.waiting)
        # Where this call is given up now, the database says of more slots than are used here.
        slots.is_written = False
        granted = await self._database.write(
            lambda connection: store.take_slots(
                connection, slots.key, held=held, want=want, most=most, now=now, expires=now + LEASE_SECONDS
            )
        )
        slots.is_written = True
        slots.held += granted
        if slots.used >= slots.held:
            slots.full_until = time.monotonic() + FULL_SECONDS
            raise slots.refusal(most)

    async def _leave(self, slots: _Slots, keep: int) -> None:
        slots.used -= 1
        if slots.held - slots.used <= keep:
            return
        task = asyncio.create_task(self._give_back(slots, keep))
        self._giving_back.add(task)
        task.add_done_callback(self._giving_back.discard)
        # Before the call ends, so that the caller's next one finds it free, through whichever process that comes.
        await asyncio.wait({task}, timeout=LEAVE_SECONDS)

    async def _give_back(self, slots: _Slots, keep: int) -> None:
        """Let others have what is held and not used, but for so many."""
        async with slots.lock:
            surplus = slots.held - slots.used - keep
            if surplus <= 0 and slots.is_written:
                return
            # From now on nobody here takes them; where it cannot be written, it is tried again.
            slots.held -= max(surplus, 0)
            slots.full_until = 0.0
            held, expires = slots.held, time.time() + LEASE_SECONDS
            slots.is_written = False
            with suppress(StoreUnavailable):
                await self._database.write(lambda connection: store.set_held(connection, slots.key, held, expires))
                slots.is_written = True

    async def keep(self) -> None:
        """Hold the leases, and give back what nobody used for a second; until cancelled."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._tidy()
            if self._slots and time.monotonic() - renewed >= RENEW_SECONDS:
                renewed = time.monotonic()
                await self._renew()

    async def _tidy(self) -> None:
        for name, slots in list(self._slots.items()):
            if slots.waiting or slots.lock.locked():
                continue
            if slots.is_idle or not slots.is_written:
                await self._give_back(slots, 0 if slots.is_idle else slots.held)
            if not (slots.held or slots.waiting) and slots.is_written:
                del self._slots[name]
            slots.is_idle = True

    async def _renew(self) -> None:
        now = time.time()
        held = sum(1 for slots in self._slots.values() if slots.held)
        try:
            found = await self._database.write(
                lambda connection: store.renew(connection, self._owner, now, now + LEASE_SECONDS)
            )
        except StoreUnavailable as error:
            await _log.awarning("slots cannot be renewed", reason=error.message)
            return
        if found < held:
            # They had run out, and others have forgotten them: written again as they are.
            for slots in self._slots.values():
                slots.is_written = False

    async def close(self) -> None:
        """Give back everything."""
        await asyncio.gather(*self._giving_back, return_exceptions=True)
        with suppress(StoreUnavailable):
            await self._database.write(lambda connection: store.leave(connection, self._owner))


@asynccontextmanager
async def allowing(database: Database) -> AsyncIterator[Allowances]:
    """Yield allowances from a database, kept until the block is left."""
    allowances = Allowances(database)
    keeping = asyncio.create_task(allowances.keep())
    try:
        yield allowances
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await allowances.close()
