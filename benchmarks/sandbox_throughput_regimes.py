"""The regimes of the measurement: bursts after quiet, arrivals at a rate, and clients that never rest."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc.aio

from benchmarks.intervals import quantile
from benchmarks.sandbox_throughput_backends import Backend
from tests.corpus.sandbox_cases import parse

PRINT = parse(
    """
- name: print-one
  language: python
  why: The least that a program can do and be seen to have done.
  program: print(1)
  expect: {outcome: OK, stdout: "1\\n"}
""",
    "the benchmark's program",
)[0]

QUIET_SECONDS = 2.5
"""Enough for the service to fill its pool again. From outside a pool's state cannot be seen."""

LEAD_SECONDS = 3.0
"""What waits in a pool is used up before saturation is counted."""

SLOTS = 16
"""Calls of one client program at one time in the open loop; an arrival beyond them waits, and that counts."""


@dataclass
class Sample:
    """
    What was measured of one backend in one regime.

    :param seconds: Of the calls that ended well.
    :param window: Seconds that were counted in.
    :param failed: Calls that did not give the right answer.
    """

    seconds: list[float] = field(default_factory=list)
    window: float = 0.0
    failed: int = 0

    def rate(self) -> float:
        """Return right answers a second."""
        return len(self.seconds) / self.window if self.window else float("nan")

    def quantiles(self) -> tuple[float, float, float]:
        """Return p50, p95 and p99 in milliseconds."""
        p50, p95, p99 = (quantile(self.seconds, q) * 1000 for q in (0.5, 0.95, 0.99))
        return p50, p95, p99

    def add(self, seconds: float | None) -> None:
        """Count one call; None: it failed."""
        if seconds is None:
            self.failed += 1
        else:
            self.seconds.append(seconds)


async def timed(backend: Backend, slot: int, since: float | None = None) -> float | None:
    """Return how long one run took, from ``since`` where that is given; None where its answer is not right."""
    started = time.perf_counter() if since is None else since
    try:
        run = await backend.run(PRINT, slot)
    except (grpc.aio.AioRpcError, RuntimeError):
        return None
    return time.perf_counter() - started if (run.outcome, run.stdout.content) == ("OK", b"1\n") else None


async def burst(backend: Backend, size: int, sample: Sample, *, at_once: bool) -> None:
    """Run a burst after quiet, one after the other or all at one time."""
    await asyncio.sleep(QUIET_SECONDS)
    started = time.perf_counter()
    if at_once:
        for seconds in await asyncio.gather(*(timed(backend, slot) for slot in range(size))):
            sample.add(seconds)
    else:
        for _ in range(size):
            sample.add(await timed(backend, 0))
    sample.window += time.perf_counter() - started


async def saturation(backend: Backend, clients: int, seconds: float, sample: Sample) -> None:
    """Let so many clients call one after the other; count what ends within the window after a lead."""
    begin = time.perf_counter() + LEAD_SECONDS
    end = begin + seconds

    async def client(slot: int) -> None:
        while time.perf_counter() < end:
            taken = await timed(backend, slot)
            if begin <= time.perf_counter() < end:
                sample.add(taken)

    await asyncio.gather(*(client(slot) for slot in range(clients)))
    sample.window += seconds


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Return the times of Poisson arrivals; the same for the same seed, and as many as the rate says."""
    drawn = random.Random(seed)
    return sorted(drawn.uniform(0, seconds) for _ in range(round(rate * seconds)))


async def open_loop(backend: Backend, times: Sequence[float], sample: Sample) -> None:
    """Call at these times whether or not earlier calls are done; a call's time counts from its arrival."""
    slots: asyncio.Queue[int] = asyncio.Queue()
    for slot in range(SLOTS):
        slots.put_nowait(slot)
    begin = time.perf_counter()

    async def call(at: float) -> None:
        await asyncio.sleep(begin + at - time.perf_counter())
        slot = await slots.get()
        try:
            sample.add(await timed(backend, slot, since=begin + at))
        finally:
            slots.put_nowait(slot)

    await asyncio.gather(*(call(at) for at in times))
    sample.window += time.perf_counter() - begin
