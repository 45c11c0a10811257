"""
What this process may allow tenants, taken from the shared database in small lots, so that a call usually asks nobody.

Calls: a process holds up to one lot of a tenant's calls (:attr:`gateway.quotas.Bounds.lot`). So with several processes
a tenant can make, beyond its rate, its burst and one lot for each process; no more, however its calls are spread.

Slots: what all processes hold together is never more than the bound. A process keeps up to one less than a lot
(:func:`gateway.quotas.slots_lot`) that nobody uses, for a second; so another one may refuse a call while that many are
free. What a process held that was lost comes back when its lease runs out, by the clock of the database. Only where a
process cannot reach the database for that long, or that clock is set, are there as many calls under way beyond the
bound until the leases are renewed.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

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


class _Leased:
    """What this process holds of one tenant's, and the one transaction at a time that takes more for all who wait."""

    def __init__(self) -> None:
        self.held = 0
        self.waiting = 0
        self.none_until = 0.0
        """Until then it is believed that there is no more to be had."""
        self.delays = Delays()
        self.lock = asyncio.Lock()
        """Held by who writes how many are held."""
        self._taking: asyncio.Task[int] | None = None

    @property
    def is_full(self) -> bool:
        """Whether there is no more to be had, as far as is known."""
        return time.monotonic() < self.none_until

    @property
    def is_changing(self) -> bool:
        """Whether somebody waits, or how many are held is being written."""
        return bool(self.waiting) or self._taking is not None or self.lock.locked()

    async def take(self, more: Callable[[], Coroutine[None, None, int]]) -> int:
        """Take more, with all who want to at this time, and return how many there were for them together."""
        # One that is done, and whose end was not told yet, took nothing for who comes now: to wait for it would be no
        # wait, and who asks again and again until there is something would never let the event loop go on.
        if self._taking is None or self._taking.done():
            self._taking = asyncio.create_task(more())
            self._taking.add_done_callback(self._taken)
        # Who gives up waiting does not stop it: others wait too, and what was taken must be known here.
        return await asyncio.shield(self._taking)

    async def settle(self) -> None:
        """Wait for what is being taken."""
        if self._taking is not None:
            await asyncio.wait({self._taking})

    def _taken(self, task: asyncio.Task[int]) -> None:
        if self._taking is task:
            self._taking = None
        if not task.cancelled():
            # Those who waited are told; that there may be none left is no defect.
            task.exception()


class _Calls(_Leased):
    """Calls of one tenant."""

    def refusal(self, bounds: Bounds) -> RateLimited:
        """Return the refusal of one more call."""
        now = time.monotonic()
        wait = max(0.0, self.none_until - now)
        return too_often(bounds, self.delays.next(now, wait, 1 / bounds.calls_per_second))


class _Slots(_Leased):
    """Slots of one tenant and quota."""

    def __init__(self, key: dict[str, str]) -> None:
        super().__init__()
        self.key = key
        self.used = 0
        self.is_written = True
        """Whether the database says the same of what is held."""
        self.is_idle = False
        """Whether none was taken since it was last looked at."""
        self.mean_seconds = SLOT_SECONDS
        """How long one is used, the last ones counting most."""

    def refusal(self, most: int) -> QuotaExceeded:
        """Return the refusal of one more call."""
        pace = self.mean_seconds / most
        return too_many(self.key["quota"], most, self.delays.next(time.monotonic(), pace, pace))


class Allowances:
    """Allows tenants calls and slots."""

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
        calls.waiting += 1
        try:
            while not calls.held:
                if calls.is_full or not await calls.take(lambda: self._take_calls(tenant, calls, bounds)):
                    raise calls.refusal(bounds)
            calls.held -= 1
        finally:
            calls.waiting -= 1

    async def _take_calls(self, tenant: str, calls: _Calls, bounds: Bounds) -> int:
        """Take a lot, enough for all who wait."""
        want = max(bounds.lot, calls.waiting)
        taken, wait = await self._database.write(lambda connection: store.take_calls(connection, tenant, bounds, want))
        calls.held += taken
        if not taken:
            calls.none_until = time.monotonic() + wait
        return taken

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
        slots = self._slots.get((tenant, quota))
        if slots is None:
            slots = self._slots[tenant, quota] = _Slots({"owner": self._owner, "tenant": tenant, "quota": quota})
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
            while slots.used >= slots.held:
                if slots.is_full or not await slots.take(lambda: self._take_slots(slots, most)):
                    raise slots.refusal(most)
            slots.used += 1
            slots.is_idle = False
        finally:
            slots.waiting -= 1

    async def _take_slots(self, slots: _Slots, most: int) -> int:
        """Take a lot, enough for all who wait."""
        async with slots.lock:
            held, want = slots.held, max(slots_lot(most), slots.waiting)
            slots.is_written = False
            taken = await self._database.write(
                lambda connection: store.take_slots(
                    connection, slots.key, held=held, want=want, most=most, lease=LEASE_SECONDS
                )
            )
            slots.held += taken
            slots.is_written = True
        if not taken:
            slots.none_until = time.monotonic() + FULL_SECONDS
        return taken

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
            slots.none_until = 0.0
            held = slots.held
            slots.is_written = False
            with suppress(StoreUnavailable):
                await self._database.write(
                    lambda connection: store.set_held(connection, slots.key, held, LEASE_SECONDS)
                )
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
            if slots.is_changing:
                continue
            if slots.is_idle or not slots.is_written:
                await self._give_back(slots, 0 if slots.is_idle else slots.held)
            if not (slots.held or slots.is_changing) and slots.is_written:
                del self._slots[name]
            slots.is_idle = True

    async def _renew(self) -> None:
        held = sum(1 for slots in self._slots.values() if slots.held)
        try:
            found = await self._database.write(lambda connection: store.renew(connection, self._owner, LEASE_SECONDS))
        except StoreUnavailable as error:
            await _log.awarning("slots cannot be renewed", reason=error.message)
            return
        if found < held:
            # They had run out, and others have forgotten them: written again as they are.
            for slots in self._slots.values():
                slots.is_written = False

    async def close(self) -> None:
        """Give back everything."""
        for leased in (*self._calls.values(), *self._slots.values()):
            await leased.settle()
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
