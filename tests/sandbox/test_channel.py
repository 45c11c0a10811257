"""The way to a slow caller: in order, bounded, and at an end when it is closed."""

import asyncio

from sandbox.channel import Channel


async def test_items_come_in_order_and_end() -> None:
    """What was put before and while somebody reads comes in order; closing ends it after the last."""
    channel: Channel[int] = Channel(10)
    channel.put(1)

    async def write() -> None:
        for number in (2, 3):
            await asyncio.sleep(0)
            channel.put(number)
        channel.close()

    writing = asyncio.create_task(write())
    assert [item async for item in channel.items()] == [1, 2, 3]
    await writing


async def test_room_comes_with_reading() -> None:
    """A writer who asks waits while as much is unread as may be, and no longer."""
    channel: Channel[bytes] = Channel(10)
    for _ in range(2):
        channel.put(b"", 6)
    waiting = asyncio.create_task(channel.room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    items = channel.items()
    await anext(items)
    await asyncio.wait_for(waiting, 1)
    await items.aclose()
