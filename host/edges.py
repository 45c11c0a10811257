"""
The edges of the suite: which service calls which, and which of them use the database and NATS.

Whoever deploys it opens these ways and no others: tokens that are trusted, networks that are shared, policies of a
network. A test compares them with the deployments that are shipped.
"""

from collections.abc import Mapping, Sequence

from host.catalog import GATEWAY, stage_names

DATABASE: Sequence[str] = (GATEWAY, "validation", "events", "system", "sandbox")
"""Those that use the database."""

NATS: Sequence[str] = (GATEWAY, "validation", "events", "sandbox")
"""Those that tell of what happens, and those that hear of it."""


def calls() -> Mapping[str, Sequence[str]]:
    """
    Return whom each service calls, by the names of the catalog; one that is missing calls nobody.

    :raises host.catalog.BrokenCatalog: A plug-in takes a name that is taken.
    """
    return {
        GATEWAY: ("validation", "sandbox", "events", "system"),
        "system": ("validation", "sandbox", GATEWAY),
        "validation": stage_names(),
        "execution": ("sandbox",),
    }


def callers(name: str) -> Sequence[str]:
    """Return who calls a service: those whose tokens it has to trust."""
    return tuple(caller for caller, called in calls().items() if name in called)
