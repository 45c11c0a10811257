"""The queue: bounded, fair between tenants, nothing lost whatever happens."""

import asyncio
import contextlib
from random import Random

import pytest
from assay.errors import QueueFull, ShuttingDown

from sandbox.admission import Admission


class Callers:
    """Calls that hold their turn until they are told to go."""

    def __init__(self, door: Admission) -> None:
        self.door = door
        self.order: list[str] = []
        self.holding: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str, tenant: str = "") -> asyncio.Task[None]:
        """Let one come; it is in the queue, in its turn or away when this returns."""
        task = asyncio.create_task(self._call(name, tenant))
        self.tasks.append(task)
        await asyncio.sleep(0)
        return task

    async def _call(self, name: str, tenant: str) -> None:
        async with self.door.turn(tenant):
            self.order.append(name)
            go = asyncio.Event()
            self.holding.append(go)
            await go.wait()

    async def let_go(self, count: int = 1) -> None:
        """End so many turns, one after the other."""
        for _ in range(count):
            self.holding.pop(0).set()
            for _ in range(5):
                await asyncio.sleep(0)

    async def end(self) -> None:
        """End everything."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_first_in_first_out() -> None:
    """Turns of one tenant are given in the order of arrival; a waiter who gives up is passed over."""
    door = Admission(running=1, waiting=3)
    callers = Callers(door)
    tasks = [await callers.come(str(number)) for number in range(4)]
    assert (door.running, door.waiting) == (1, 3)
    refused = await callers.come("9")
    with pytest.raises(QueueFull) as caught:
        await refused
    assert caught.value.retry_after
    tasks[2].cancel()
    await asyncio.sleep(0)
    assert door.waiting == 2
    await callers.let_go(3)
    assert callers.order == ["0", "1", "3"]
    assert (door.running, door.waiting) == (0, 0)


async def test_turns_go_round_the_tenants() -> None:
    """One who comes late waits for one turn of each other tenant, not for all that they have waiting."""
    callers = Callers(Admission(running=1, waiting=20))
    await callers.come("first", "a")
    for number in range(4):
        await callers.come(f"a{number}", "a")
    for name in ("b0", "b1", "c0"):
        await callers.come(name, name[0])
    await callers.let_go(8)
    assert callers.order == ["first", "a0", "b0", "c0", "a1", "b1", "a2", "a3"]


async def test_full_queue_is_shared() -> None:
    """A newcomer with fewer waiting takes the last place of the tenant with the most, who is told when to come back."""
    door = Admission(running=1, waiting=4)
    callers = Callers(door)
    await callers.come("first", "a")
    greedy = [await callers.come(f"a{number}", "a") for number in range(4)]
    for name in ("b0", "b1"):
        await callers.come(name, "b")
    for displaced in greedy[2:]:
        with pytest.raises(QueueFull) as caught:
            await displaced
        assert caught.value.retry_after
    for tenant in ("a", "b"):
        with pytest.raises(QueueFull):
            await (await callers.come("late", tenant))
    assert door.waiting == 4
    await callers.let_go(5)
    assert callers.order == ["first", "a0", "b0", "a1", "b1"]


async def test_no_queue_at_all() -> None:
    """Where nobody may wait, whoever finds no turn free is turned away."""
    callers = Callers(Admission(running=1, waiting=0))
    await callers.come("first")
    with pytest.raises(QueueFull):
        await (await callers.come("second", "other"))
    await callers.end()


async def test_close_turns_everyone_away() -> None:
    """Closing ends the wait of those in the queue, and of those to come; turns under way end as they would."""
    door = Admission(running=1, waiting=3)
    async with door.turn():
        waiter = asyncio.create_task(door.turn("a").__aenter__())
        await asyncio.sleep(0)
        door.close()
        with pytest.raises(ShuttingDown):
            await waiter
    with pytest.raises(ShuttingDown):
        await door.turn().__aenter__()
    assert (door.running, door.waiting) == (0, 0)


@pytest.mark.parametrize("seed", range(40))
async def test_any_history(seed: int) -> None:
    """
    Whatever comes, goes, fails and gives up, in any order: never more turns than there are, no turn idle while one
    waits, no tenant overtaken by itself, no memory of tenants that wait no more; in the end every turn is free.
    """
    random = Random(seed)
    running, waiting = random.randint(1, 4), random.randint(0, 8)
    door = Admission(running, waiting)
    held = 0
    arrivals: dict[str, list[int]] = {}
    callers: list[tuple[int, str, asyncio.Task[None]]] = []

    async def call(number: int, tenant: str) -> None:
        nonlocal held
        async with door.turn(tenant):
            held += 1
            try:
                assert held <= running
                left(number, tenant)
                # Who got a turn in this same moment may be told of it only after this one.
                await asyncio.sleep(0)
                assert all(later > number for later in arrivals[tenant])
                await asyncio.sleep(random.choice((0, 0, 0.001)))
                if random.random() < 0.2:
                    raise ValueError
            finally:
                held -= 1

    def left(number: int, tenant: str) -> None:
        if number in arrivals[tenant]:
            arrivals[tenant].remove(number)

    async def guarded(number: int, tenant: str) -> None:
        with contextlib.suppress(QueueFull, ValueError):
            try:
                await call(number, tenant)
            finally:
                left(number, tenant)

    for number in range(300):
        tenant = random.choice("aaaabcd")
        arrivals.setdefault(tenant, []).append(number)
        callers.append((number, tenant, asyncio.create_task(guarded(number, tenant))))
        if random.random() < 0.4:
            who, whose, task = random.choice(callers)
            task.cancel()
            left(who, whose)
        for _ in range(random.randint(0, 3)):
            await asyncio.sleep(0)
        assert door.waiting <= waiting
        assert door.running == running or not door.waiting
        assert sum(map(len, door._lines.values())) == door.waiting
        assert all(door._lines.values())
    answers = await asyncio.wait_for(asyncio.gather(*(task for *_, task in callers), return_exceptions=True), 10)
    assert {type(answer) for answer in answers} <= {type(None), asyncio.CancelledError}
    assert (door.running, door.waiting, door._lines) == (0, 0, {})
