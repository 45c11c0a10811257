"""Subscriptions as their clients have them."""

import asyncio
from pathlib import Path

import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import InvalidArgument, PermissionDenied, QueueFull, ShuttingDown
from google.protobuf.json_format import MessageToDict

from tests.services.events.serving import BOUND, Serving, events_served, read, read_resources


async def test_what_an_event_says(served: Serving) -> None:
    """A subscriber is told all that there is to say of an event, and its place among the tenant's."""
    served.publish("val_1", kind="validation.completed", project="shop", data={"score": 0.5, "verdict": "V", "new": True})
    (event,) = await read(served.subscribe(), 1)
    assert (event.sequence, event.kind, event.resource, event.project) == (1, "validation.completed", "val_1", "shop")
    assert event.id.startswith("evt_")
    assert abs(event.create_time.ToSeconds() - __import__("time").time()) < BOUND
    assert MessageToDict(event.data) == {"score": 0.5, "verdict": "V", "new": True}


async def test_kept_first_then_live(served: Serving) -> None:
    """What is kept comes first, then what happens, in one order and each once; -1 leaves out what was there."""
    served.publish("a", "b")
    everything = served.subscribe()
    assert await read_resources(everything, 2) == ["a", "b"]
    new = served.subscribe(after_sequence=-1)
    await asyncio.sleep(0.2)
    served.publish("c")
    assert await read_resources(everything, 1) == ["c"]
    assert [(event.resource, event.sequence) for event in await read(new, 1)] == [("c", 3)]
    assert await read_resources(served.subscribe(after_sequence=1), 2) == ["b", "c"]
