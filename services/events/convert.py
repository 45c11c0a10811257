"""Between events as they are told, as they are kept, and as the contract has them."""

from assay.errors import InvalidArgument, PermissionDenied
from assay.v1 import event_pb2

from host.caller import Caller
from host.events.bounds import MAX_NAME, MAX_TEXT, bounded
from host.events.port import Event
from services.events.store import Stored
from services.events.wanted import AUDIT, AUDIT_SCOPE, Wanted

MAX_KINDS = 32
"""Kinds that one subscriber may name."""


def stored(event: Event) -> Stored:
    """Return an event as it is kept: what is too long is cut, so that no event is ever too large for a subscriber."""
    event = bounded(event)
    message = event_pb2.Event(id=event.id, kind=event.kind, resource=event.resource, project=event.project)
    message.create_time.FromMilliseconds(round(event.created * 1000))
    message.data.update(event.data)
    return Stored(
        tenant=event.tenant,
        id=message.id,
        kind=message.kind,
        resource=message.resource,
        project=message.project,
        created=event.created,
        body=message.SerializeToString(),
    )


def event_to_proto(kept: Stored) -> event_pb2.Event:
    """Return the message of an event."""
    message = event_pb2.Event.FromString(kept.body)
    message.sequence = kept.number
    return message


def wanted_from_proto(request: event_pb2.SubscribeRequest, caller: Caller) -> Wanted:
    """
    Return what a subscriber wants to hear of.

    :raises InvalidArgument: A field is out of bounds.
    :raises PermissionDenied: It names kinds that the caller may not hear of.
    """
    if len(request.kinds) > MAX_KINDS:
        raise InvalidArgument("kinds", f"at most {MAX_KINDS} can be named")
    for index, kind in enumerate(request.kinds):
        if not kind or len(kind) > MAX_NAME or "*" in kind.removesuffix(".*"):
            raise InvalidArgument(
                f"kinds[{index}]", f"a kind, or its beginning with '.*', of at most {MAX_NAME} characters"
            )
    for field in ("project", "resource"):
        if len(getattr(request, field)) > MAX_TEXT:
            raise InvalidArgument(field, f"it has at most {MAX_TEXT} characters")
    if request.after_sequence < -1:
        raise InvalidArgument("after_sequence", "it is a sequence, 0 for all that are kept, or -1 for none of them")
    audits = caller.may(AUDIT_SCOPE)
    if not audits and any(kind.startswith(AUDIT) for kind in request.kinds):
        raise PermissionDenied(f"the key does not allow {AUDIT_SCOPE}", metadata={"scope": AUDIT_SCOPE})
    return Wanted(tuple(request.kinds), request.project, request.resource, audits=audits)
