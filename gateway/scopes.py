"""What a key can allow: the scopes of the contract, and a few of the gateway's own."""

from collections.abc import Iterable

from assay.errors import InvalidArgument

from gateway.contract import scopes

EVERYTHING = "*"
"""Allows all there is, and all that comes later."""

METRICS_READ = "metrics:read"
"""The figures of the whole process, of all tenants."""

AUDIT_READ = "audit:read"
"""Events of the kinds "audit.*", of the key's own tenant."""


def grantable() -> tuple[str, ...]:
    """Return every scope that a key can have, in order."""
    return tuple(sorted({*scopes(), METRICS_READ, AUDIT_READ, EVERYTHING}))


def granted(names: Iterable[str], field: str = "scopes") -> frozenset[str]:
    """
    Return scopes that somebody asks for, checked.

    :param field: What the error names.
    :raises InvalidArgument: There are none, or one of them does not exist.
    """
    asked = frozenset(names)
    unknown = sorted(asked - set(grantable()))
    if unknown:
        raise InvalidArgument(field, f"there is no scope {unknown[0]!r}; there are {', '.join(grantable())}")
    if not asked:
        raise InvalidArgument(field, f"a key has at least one scope, of {', '.join(grantable())}")
    return asked
