"""The event loop's lag, measured while something keeps it."""

import asyncio
import time

import pytest

from host import loop_lag
from host.loop_lag import watched_loop


class Recorded(list[float]):
    """Takes what is recorded."""

    def record(self, value: float) -> None:
        """Take a value."""
        self.append(value)


async def test_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps the loop shows; at its end nothing is left behind."""
    recorded = Recorded()
    monkeypatch.setattr(loop_lag, "_lag", recorded)
    monkeypatch.setattr(loop_lag, "EVERY_SECONDS", 0.05)
    before = asyncio.all_tasks()
    async with watched_loop():
        (own,) = asyncio.all_tasks() - before
        await asyncio.sleep(0.12)
        time.sleep(0.3)
        await asyncio.sleep(0.1)
    assert max(recorded) >= 0.2
    assert own.done()
