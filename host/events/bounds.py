"""How much an event may say: what is told is cut to it, what comes over a network has to keep to it."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from host.events.port import Event, Value

MAX_NAME = 128
"""Characters of a tenant's name, an identifier, a kind and the name of a value."""

MAX_TEXT = 256
"""Characters of a resource's and a project's name, and of each value."""

MAX_VALUES = 32
"""Values of one event."""

KIND = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
"""What a kind is made of, for example "validation.completed"."""


def bounded(event: Event) -> Event:
    """
    Return an event less what is too long or odd to be kept everywhere.

    :raises AttributeError, TypeError: A field is not what it should be, which is a defect of whoever tells it.
    """
    return replace(
        event,
        tenant=_text(event.tenant, MAX_NAME),
        kind=_text(event.kind, MAX_NAME),
        resource=_text(event.resource),
        project=_text(event.project),
        data=dict(_values(event.data)),
        id=_text(event.id, MAX_NAME),
    )


def _values(data: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    for name, value in list(data.items())[:MAX_VALUES]:
        # A number that JSON does not have would keep the whole event from HTTP clients.
        if not (isinstance(value, float) and not math.isfinite(value)):
            yield _text(name, MAX_NAME), _text(value) if isinstance(value, str) else value


def _text(text: str, most: int = MAX_TEXT) -> str:
    # Neither a lone surrogate, as in a path that was no UTF-8, nor a NUL byte can be kept everywhere.
    return text[:most].encode(errors="replace").decode().replace("\0", "")
