"""What is found out once for all who ask."""

import asyncio

import pytest

from host.caller import SYSTEM_TENANT, Caller, acting_for, caller
from host.interceptors.deadlines import seconds_left
from services.system.kept import Kept

pytestmark = pytest.mark.timeout(20)


class Finding:
    """Counts how often something is found out, which takes until the gate is open."""

    def __init__(self) -> None:
        self.times = 0
        self.gate = asyncio.Event()

    async def find(self) -> int:
        """Find it out."""
        self.times += 1
        await self.gate.wait()
        return self.times


async def test_once_for_all() -> None:
    """Those who ask at one time, and soon after, are told the same; later it is found out anew."""
    finding = Finding()
    kept = Kept(finding.find, 0.2)
    asking = [asyncio.create_task(kept.get()) for _ in range(50)]
    await asyncio.sleep(0.01)
    finding.gate.set()
    assert await asyncio.gather(*asking) == [1] * 50
    assert await kept.get() == 1
    await asyncio.sleep(0.25)
    assert await kept.get() == 2


async def test_who_gives_up_stops_nobody() -> None:
    """The first who asks may go: the others are told all the same."""
    finding = Finding()
    kept = Kept(finding.find, 60)
    first, second = (asyncio.create_task(kept.get()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    finding.gate.set()
    assert (await second, finding.times) == (1, 1)


async def test_failure_is_not_kept() -> None:
    """What could not be found out is tried again by the next who asks."""
    times = 0

    async def fails_once() -> str:
        nonlocal times
        times += 1
        if times == 1:
            raise ValueError("no")
        return "yes"

    kept = Kept(fails_once, 60)
    with pytest.raises(ValueError, match="no"):
        await kept.get()
    assert await kept.get() == "yes"


async def test_nothing_of_the_first_who_asks() -> None:
    """Neither identity nor deadline of who asks first are those of the search."""

    async def find() -> tuple[str, float | None]:
        return caller().tenant, seconds_left()

    with acting_for(Caller("mallory")):
        assert await Kept(find, 60).get() == (SYSTEM_TENANT, None)
        assert caller().tenant == "mallory"


async def test_close() -> None:
    """Closing ends a search that is under way."""
    finding = Finding()
    kept = Kept(finding.find, 60)
    asking = asyncio.create_task(kept.get())
    await asyncio.sleep(0.01)
    await kept.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await kept.close()
