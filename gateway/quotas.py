"""What a tenant may use, what is refused, and when there is more: rules alone, without clock or store."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from assay.errors import AssayError, QuotaExceeded, RateLimited

RATE = "calls_per_second"
RUNS = "concurrent_runs"
STREAMS = "concurrent_streams"
SANDBOX_SECONDS = "sandbox_seconds_per_day"
BYTES = "bytes_per_day"
AI_MONEY = "ai_micro_usd_per_day"

DAY_SECONDS = 86_400
SLOT_SECONDS = 1.0
"""How long a call is taken to hold its slot before any has told."""

MOST_WAIT_SECONDS = 10.0
"""The longest that somebody is told to wait where the wait is for others' turns: the clients may be fewer by then."""

LOT_SECONDS = 0.2
"""How much of its rate a process takes from the shared store at one time."""

LOT_SHARE = 4
"""The largest lot: this part of what may come at once."""

SLOTS_SHARE = 8
"""The same of the slots."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one tenant may use; 0: without a bound. Names and units are those of the settings."""

    calls_per_second: float
    burst: int
    concurrent_runs: int
    concurrent_streams: int
    sandbox_seconds_per_day: float
    bytes_per_day: float
    ai_micro_usd_per_day: float

    @property
    def has_day(self) -> bool:
        """Whether anything is bounded by the day."""
        return bool(self.bytes_per_day or self.sandbox_seconds_per_day or self.ai_micro_usd_per_day)

    @property
    def lot(self) -> int:
        """How many calls a process is allowed at one time: what it holds of them no other process can give."""
        return max(1, min(self.burst // LOT_SHARE, math.floor(self.calls_per_second * LOT_SECONDS)))


def slots_lot(most: int) -> int:
    """Return how many of a tenant's slots a process takes at one time; all but one of a lot it may hold unused."""
    return max(1, most // SLOTS_SHARE)


@dataclass(frozen=True, slots=True)
class Bucket:
    """
    Calls that a tenant may make at once: a bucket of tokens, filled at its rate up to its burst.

    :param tokens: Those in it when it was last looked at.
    :param at: When that was, in seconds since 1970, by the clock of the database.
    """

    tokens: float
    at: float

    def filled(self, bounds: Bounds, now: float) -> "Bucket":
        """Return it as it is now. A clock that was set back fills nothing, and fills from then on."""
        added = max(0.0, now - self.at) * bounds.calls_per_second
        return Bucket(min(float(bounds.burst), self.tokens + added), now)

    def taken(self, most: int) -> tuple[int, "Bucket"]:
        """Return how many whole tokens can be taken, up to a number, and what is left."""
        count = max(0, min(most, math.floor(self.tokens)))
        return count, Bucket(self.tokens - count, self.at)

    def seconds_until_next(self, bounds: Bounds) -> float:
        """Return how long it takes until there is a whole token."""
        return max(0.0, 1.0 - self.tokens) / bounds.calls_per_second


class Delays:
    """
    When those who are refused are to come back: one after another, at the pace at which there is more.

    Told the same, they would all come back at one time, and all but one of them in vain.
    """

    def __init__(self) -> None:
        self._last = 0.0

    def next(self, now: float, wait: float, pace: float) -> float:
        """
        Return how long one more is to wait, in seconds.

        :param now: By a clock that never goes back.
        :param wait: Until there is more.
        :param pace: Until there is more again, each time.
        """
        self._last = min(max(now + wait, self._last + pace), now + wait + MOST_WAIT_SECONDS)
        return self._last - now


def too_often(bounds: Bounds, wait: float) -> RateLimited:
    """Return the refusal of a call that came too soon; in ``wait`` seconds there is more."""
    rate, burst = bounds.calls_per_second, bounds.burst
    return RateLimited(
        f"more than {rate:g} calls a second, after {burst} at once",
        metadata={"quota": RATE, "limit": f"{rate:g}"},
        retry_after=round(max(wait, 0.001), 3),
    )


def too_many(quota: str, most: int, wait: float) -> QuotaExceeded:
    """Return the refusal of a call for which no slot is free; in ``wait`` seconds there may be one."""
    what = "calls that run code" if quota == RUNS else "calls"
    return QuotaExceeded(
        f"{most} {what} are under way already",
        metadata={"quota": quota, "limit": str(most)},
        retry_after=round(max(wait, 0.001), 3),
    )


def used_up(bounds: Bounds, used: Mapping[str, float], now: float, *, spends: bool) -> AssayError | None:
    """
    Return the refusal where a quota of the day is used up; None where there is more.

    :param used: What was used today, by the names of the quotas.
    :param now: Seconds since 1970; days are those of UTC.
    :param spends: Whether the call can use sandbox time or AI; others are bounded by bytes alone.
    """
    for quota in (BYTES, SANDBOX_SECONDS, AI_MONEY) if spends else (BYTES,):
        limit = getattr(bounds, quota)
        if limit and used.get(quota, 0.0) >= limit:
            return QuotaExceeded(
                f"the quota {quota} of {limit:g} is used up for today",
                metadata={"quota": quota, "limit": f"{limit:.0f}", "used": f"{used[quota]:.0f}"},
                retry_after=float(math.ceil(DAY_SECONDS - now % DAY_SECONDS)),
            )
    return None
