"""
Who may say and hear what on NATS: a user for each service that uses it, made of what :mod:`host.streams` declares.

A service that is not here has no user and no connection: stages and the system service tell nothing by themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from host.nats_connection import inbox_of
from host.streams import DEAD_SUBJECT, EVENT_ROOT, JOBS_SUBJECT, Stream, owned_by, wake_subject


@dataclass(frozen=True, slots=True)
class Allowed:
    """
    What one user may do; everything else is refused.

    :param publish: Subjects that it may send to, with the wildcards of NATS.
    :param subscribe: Subjects that it may hear.
    """

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


KINDS: Mapping[str, tuple[str, ...]] = {
    "gateway": ("audit.*",),
    "validation": ("validation.*", "stage.*", "repair.*"),
    "sandbox": ("sandbox.*",),
    "events": (),
}
"""The kinds of events that each service tells of."""

TELLS: Mapping[str, tuple[str, ...]] = {
    "validation": (JOBS_SUBJECT, DEAD_SUBJECT, wake_subject("validation")),
    "events": (wake_subject("events"),),
}
"""What else it tells."""

HEARS: Mapping[str, tuple[str, ...]] = {
    "validation": (wake_subject("validation"),),
    "events": (wake_subject("events"),),
}
"""What it hears, besides answers and the messages of its streams, which come as answers."""


def allowed(service: str) -> Allowed:
    """Return what the user of a service may do; its name is that of the service in the catalog."""
    events = (f"{EVENT_ROOT}.*.{kind}" for kind in KINDS[service])
    api = (subject for stream in owned_by(service) for subject in _api(stream))
    return Allowed(
        publish=(*events, *TELLS.get(service, ()), *api),
        subscribe=(f"{inbox_of(service)}.>", *HEARS.get(service, ())),
    )


def users() -> dict[str, Allowed]:
    """Return every user by name."""
    return {service: allowed(service) for service in KINDS}


def _api(stream: Stream) -> Iterator[str]:
    """Yield where the owner of a stream asks JetStream for what it needs: to make it, and to take from its consumer."""
    yield f"$JS.API.STREAM.CREATE.{stream.name}"
    yield f"$JS.API.STREAM.UPDATE.{stream.name}"
    if stream.consumer is not None:
        consumer = f"{stream.name}.{stream.consumer.name}"
        yield f"$JS.API.CONSUMER.CREATE.{consumer}"
        yield f"$JS.API.CONSUMER.MSG.NEXT.{consumer}"
        yield f"$JS.ACK.{consumer}.>"
