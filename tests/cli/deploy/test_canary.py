"""What a suite has to show after it was rolled out, tried on suites that run."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.deploy.canary import healthy, judged
from cli.deploy.steps import Failed
from cli.running_suite import RunningSuite
from host.embedded import embedded
from host.settings import Settings
from tests.toys import Toy, opened, passes

credulous = opened(Toy("execution", passes))


@pytest.mark.docker
async def test_a_whole_suite(sandboxed: str) -> None:
    """A whole suite is well, and tells a real program from an empty one, by its queue too."""
    gateway = RunningSuite(sandboxed)
    assert await healthy(gateway, 60)
    assert "told apart" in await judged(gateway, 120)


async def test_without_a_sandbox(gateway: str) -> None:
    """Where code cannot be run, that is said: a stage that was not heard is no proof."""
    with pytest.raises(Failed, match="the real program: the stage execution was not heard"):
        await judged(RunningSuite(gateway), 5)


async def test_what_answers_wrongly(settings: Settings, toy_catalog: Callable[..., None]) -> None:
    """A suite that takes everything for authentic is found out by the empty program, which comes by the queue."""
    toy_catalog(execution="tests.cli.deploy.test_canary:credulous")
    async with embedded(settings) as address:
        with pytest.raises(Failed, match="the empty program was found AUTHENTIC and is INAUTHENTIC"):
            await judged(RunningSuite(address), 60)


async def test_nobody_there(folder: Path) -> None:
    """Where nobody answers, the wait ends when its time is over, and says where nobody was."""
    began = time.monotonic()
    with pytest.raises(Failed, match="no suite answers at"):
        await healthy(RunningSuite(f"unix:{folder}/nobody"), 1.5)
    with pytest.raises(Failed, match="no suite answers at"):
        await judged(RunningSuite(f"unix:{folder}/nobody"), 1.5)
    assert time.monotonic() - began >= 1.5
