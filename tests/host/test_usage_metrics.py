"""What tenants use, as metrics."""

from opentelemetry.metrics import CallbackOptions

from host.caller import is_tenant
from host.usage_metrics import MOST_TENANTS, OTHERS, UsageCounts


def told(counts: UsageCounts) -> dict[tuple[object, object], float]:
    """Return what is told, by tenant and kind."""
    return {
        ((one.attributes or {})["tenant"], (one.attributes or {})["kind"]): one.value
        for one in counts.observe(CallbackOptions())
    }


def test_by_tenant_and_kind() -> None:
    """What is used adds up, for each tenant and kind by itself."""
    counts = UsageCounts()
    for tenant, kind, amount in (("a", "calls", 1), ("a", "calls", 2), ("a", "bytes", 5), ("b", "calls", 1)):
        counts.add(tenant, kind, amount)
    assert told(counts) == {("a", "calls"): 3, ("a", "bytes"): 5, ("b", "calls"): 1}


def test_many_tenants() -> None:
    """Tenants beyond those that can be told apart are one, whose name nobody can have; the first keep theirs."""
    counts = UsageCounts()
    for _ in range(2):
        for number in range(MOST_TENANTS + 50):
            counts.add(f"t{number}", "calls", 1)
    found = told(counts)
    assert len(found) == MOST_TENANTS + 1
    assert (found["t0", "calls"], found[OTHERS, "calls"]) == (2, 100)
    assert not is_tenant(OTHERS)
