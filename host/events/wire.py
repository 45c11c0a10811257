"""Events as messages: JSON, written by any process of the suite, and believed by none before it was looked at."""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from host.caller import is_tenant
from host.events.bounds import KIND, MAX_NAME, MAX_TEXT, MAX_VALUES, bounded
from host.events.port import Event
from host.streams import EVENTS, event_subject

_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
_Text = Annotated[str, Field(max_length=MAX_TEXT)]
_Number = Annotated[int, Field(ge=-(2**53), le=2**53)] | Annotated[float, Field(allow_inf_nan=False)]


class BadMessage(Exception):
    """A message is not what it should be. Its text says what is wrong with it, and nothing of what is in it."""


class _Message(BaseModel):
    """What a message says; a field too many or too few, too long or of another kind makes it none."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tenant: _Name
    kind: _Name
    resource: _Text
    project: _Text
    data: Annotated[dict[_Name, bool | _Number | _Text], Field(max_length=MAX_VALUES)]
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
    created: Annotated[float, Field(ge=0, le=2**40, allow_inf_nan=False)]


def encode(event: Event) -> tuple[str, bytes]:
    """
    Return the subject and the message of an event, which is cut where it says too much.

    :raises BadMessage: It cannot be told: a defect of whoever tells it.
    """
    try:
        event = bounded(event)
        fields = {name: getattr(event, name) for name in _Message.model_fields}
        message = json.dumps(fields, separators=(",", ":"), allow_nan=False).encode()
    except (AttributeError, TypeError, ValueError) as error:
        raise BadMessage(f"it is no event ({type(error).__name__})") from None
    subject = event_subject(event.tenant, event.kind)
    decode(subject, message)
    return subject, message


def decode(subject: str, message: bytes) -> Event:
    """
    Return the event of a message.

    :raises BadMessage: It is none, or its subject says another thing than it does.
    """
    if len(message) > EVENTS.max_message_bytes:
        raise BadMessage("it is too large")
    try:
        read = _Message.model_validate_json(message)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BadMessage(f"{_place(wrong['loc'])}: {wrong['type']}") from None
    if not is_tenant(read.tenant):
        raise BadMessage("tenant: no name of one")
    if not KIND.fullmatch(read.kind):
        raise BadMessage("kind: no kind")
    if subject != event_subject(read.tenant, read.kind):
        raise BadMessage("its subject names another tenant or kind than it does")
    return Event(**{name: getattr(read, name) for name in _Message.model_fields})


def _place(location: tuple[int | str, ...]) -> str:
    """Return which field is wrong; names within it are a stranger's and stay out."""
    return str(location[0]) if location and location[0] in _Message.model_fields else "message"
