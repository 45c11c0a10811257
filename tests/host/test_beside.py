"""Work beside a block ends with it."""

import asyncio

import pytest

from host.beside import beside


async def test_ends_with_the_block() -> None:
    """What goes on is cancelled when the block is left, by itself or by an error, and has cleaned up by then."""
    for error in (None, ValueError):
        ended: list[str] = []
        begun = asyncio.Event()

        async def works(begun: asyncio.Event = begun, ended: list[str] = ended) -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0)
                ended.append("ended")

        if error is None:
            async with beside(works(), works()):
                await asyncio.wait_for(begun.wait(), 10)
        else:
            with pytest.raises(error):
                await _failing(beside(works(), works()), begun, error)
        assert ended == ["ended", "ended"]


async def _failing(block: object, begun: asyncio.Event, error: type[Exception]) -> None:
    async with block:  # type: ignore[attr-defined]
        await asyncio.wait_for(begun.wait(), 10)
        raise error


async def test_its_own_end() -> None:
    """Work that ends early or badly does not end the block."""

    async def breaks() -> None:
        raise ValueError

    async with beside(breaks()):
        await asyncio.sleep(0.01)
