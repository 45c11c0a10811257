"""Whose queued validation is begun next: turns go round the tenants, however much each of them has queued."""

from collections.abc import Mapping

MOST_REMEMBERED = 10_000
"""Tenants of which it is known when they had their last turn."""


class Rota:
    """
    Chooses tenants, one after another.

    The one whose queued validations are made least at this time is next, among those the one whose last turn is
    longest ago. A tenant that was chosen is not chosen again until what it was chosen for has begun.
    """

    def __init__(self) -> None:
        self._chosen: set[str] = set()
        # When each had its last turn; the one whose is longest ago is first.
        self._last: dict[str, int] = {}
        self._turns = 0

    def choose(self, waiting: Mapping[str, int]) -> str | None:
        """
        Return whose turn it is; None where nobody is to be chosen.

        :param waiting: How many validations of each tenant are made, of those that have another one waiting; the one
            that has waited longest is first.
        """
        free = [tenant for tenant in waiting if tenant not in self._chosen]
        if not free:
            return None
        tenant = min(free, key=lambda one: (waiting[one], self._last.get(one, 0)))
        self._turns += 1
        self._chosen.add(tenant)
        self._last.pop(tenant, None)
        self._last[tenant] = self._turns
        if len(self._last) > MOST_REMEMBERED:
            del self._last[next(iter(self._last))]
        return tenant

    def begun(self, tenant: str) -> None:
        """Let a tenant be chosen again."""
        self._chosen.discard(tenant)
