"""Containers come and go with their calls and with the service."""

import asyncio
import contextlib
import os
import signal
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import grpc.aio
import psutil
import pytest
from assay.errors import QueueFull, ShuttingDown
from assay.v1 import sandbox_pb2, sandbox_pb2_grpc

from host.server import serving
from host.settings import SandboxSettings, Settings
from sandbox.containers.owner import OWNER
from sandbox.outcome import Outcome
from tests.sandbox.suite import SLEEP, Suite, containers, docker, program, until

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]


async def test_cancelled_call_ends_the_container() -> None:
    """A cancelled call's container is gone within two seconds, also where the program floods the machine."""
    async with Suite(pool_size=1, refill_concurrency=1) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        for text in (SLEEP, "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"):
            await until(lambda: suite.backend.ready_count("python") == 1, 20)
            victim = suite.running()
            call = asyncio.create_task(suite.executor.execute(program(text), {}))
            await asyncio.sleep(1.0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await until(lambda: not set(suite.running()) & set(victim), 2.0) < 2.0  # noqa: B023


async def test_deadline_of_a_call_ends_the_container(folder: Path) -> None:
    """A gRPC call whose deadline passes in mid-run, or whose client goes, ends its container within two seconds."""

    def mine() -> set[str]:
        lines = docker("ps", "-a", "--format", '{{.ID}} {{.Label "assay.sandbox.owner"}}').splitlines()
        return {line.split()[0] for line in lines if f".{os.getpid()}." in line}

    before = mine()
    settings = Settings(sandbox=SandboxSettings(pools={"python": {"floor": 1, "ceiling": 1}}))
    async with (
        serving(["sandbox"], f"unix:{folder}/s", settings) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        stub = sandbox_pb2_grpc.SandboxServiceStub(channel)
        quick = {"path": "main.py", "content": b"print(1)"}
        await stub.Execute(sandbox_pb2.ExecuteRequest(language="python", files=[quick]), timeout=60)
        sleeper = sandbox_pb2.ExecuteRequest(language="python", files=[{"path": "main.py", "content": SLEEP.encode()}])
        for end in ("deadline", "cancel"):
            await until(lambda: len(mine() - before) == 1, 20)
            victim = mine() - before
            await asyncio.sleep(0.5)
            call = stub.Execute(sleeper, timeout=1.0 if end == "deadline" else 60)
            await asyncio.sleep(0.9)
            if end == "cancel":
                call.cancel()
            with pytest.raises((grpc.aio.AioRpcError, asyncio.CancelledError)):
                await call
            await until(lambda: not mine() & victim, 2.0)  # noqa: B023
    assert mine() == before


async def test_stop_leaves_nothing() -> None:
    """A stopped backend has removed every container, those in the making included."""
    suite = Suite(pool_size=3)
    async with suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        assert suite.running()
    assert suite.running() == []


async def test_stop_during_a_burst() -> None:
    """A backend that is stopped while it works ends every run and every container, and tells all callers so."""
    suite = Suite(pool_size=2, max_concurrent_runs=3)
    async with suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        # A disk of their own takes every other one past the pool.
        asked: list[dict[str, float]] = [{}, {"disk_bytes": 1024 * 1024}]
        calls = [asyncio.create_task(suite.executor.execute(program(SLEEP), asked[n % 2])) for n in range(8)]
        await asyncio.sleep(0.6)
    await until(lambda: suite.running() == [], 10)
    answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)
    assert {type(answer) for answer in answers} == {ShuttingDown}


@pytest.mark.slow
async def test_cancellation_storm() -> None:
    """Of calls that are cancelled at any time nothing is left: the pool is full again, and every turn is free."""
    random, process = Random(7), psutil.Process()
    descriptors, threads = process.num_fds(), process.num_threads()
    async with Suite(pool_size=2, max_concurrent_runs=3, queue_size=100) as suite:

        async def call(number: int) -> None:
            asked: dict[str, float] = {} if number % 5 else {"disk_bytes": 1024 * 1024}
            run = asyncio.create_task(suite.executor.execute(program("print(1)" if number % 3 else SLEEP), asked))
            await asyncio.sleep(random.uniform(0, 4))
            run.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                assert (await run).outcome is Outcome.OK

        async def settled() -> tuple[int, int, int, int]:
            await until(lambda: suite.backend.ready_count("python") == 2 and len(suite.running()) == 2, 40)
            backend = suite.backend
            return len(backend._events._evidence), len(backend._remover.known), len(backend._claimed), backend_tasks()

        def backend_tasks() -> int:
            return len(asyncio.all_tasks())

        assert await suite.outcome("print(1)") is Outcome.OK
        before = await settled()
        await asyncio.gather(*(call(number) for number in range(100)))
        assert await settled() == before
        assert (suite.executor.admission.running, suite.executor.admission.waiting) == (0, 0)
    # While it is open, the Docker library keeps up to 25 idle connections in each of three clients.
    await until(lambda: process.num_fds() <= descriptors + 2 and process.num_threads() <= threads + 2, 10)


SERVICE = textwrap.dedent("""
    import asyncio
    from tests.sandbox.suite import SLEEP, Suite, program

    async def main():
        async with Suite(pool_size=2) as suite:
            await suite.outcome("print(1)")
            print(suite.backend.owner_label, flush=True)
            await suite.executor.execute(program(SLEEP), {})

    asyncio.run(main())
    """)


async def test_killed_service_leaves_nothing() -> None:
    """After SIGKILL of a service in mid-run, no container of it is left within fifteen seconds."""
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVICE,
        str(Path(__file__).parent),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert service.stdout is not None
    label = ""
    while not label.startswith(OWNER):
        label = (await asyncio.wait_for(service.stdout.readline(), 60)).decode().strip()
    await until(lambda: len(containers(label)) >= 2, 20)
    await asyncio.sleep(0.7)
    service.send_signal(signal.SIGKILL)
    await service.wait()
    assert await until(lambda: not containers(label), 15) < 15


async def test_killed_service_leaves_no_created_container() -> None:
    """A service that is killed between creating and starting a container leaves that behind for seconds only."""
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert service.stdout is not None
    label = ""
    while not label.startswith(OWNER):
        label = (await asyncio.wait_for(service.stdout.readline(), 60)).decode().strip()
    created = docker("create", "--label", label, "--network", "none", "debian:trixie-slim", "sleep", "60")
    service.send_signal(signal.SIGKILL)
    await service.wait()
    assert created[:12] in containers(label)
    assert await until(lambda: not containers(label), 15) < 15


async def test_frozen_service_is_outlived_by_no_container() -> None:
    """The runner ends itself at the end of its life, though the service holds the connection."""
    suite = Suite(pool_size=1)
    maker = suite.backend._makers["python"]
    maker._isolation = replace(maker._isolation, life_seconds=2.0)
    suite.backend._events.open()
    container = await maker.make(suite.backend._sizes["python", "default"])
    assert container.usable(60)
    await until(lambda: not suite.running(), 15)
    assert not container.usable(60)
    await suite.backend.close()


async def test_queue_is_bounded_and_in_order() -> None:
    """Callers wait in order; one too many is turned away at once and told when to come back."""
    async with Suite(pool_size=1, max_concurrent_runs=1, queue_size=2) as suite:
        assert await suite.outcome("print(1)") is Outcome.OK
        order: list[int] = []

        async def call(number: int) -> None:
            await suite.outcome("import time; time.sleep(0.3)")
            order.append(number)

        tasks = [asyncio.create_task(call(number)) for number in range(3)]
        await asyncio.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(QueueFull) as caught:
            await suite.outcome("print(1)")
        assert time.monotonic() - started < 0.2
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 0
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2]


async def test_claim_after_stop() -> None:
    """A backend that is stopping takes no more work."""
    suite = Suite(pool_size=1)
    async with suite:
        pass
    with pytest.raises(ShuttingDown):
        await suite.outcome("print(1)")


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_500_runs_grow_nothing() -> None:
    """After five hundred runs there are no more containers, descriptors or threads than after ten."""
    process = psutil.Process()
    async with Suite(pool_size=4, max_concurrent_runs=4) as suite:
        sizes: list[tuple[int, int]] = []
        for count in (10, 490):
            for start in range(0, count, 10):
                batch = [suite.outcome("print(1)") for _ in range(min(10, count - start))]
                assert set(await asyncio.gather(*batch)) == {Outcome.OK}
            await until(lambda: suite.backend.ready_count("python") == 4 and len(suite.running()) == 4, 60)
            sizes.append((process.num_fds(), process.num_threads()))
        assert sizes[1][0] <= sizes[0][0] + 5
        assert sizes[1][1] <= sizes[0][1] + 5
        assert len(suite.backend._events._evidence) == 4
        assert len(suite.backend._remover.known) == 4
