"""On whose behalf a call is served: what the door or a token says, for whoever stores, counts or tells something."""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOCAL_TENANT = "local"
"""The tenant of calls on a private socket that name none: the suite of one person on one machine."""

SYSTEM_TENANT = "system"
"""The tenant of what the suite does for itself, for example a check of its own health. No key can have it."""

TENANT_HEADER = "x-assay-tenant"
"""Names the tenant to a service that trusts its caller: on a private socket alone. Everywhere else it is ignored, and a
token says it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who calls.

    :param tenant: Whose data and whose quota it is about.
    :param name: What calls, for a person: a key's id, a certificate's name, a service. Empty: not known.
    :param scopes: What it may do; "*" is everything. The door checks them; inside they decide only what is told.
    """

    tenant: str = LOCAL_TENANT
    name: str = ""
    scopes: frozenset[str] = frozenset({"*"})

    def may(self, scope: str) -> bool:
        """Say whether the caller may do what a scope stands for."""
        return scope in self.scopes or "*" in self.scopes


_caller: contextvars.ContextVar[Caller | None] = contextvars.ContextVar("assay_caller", default=None)


def caller() -> Caller:
    """Return who calls; outside of a call, and where nothing tells, the local tenant."""
    return _caller.get() or Caller()


@contextmanager
def acting_for(who: Caller) -> Iterator[None]:
    """Serve what is done in the block, and the calls that it makes, on somebody's behalf."""
    token = _caller.set(who)
    try:
        yield
    finally:
        try:
            _caller.reset(token)
        except ValueError:
            # A response stream that is torn down by another task has left its context already.
            _caller.set(None)
