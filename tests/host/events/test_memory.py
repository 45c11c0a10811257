"""The bus of one process: who listens hears all there is room for, and what there is none for is counted."""

import asyncio
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from host.events import memory
from host.events.memory import MemoryBus
from host.events.port import Event


def names(events: object) -> list[str]:
    """Return what events are about."""
    return [event.resource for event in events]  # type: ignore[attr-defined]


async def test_each_hears_all() -> None:
    """Everybody who listens hears what is told from then on, in its order; who has left hears nothing."""
    bus = MemoryBus()
    bus.publish(Event("t", "k", "before"))
    async with bus.listen(10) as one:
        bus.publish(Event("t", "k", "a"))
        async with bus.listen(10) as other:
            bus.publish(Event("t", "k", "b"))
            await asyncio.wait_for(one.heard(), 5)
            assert (names(one.take()), names(other.take())) == (["a", "b"], ["b"])
        bus.publish(Event("t", "k", "c"))
        assert (names(one.take()), names(other.take()), names(one.take())) == (["c"], [], [])


async def test_waiting_is_given_up() -> None:
    """Who gives up waiting loses nothing by it."""
    bus = MemoryBus()
    async with bus.listen(10) as listener:
        waiting = asyncio.create_task(listener.heard())
        await asyncio.sleep(0)
        bus.publish(Event("t", "k", "a"))
        waiting.cancel()
        await asyncio.wait_for(listener.heard(), 5)
        assert names(listener.take()) == ["a"]


async def test_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a listener has no room for is dropped and counted, by kind; others hear it, and it has room again later."""
    reader = InMemoryMetricReader()
    counter = MeterProvider([reader]).get_meter("test").create_counter("assay.events.dropped")
    monkeypatch.setattr(memory, "_dropped", counter)
    bus = MemoryBus()
    async with bus.listen(2) as narrow, bus.listen(10) as wide:
        for name in "abcd":
            bus.publish(Event("t", "stage.completed" if name == "d" else "k", name))
        assert (names(narrow.take()), narrow.dropped) == (["a", "b"], 2)
        assert (names(wide.take()), wide.dropped) == (["a", "b", "c", "d"], 0)
        bus.publish(Event("t", "k", "e"))
        assert names(narrow.take()) == ["e"]
    data = reader.get_metrics_data()
    assert data is not None
    points: Any = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert {point.attributes["kind"]: point.value for point in points} == {"k": 1, "stage.completed": 1}
