"""What tenants use, as metrics: counted where it happens in this process, by no more tenants than can be told apart."""

from collections.abc import Sequence

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

MOST_TENANTS = 200
"""Tenants that are told apart: the first that use something. Counters must not go down, so none of them gives way."""

OTHERS = "(others)"
"""All further ones together. No tenant can be called that."""


class UsageCounts:
    """What was used since the process was started, by tenant and kind."""

    def __init__(self) -> None:
        self._tenants: set[str] = set()
        self._amounts: dict[tuple[str, str], float] = {}

    def add(self, tenant: str, kind: str, amount: float) -> None:
        """Count what was used. Costs next to nothing: it is told only when somebody asks."""
        if tenant not in self._tenants:
            if len(self._tenants) < MOST_TENANTS:
                self._tenants.add(tenant)
            else:
                tenant = OTHERS
        self._amounts[tenant, kind] = self._amounts.get((tenant, kind), 0.0) + amount

    def observe(self, _: CallbackOptions) -> Sequence[Observation]:
        """Tell what was used. May be called by another thread."""
        return [
            Observation(amount, {"tenant": tenant, "kind": kind})
            for (tenant, kind), amount in list(self._amounts.items())
        ]


used = UsageCounts()
"""Of this process."""

metrics.get_meter("assay.host").create_observable_counter(
    "assay.usage", [used.observe], description="What tenants used, by kind, in the unit of the kind."
)
