"""Server-Sent Events and lines, read as a client does."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass
class Event:
    """One event of a stream."""

    kind: str
    id: str
    data: Any


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    """Yield the events of an answer."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields:
            yield Event(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
        fields = {}
