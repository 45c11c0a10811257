"""What an event is, and what a bus does with it, whichever one there is."""

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Event:
    """
    Something that happened.

    :param tenant: Whose it is; nobody else is ever told.
    :param kind: What happened, for example "validation.completed".
    :param resource: What it happened to, for example the id of a validation.
    :param project: The project that this belongs to; empty: none.
    :param data: What there is to say of it. Never code, keys or prompts.
    :param id: Names it; an event that comes twice has one id.
    :param created: Seconds since 1970.
    """

    tenant: str
    kind: str
    resource: str = ""
    project: str = ""
    data: Mapping[str, Value] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"evt_{secrets.token_urlsafe(16)}")
    created: float = field(default_factory=time.time)


class Listener(Protocol):
    """Hears events."""

    @property
    def dropped(self) -> int:
        """How many events there was no room for, since it began to listen."""

    @property
    def waiting(self) -> int:
        """How many events wait to be taken."""

    async def heard(self) -> None:
        """Wait until an event waits. May be cancelled and called again; no event is lost by it."""

    def take(self) -> Sequence[Event]:
        """
        Return the events that wait, the oldest first; none where none does.

        With this the events of the call before are dealt with. A bus that keeps events until then hands those again to
        the next listener that were not.
        """

    def hush(self) -> None:
        """Hear nothing more; what waits can still be taken."""


class Bus(Protocol):
    """Hands events to whoever listens in the suite."""

    def publish(self, event: Event) -> None:
        """
        Tell of an event. Never waits and never fails: what cannot be kept is dropped, and counted.

        To be called in the event loop.
        """

    def listen(self, most: int) -> AbstractAsyncContextManager[Listener]:
        """
        Yield what hears the events that are told from now on.

        :param most: How many may wait for this listener; those beyond are dropped, and counted.
        """
