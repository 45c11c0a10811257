"""What tenants are allowed, in the shared database: each function is a part of a transaction that writes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.quotas import Bounds, Bucket
from host.database import clock, sql, try_lock

if TYPE_CHECKING:
    from host.database import Connection

# Inserts the row, or writes it as it is: either locks it until the transaction ends.
LOCK = """
    INSERT INTO gateway_calls (tenant, tokens, filled) VALUES (:tenant, :burst, :now)
    ON CONFLICT (tenant) DO UPDATE SET tenant = excluded.tenant
"""
BUCKET = "SELECT tokens, filled FROM gateway_calls WHERE tenant = :tenant"
SET_BUCKET = "UPDATE gateway_calls SET tokens = :tokens, filled = :filled WHERE tenant = :tenant"
HELD_BY_OTHERS = """
    SELECT COALESCE(SUM(held), 0) FROM gateway_slots
    WHERE tenant = :tenant AND quota = :quota AND owner <> :owner AND expires > :now AND expires <= :latest
"""
SET_HELD = """
    INSERT INTO gateway_slots (owner, tenant, quota, held, expires) VALUES (:owner, :tenant, :quota, :held, :expires)
    ON CONFLICT (owner, tenant, quota) DO UPDATE SET held = excluded.held, expires = excluded.expires
"""
FORGET_HELD = "DELETE FROM gateway_slots WHERE owner = :owner AND tenant = :tenant AND quota = :quota"
RENEW = "UPDATE gateway_slots SET expires = :expires WHERE owner = :owner"
FORGET_OWNER = "DELETE FROM gateway_slots WHERE owner = :owner"
FORGET_LOST = "DELETE FROM gateway_slots WHERE expires <= :now OR expires > :latest"


def take_calls(connection: "Connection", tenant: str, bounds: Bounds, want: int) -> tuple[int, float]:
    """
    Take calls out of a tenant's bucket.

    :returns: How many there were, up to those wanted; and the seconds until there is another.
    """
    now = _locked(connection, tenant, bounds.burst)
    row = connection.execute(sql(BUCKET), {"tenant": tenant}).one()
    count, left = Bucket(row.tokens, row.filled).filled(bounds, now).taken(want)
    connection.execute(sql(SET_BUCKET), {"tenant": tenant, "tokens": left.tokens, "filled": left.at})
    return count, left.seconds_until_next(bounds)


def take_slots(
    connection: "Connection", key: Mapping[str, str], *, held: int, want: int, most: int, lease: float
) -> int:
    """
    Take slots of a tenant for a process, and return how many there were, up to those wanted.

    :param key: The ``owner``, the ``tenant`` and the ``quota``.
    :param held: How many the process has already.
    :param most: How many there are for all processes.
    :param lease: Seconds for which they are held without a word.
    """
    now = _locked(connection, key["tenant"], 0)
    others = connection.execute(sql(HELD_BY_OTHERS), {**key, "now": now, "latest": _latest(now, lease)}).scalar_one()
    granted: int = max(0, min(want, most - others - held))
    set_held(connection, key, held + granted, lease)
    return granted


def set_held(connection: "Connection", key: Mapping[str, str], held: int, lease: float) -> None:
    """Write down how many slots of a tenant a process holds, for so many seconds."""
    if held:
        connection.execute(sql(SET_HELD), {**key, "held": held, "expires": clock(connection) + lease})
    else:
        connection.execute(sql(FORGET_HELD), key)


def renew(connection: "Connection", owner: str, lease: float) -> int:
    """Hold all slots of a process for longer, and forget those of lost ones; return of how many tenants it has any."""
    now = clock(connection)
    found = connection.execute(sql(RENEW), {"owner": owner, "expires": now + lease}).rowcount
    if try_lock(connection, "forget lost slots"):
        connection.execute(sql(FORGET_LOST), {"now": now, "latest": _latest(now, lease)})
    return found


def leave(connection: "Connection", owner: str) -> None:
    """Give back all slots of a process."""
    connection.execute(sql(FORGET_OWNER), {"owner": owner})


def _latest(now: float, lease: float) -> float:
    """Return when at the latest a lease runs out; one that does later was given before the clock was set back."""
    # Another process may have looked at the clock after this one, and have written what this one comes to see.
    return now + 2 * lease


def _locked(connection: "Connection", tenant: str, burst: int) -> float:
    """Lock what a tenant has until the transaction ends, and return what time it is then."""
    connection.execute(sql(LOCK), {"tenant": tenant, "burst": float(burst), "now": clock(connection)})
    return clock(connection)
