"""On whose behalf a call is served: what the door or a token says, for whoever stores, counts or tells something."""

import contextvars
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOCAL_TENANT = "local"
"""The tenant of calls on a private socket that name none: the suite of one person on one machine."""

SYSTEM_TENANT = "system"
"""The tenant of what the suite does for itself, for example a check of its own health. No key can have it."""

MAX_TENANT = 64
"""Characters of a tenant's name."""

_TENANT = re.compile(rf"[A-Za-z0-9._-]{{1,{MAX_TENANT}}}")

TENANT_HEADER = "x-assay-tenant"
"""Names the tenant to a service that trusts its caller: on a private socket alone. Everywhere else it is ignored, and a
token says it."""

NAME_HEADER = "x-assay-caller"
"""Names the caller within the tenant, in the same way: percent-encoded."""

SCOPES_HEADER = "x-assay-scopes"
"""Tells what the caller may do, in the same way: scopes with spaces between them."""


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


def is_tenant(name: str) -> bool:
    """Say whether a tenant can have this name: a few plain characters, which mean nothing anywhere."""
    return _TENANT.fullmatch(name) is not None


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
