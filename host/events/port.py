"""What an event is, and what a bus does with it, whichever one there is."""

import secrets
import time
from collections.abc import AsyncIterator, Mapping
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


class Bus(Protocol):
    """Hands events to whoever listens in the suite."""

    def publish(self, event: Event) -> None:
        """Tell of an event. Never waits and never fails: what cannot be kept is dropped, and counted."""

    def listen(self, most: int) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """
        Yield the events that are told from now on.

        :param most: How many may wait for this listener; those beyond are dropped, and counted.
        """
