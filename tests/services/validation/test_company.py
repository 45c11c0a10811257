"""Who is made beside whom: many together, or one alone."""

import asyncio

from services.validation.company import Company


async def test_alone() -> None:
    """Who wants to be alone waits for those that are there, and nobody joins them meanwhile or joins him."""
    company, there = Company(), set[str]()
    leave = {name: asyncio.Event() for name in ("a", "b", "alone", "c")}

    async def come(name: str) -> None:
        async with company.alone() if name == "alone" else company.together():
            there.add(name)
            await leave[name].wait()
            there.discard(name)

    async with asyncio.TaskGroup() as group:
        for name in leave:
            group.create_task(come(name))
            await asyncio.sleep(0.01)
        for name, then in (("a", {"b"}), ("b", {"alone"}), ("alone", {"c"}), ("c", set[str]())):
            leave[name].set()
            await asyncio.sleep(0.01)
            assert there == then


async def test_giving_up() -> None:
    """Who gives up, while he waits or is alone, holds up nobody."""
    company = Company()

    async def alone() -> None:
        async with company.alone():
            await asyncio.sleep(60)

    async with company.together():
        waiting = asyncio.create_task(alone())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(5), company.together():
            pass
    there = asyncio.create_task(alone())
    await asyncio.sleep(0.01)
    there.cancel()
    async with asyncio.timeout(5), company.together():
        pass
    async with asyncio.timeout(5), company.alone():
        pass
