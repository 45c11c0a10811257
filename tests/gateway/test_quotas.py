"""The rules of quotas: buckets that fill, lots, and what is used up until when."""

import pytest
from assay.errors import QuotaExceeded, RateLimited

from gateway.quotas import MOST_WAIT_SECONDS, Bucket, Delays, slots_lot, too_many, too_often, used_up
from tests.gateway.quotas_setup import bounds


def test_bucket() -> None:
    """A bucket fills at its rate up to its burst, and gives whole tokens only."""
    rate = bounds(calls_per_second=2, burst=5)
    bucket = Bucket(0.0, 100.0).filled(rate, 100.75)
    assert bucket == Bucket(1.5, 100.75)
    assert bucket.taken(4) == (1, Bucket(0.5, 100.75))
    assert bucket.filled(rate, 1000.0) == Bucket(5.0, 1000.0)
    assert Bucket(0.5, 100.0).seconds_until_next(rate) == 0.25
    assert Bucket(3.0, 100.0).seconds_until_next(rate) == 0.0


def test_clock_that_is_set_back() -> None:
    """A clock that was set back fills nothing, and fills again from then on: nobody waits until it has caught up."""
    rate = bounds(calls_per_second=10, burst=100)
    bucket = Bucket(0.0, 100.0).filled(rate, 90.0)
    assert bucket == Bucket(0.0, 90.0)
    assert bucket.filled(rate, 91.0) == Bucket(10.0, 91.0)


@pytest.mark.parametrize(
    ("rate", "burst", "lot"), [(50, 100, 10), (1, 100, 1), (1000, 100, 25), (5, 1, 1), (0.01, 1, 1)]
)
def test_lot(rate: float, burst: int, lot: int) -> None:
    """A lot is a small part of what may come at once, and at least one call."""
    assert bounds(calls_per_second=rate, burst=burst).lot == lot


def test_lot_of_slots() -> None:
    """A lot of slots is a small part of them, and a single one where there are few."""
    assert [slots_lot(most) for most in (1, 4, 8, 16, 64)] == [1, 1, 1, 2, 8]


@pytest.mark.parametrize(
    ("used", "spends", "quota"),
    [
        ({}, True, None),
        ({"bytes_per_day": 99}, True, None),
        ({"bytes_per_day": 100}, False, "bytes_per_day"),
        ({"sandbox_seconds_per_day": 10.5}, True, "sandbox_seconds_per_day"),
        ({"sandbox_seconds_per_day": 10.5}, False, None),
        ({"ai_micro_usd_per_day": 10**9}, True, None),
    ],
)
def test_used_up(used: dict[str, float], spends: bool, quota: str | None) -> None:
    """What is used up is refused until midnight of UTC to those who would use it; what has no bound never is."""
    most = bounds(bytes_per_day=100, sandbox_seconds_per_day=10)
    refusal = used_up(most, used, 86_400 * 3 + 86_000.0, spends=spends)
    if quota is None:
        assert refusal is None
    else:
        assert isinstance(refusal, QuotaExceeded)
        assert refusal.metadata["quota"] == quota
        assert refusal.retry_after == 400


def test_one_after_another() -> None:
    """Those who are refused at one time come back one after another, those much later not later for it."""
    delays = Delays()
    assert [round(delays.next(100.0, 0.5, 0.25), 3) for _ in range(4)] == [0.5, 0.75, 1.0, 1.25]
    assert delays.next(200.0, 0.5, 0.25) == 0.5
    assert max(delays.next(200.0, 0.5, 0.25) for _ in range(1000)) == 0.5 + MOST_WAIT_SECONDS


def test_refusals_say_when() -> None:
    """Every refusal names its quota and limit, and says when to come back."""
    often, many = too_often(bounds(calls_per_second=5, burst=2), 0.1234567), too_many("concurrent_runs", 3, 1.5)
    assert isinstance(often, RateLimited)
    assert (often.metadata, often.retry_after) == ({"quota": "calls_per_second", "limit": "5"}, 0.123)
    assert (many.metadata, many.retry_after) == ({"quota": "concurrent_runs", "limit": "3"}, 1.5)
