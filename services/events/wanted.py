"""Which events a subscriber hears of: one pure predicate."""

from dataclasses import dataclass

from services.events.store import Stored

AUDIT = "audit."
"""How the kinds of events begin that tell who did what: only those hear of them who may."""

AUDIT_SCOPE = "audit:read"
"""The scope that allows it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What a subscriber wants to hear of, and may.

    :param kinds: Kinds, or beginnings of kinds with ".*"; none: all.
    :param project: Empty: all, and what belongs to none.
    :param resource: Empty: all.
    :param audits: Whether it may hear of who did what.
    """

    kinds: tuple[str, ...] = ()
    project: str = ""
    resource: str = ""
    audits: bool = False

    def takes(self, event: Stored) -> bool:
        """Return whether the subscriber hears of an event."""
        if event.kind.startswith(AUDIT) and not self.audits:
            return False
        return (
            self.project in {"", event.project}
            and self.resource in {"", event.resource}
            and (not self.kinds or any(_stands_for(kind, event.kind) for kind in self.kinds))
        )


def _stands_for(named: str, kind: str) -> bool:
    return kind.startswith(named[:-1]) if named.endswith(".*") else kind == named
