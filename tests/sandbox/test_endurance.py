"""Thousands of mixed runs: no wrong outcome, and nothing in the service or beside it grows."""

import asyncio
import json
import statistics
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import CHANNEL_OPTIONS
from assay.v1 import sandbox_pb2_grpc

from tests.sandbox.mixed_load import Load, jobs
from tests.sandbox.suite import sandboxes, until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.usefixtures("docker_ready")]

RUNS, AT_EACH = 3000, 100
SEED = 33
POOL = 4
SETTLE_SECONDS = 10.0
MIXED = {"fine": 50, "exit": 10, "slow": 5, "signal": 5, "wall": 8, "cpu": 6, "flood": 8, "memory": 8}
"""70 % end as they like, the rest where a limit ends them."""

MOST_BYTES_A_RUN = 1024

SERVICE = textwrap.dedent("""
    import asyncio, gc, json, sys, tracemalloc
    import psutil
    from host.server import serving
    from tests.sandbox.conftest import sandbox_settings

    address, pool = sys.argv[1], int(sys.argv[2])
    settings = sandbox_settings(
        languages=["python"], pools={"python": {"floor": pool, "ceiling": pool}}, max_concurrent_runs=pool
    )

    async def main():
        tracemalloc.start()
        process = psutil.Process()
        loop = asyncio.get_running_loop()
        async with serving(["sandbox"], address, settings):
            print("{}", flush=True)
            while await loop.run_in_executor(None, sys.stdin.readline):
                gc.collect()
                told = {
                    "traced_bytes": tracemalloc.get_traced_memory()[0],
                    "resident_bytes": process.memory_info().rss,
                    "descriptors": process.num_fds(),
                    "threads": process.num_threads(),
                    "tasks": len(asyncio.all_tasks()),
                    "children": len(process.children()),
                }
                print(json.dumps(told), flush=True)

    asyncio.run(main())
    """)


@dataclass
class Service:
    """A service in a process of its own."""

    process: asyncio.subprocess.Process
    address: str

    async def look(self) -> dict[str, int]:
        """Return what it has now."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        return await self.answer()

    async def answer(self) -> dict[str, int]:
        """Return the next thing that it tells, its log left out."""
        assert self.process.stdout is not None
        told: Any = None
        while not isinstance(told, dict):
            line = await asyncio.wait_for(self.process.stdout.readline(), 60)
            assert line, "the service ended"
            told = json.loads(line) if line.startswith(b"{") else None
        return told

    async def settled(self, tasks: int | None) -> dict[str, int]:
        """Return what it has once nothing of any run is under way, as the number of its tasks shows."""
        await until(lambda: len(self.running()) == len(self.running("running")) == POOL, 60)
        ends_at = time.monotonic() + SETTLE_SECONDS
        while (told := await self.look())["tasks"] != tasks and time.monotonic() < ends_at:
            await asyncio.sleep(0.5)
        return told

    def running(self, *states: str) -> list[str]:
        """Return its containers, those in the states alone where some are given."""
        return sandboxes(self.process.pid, *states)


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Service]:
    """Start a service, and end it by the end of its input."""
    address = f"unix:{folder}/s"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE, address, str(POOL)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    service = Service(process, address)
    try:
        await service.answer()
        yield service
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 60)
        finally:
            if process.returncode is None:
                process.kill()


def slope(points: Sequence[tuple[int, int]]) -> float:
    """Return by how much the second grows with the first, by least squares."""
    return statistics.linear_regression([float(x) for x, _ in points], [float(y) for _, y in points]).slope


@pytest.mark.timeout(2400)
async def test_mixed_runs_grow_nothing(folder: Path) -> None:
    """Of 3,000 runs, 30 % ended by a limit, each ends as it must; nothing grows, memory under 1 KiB a run."""
    began = time.monotonic()
    async with (
        started(folder) as service,
        grpc.aio.insecure_channel(service.address, options=CHANNEL_OPTIONS) as channel,
    ):
        load = Load(sandbox_pb2_grpc.SandboxServiceStub(channel), 120.0)
        await load.drive(jobs(MIXED, SEED, AT_EACH), POOL)
        # Removals take seconds, so it is seen when the tasks are those of an idle service.
        await asyncio.sleep(SETTLE_SECONDS)
        idle = (await service.settled(None))["tasks"]
        seen: list[tuple[int, dict[str, int]]] = []
        for number in range(1, RUNS // AT_EACH):
            await load.drive(jobs(MIXED, SEED + number, AT_EACH), POOL)
            seen.append((AT_EACH * (number + 1), await service.settled(idle)))
        late = seen[len(seen) // 3 :]
        slopes = {
            name: slope([(count, told[name]) for count, told in late]) for name in ("traced_bytes", "resident_bytes")
        }
        figures = f"slopes { ({name: round(value) for name, value in slopes.items()}) } bytes a run; last {late[-1][1]}"
        print(f"\n{load.tally}; {time.monotonic() - began:.0f} s; {figures}")  # noqa: T201 - the figures
        assert load.tally.wrong == []
        assert load.tally.messages == set()
        assert load.tally.right.total() == RUNS
        assert {told["tasks"] for _, told in seen} == {idle}
        assert {told["children"] for _, told in seen} == {1}, "the janitor alone"
        early = seen[: len(seen) // 3]
        for name in ("descriptors", "threads"):
            assert max(told[name] for _, told in late) <= max(told[name] for _, told in early) + 5, name
        assert all(value < MOST_BYTES_A_RUN for value in slopes.values()), slopes
    assert service.running() == []
