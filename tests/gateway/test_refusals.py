"""How many refusals are recorded."""

from gateway.refusals import Refusals


def test_bounded() -> None:
    """Of many refusals within a second a few are recorded, and the next second's first says how many were left out."""
    now = 100.0
    refusals = Refusals(3, lambda: now)
    assert [refusals.left_out("a") for _ in range(10)] == [0, 0, 0, *[None] * 7]
    now = 101.5
    assert [refusals.left_out("a") for _ in range(4)] == [7, 0, 0, None]


def test_each_tenant_by_itself() -> None:
    """What one tenant is refused leaves the records of others their room."""
    refusals = Refusals(1, lambda: 5.0)
    assert [refusals.left_out(tenant) for tenant in ("", "", "a", "a", "b")] == [0, None, 0, None, 0]
