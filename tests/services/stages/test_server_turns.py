"""Groups of questions: who goes with whom, who waits, and what is closed when."""

import asyncio
from collections.abc import Sequence

import pytest

from services.stages.server_turns import MOST, Turns


class Told:
    """A server that writes down what is opened, asked and closed."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.events: list[str] = []
        self.turns: Turns[str] = Turns(seconds, self.close)
        self.answers: dict[str, asyncio.Event] = {}

    async def close(self, opened: Sequence[str]) -> None:
        """Close documents."""
        self.events.append(f"close {' '.join(sorted(opened))}")

    async def ask(self, name: str) -> str:
        """Open a document, wait for its answer, and return its name."""
        self.answers[name] = asyncio.Event()
        async with self.turns.take() as turn:
            turn.close_later(name)
            self.events.append(f"open {name}")
            await turn.opened()
            self.events.append(f"ask {name}")
            await self.answers[name].wait()
            return name

    def begin(self, *names: str) -> list[asyncio.Task[str]]:
        """Ask about several."""
        return [asyncio.create_task(self.ask(name)) for name in names]


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_those_that_wait_go_together() -> None:
    """The first goes at once; those that come in its time open together, are asked together and closed as one."""
    told = Told()
    (first,) = told.begin("a")
    await settle()
    others = told.begin("b", "c")
    await settle()
    assert told.events == ["open a", "ask a"]
    told.answers["a"].set()
    assert await first == "a"
    await settle()
    assert told.events[2:] == ["close a", "open b", "open c", "ask c", "ask b"]
    told.answers["b"].set()
    assert await others[0] == "b"
    assert told.events[-1] == "ask b"
    told.answers["c"].set()
    assert await others[1] == "c"
    assert told.events[-1] == "close b c"


async def test_a_group_is_bounded() -> None:
    """More than a group holds make another."""
    told = Told()
    tasks = told.begin("first", *(f"{number:02}" for number in range(MOST + 2)))
    await settle()
    for answer in told.answers.values():
        answer.set()
    await asyncio.gather(*tasks)
    closings = [event.split()[1:] for event in told.events if event.startswith("close")]
    assert [len(names) for names in closings] == [1, MOST, 2]


@pytest.mark.parametrize("turns", range(12))
async def test_one_that_leaves(turns: int) -> None:
    """Whenever one of a group leaves, also in the moment in which the group begins, the others go on."""
    told = Told()
    (first,) = told.begin("a")
    await settle()
    gone, stays = told.begin("b", "c")
    await settle()
    told.answers["a"].set()
    for _ in range(turns):
        await asyncio.sleep(0)
    gone.cancel()
    await settle()
    assert await first == "a"
    assert "ask c" in told.events
    told.answers["c"].set()
    assert await asyncio.wait_for(stays, 5) == "c"


async def test_one_that_waited_long_goes_ahead() -> None:
    """A slow question is overtaken, and closes what it had open by itself."""
    told = Told(seconds=0.05)
    (slow,) = told.begin("slow")
    await settle()
    (other,) = told.begin("other")
    await asyncio.sleep(0.2)
    told.answers["other"].set()
    assert await other == "other"
    assert told.events == ["open slow", "ask slow", "open other", "ask other", "close other"]
    told.answers["slow"].set()
    await slow


async def test_without_turns() -> None:
    """Where a server needs no turns all go at once."""
    told = Told(seconds=0)
    tasks = told.begin("a", "b")
    await settle()
    assert told.events == ["open a", "ask a", "open b", "ask b"]
    for answer in told.answers.values():
        answer.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("which", [0, 1])
async def test_who_goes_away_holds_up_nobody(which: int) -> None:
    """One that is given up while it waits, or in its turn, is closed with the others, and those behind go on."""
    told = Told()
    first, second, third = told.begin("a", "b", "c")
    await settle()
    (first, second)[which].cancel()
    await settle()
    for answer in told.answers.values():
        answer.set()
    results = await asyncio.gather(first, second, third, return_exceptions=True)
    assert isinstance(results[which], asyncio.CancelledError)
    assert results[2] == "c"
    assert sorted(name for event in told.events if event.startswith("close") for name in event.split()[1:]) == (
        ["a", "b", "c"] if which == 0 else ["a", "c"]
    )


async def test_a_failed_opening_keeps_nobody_waiting() -> None:
    """Where one of a group cannot open its documents the others are asked all the same."""
    told = Told()
    first, other = told.begin("a", "b")

    async def failing() -> None:
        async with told.turns.take():
            raise OSError("no room")

    failed = asyncio.create_task(failing())
    await settle()
    for answer in told.answers.values():
        answer.set()
    assert await first == "a"
    with pytest.raises(OSError, match="no room"):
        await failed
    await settle()
    for answer in told.answers.values():
        answer.set()
    assert await other == "b"
