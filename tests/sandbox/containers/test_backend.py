"""The pools over a real daemon: which container a claim gets, and what becomes of one that dies or freezes unused."""

import asyncio
import time
from dataclasses import replace

import pytest
from assay.errors import SandboxLost, SandboxUnavailable

from sandbox import keeper
from sandbox.containers.container import Container
from sandbox.limits import MIB
from sandbox.outcome import Outcome
from sandbox.sizing import Size
from tests.sandbox.suite import Suite, docker, until

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]

SMALL = {"small": {"memory_bytes": 128 * MIB}, "roomy": {"memory_bytes": 512 * MIB}}


def limits_of(container: Container) -> tuple[int, int]:
    """Return a container's limits of memory and processes as the daemon knows them."""
    memory, processes = docker(
        "inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", container.id
    ).split()
    return int(memory), int(processes)


async def test_a_pool_for_each_class() -> None:
    """A run finds its own size waiting, or has a waiting one of as many files changed, or gets a fresh one."""
    async with Suite(pool_size=1, classes=SMALL) as suite:
        backend = suite.backend
        await until(lambda: backend.ready_count("python") == 3, 60)
        size = backend._sizes["python", "default"]
        assert {kind for _, kind in backend._sizes if _ == "python"} == {"default", "small", "roomy"}
        wanted = {
            "waiting": size,
            "of a class": backend._sizes["python", "roomy"],
            "changed": replace(size, processes=7),
            "fresh": replace(size, disk_bytes=MIB),
        }
        for how, asked in wanted.items():
            await until(lambda: backend.ready_count("python") == 3, 60)
            waiting = set(suite.running())
            container, _ = await backend.claim("python", asked)
            assert (container.size, limits_of(container)) == (asked, (asked.memory_bytes, asked.processes + 1))
            assert (container.id[:12] in waiting) == (how != "fresh"), how
            backend.discard("python", container, at_once=True)
        made = {kind: stats.made for (name, kind), stats in backend.stats().items() if name == "python"}
        # "roomy" has the same files as the default, and is taken where that is asked for; "small" has others.
        assert made["small"] == 1


async def test_classes_of_compiled_languages() -> None:
    """What waits for a compiled language has what compiling needs, and loses what the run does not have."""
    suite = Suite(languages=["python", "c"])
    compiler = suite.backend.specs["c"].compile
    assert compiler is not None
    waiting, ready = suite.backend._sizes["c", "default"], suite.backend._sizes["python", "default"]
    assert waiting == replace(
        ready,
        memory_bytes=max(ready.memory_bytes, compiler.memory_bytes),
        processes=max(ready.processes, compiler.processes),
    )
    await suite.backend.close()


async def test_killed_while_they_wait() -> None:
    """Waiting containers that somebody kills are never handed out, and are replaced unasked."""
    async with Suite(pool_size=2) as suite:
        await until(lambda: suite.backend.ready_count("python") == 2, 60)
        victims = suite.running()
        docker("kill", *victims)
        assert await suite.outcome("print(1)") is Outcome.OK
        await until(lambda: suite.backend.ready_count("python") == 2 and not set(suite.running()) & set(victims), 60)


async def test_killed_in_the_making() -> None:
    """A container that somebody removes before it is ready is begun anew, and its caller never knows."""
    async with Suite(pool_size=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        daemon, start = suite.backend._daemon, suite.backend._daemon.start
        victims: list[str] = []

        async def removed_before(container: str) -> None:
            if len(victims) < 2:
                victims.append(container)
                await daemon.remove(container)
            await start(container)

        daemon.start = removed_before  # type: ignore[method-assign]
        size = replace(suite.backend._sizes["python", "default"], disk_bytes=MIB)
        container, _ = await suite.backend.claim("python", size)
        assert len(victims) == 2
        suite.backend.discard("python", container, at_once=True)


@pytest.mark.slow
async def test_frozen_while_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting containers that somebody pauses are found out without a claim, ended and replaced."""
    monkeypatch.setattr(keeper, "LOOK_SECONDS", 0.5)
    async with Suite(pool_size=2) as suite:
        await until(lambda: suite.backend.ready_count("python") == 2, 60)
        await asyncio.sleep(2)
        victims = suite.running()
        assert suite.backend.stats()["python", "default"].discarded == {}
        for victim in victims:
            docker("pause", victim)
        await until(lambda: not set(suite.running()) & set(victims), 60)
        await until(lambda: suite.backend.ready_count("python") == 2, 60)
        assert suite.backend.stats()["python", "default"].discarded == {"silent": 2}
        assert await suite.outcome("print(1)") is Outcome.OK


async def test_stands_still() -> None:
    """A paused container is told from one that runs; one that is gone, or a daemon that is, cannot vouch for it."""
    async with Suite(pool_size=1) as suite:
        backend = suite.backend
        container, _ = await backend.claim("python", backend._sizes["python", "default"])
        assert not await backend.stands_still(container)
        docker("pause", container.id)
        assert await backend.stands_still(container)
        docker("rm", "-f", container.id)
        assert await backend.stands_still(container)
        with pytest.raises(SandboxLost):
            await backend.resize("python", container, Size(64 * MIB, 4, container.size.disk_bytes))
        backend.discard("python", container, at_once=True)


async def test_availability() -> None:
    """A language is available with its image; without it, or without a daemon, the answer says what to do."""
    async with Suite(pool_size=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        assert await suite.backend.available("python") == ""
        assert suite.backend.version("python").startswith("3.")
        assert suite.backend.version("c") == ""
        suite.backend.specs = {**suite.backend.specs, "c": replace(suite.backend.specs["c"], image="none:none")}
        assert "scripts/sandbox-image c" in await suite.backend.available("c")
    async with Suite(docker_url="unix:///nonexistent/docker.sock") as suite:
        assert "scripts/docker-up" in await suite.backend.available("python")


async def test_missing_image_is_nobody_elses_trouble() -> None:
    """Where the image of one language is missing its pool rests, claims say so at once, and others are served."""
    async with Suite(pool_size=1, pool={"floor": 1, "ceiling": 1}, languages=["python", "c"]) as suite:
        maker = suite.backend._makers["c"]
        maker._language = replace(maker._language, image="assay-sandbox-c:none")
        await until(lambda: suite.backend.ready_count("python") == 1, 60)
        await asyncio.sleep(1.5)
        started = time.monotonic()
        with pytest.raises(SandboxUnavailable, match="scripts/sandbox-image c"):
            await suite.backend.claim("c", suite.backend._sizes["c", "default"])
        assert time.monotonic() - started < 2
        assert suite.backend.stats()["c", "default"].failed <= 2
        assert await suite.outcome("print(1)") is Outcome.OK
