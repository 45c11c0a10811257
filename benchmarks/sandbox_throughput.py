"""
The sandbox beside what one would use instead: speed in three regimes, right answers, and what it costs the host.

    python -m benchmarks.sandbox_throughput [--only PART,...] [--quick] [--rounds N] [--seconds S] [--seed N]

One run, one program, the same limits: this service over gRPC in a process of its own, a loop of ``docker run``,
``docker exec`` into a standing container, bubblewrap, llm-sandbox, and a bare interpreter. Within each round every
backend has its turn, in an order drawn anew, so that what loads the machine for a while hits all of them. Prints a
report in Markdown. Parts: start, idle, burst, saturation, open, batch, restart, corpus.

Needs root (bubblewrap and the bare interpreter are run as users of their own, and a daemon is restarted), a local
Docker daemon, the images of Python and C, and for all backends ``bwrap`` and PyPI; one that is missing is told and left
out. Hostile programs are run on everything but the bare interpreter. What is made is removed: containers by a label,
the daemon, an image; llm-sandbox stays in ``~/.cache/assay-benchmarks``.
"""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from benchmarks import sandbox_throughput_host as host
from benchmarks.sandbox_throughput_backends import (
    LABEL,
    Backend,
    Bare,
    Bubblewrap,
    DockerExec,
    DockerRun,
    docker,
    image_root,
    memory_group,
)
from benchmarks.sandbox_throughput_corpus import count
from benchmarks.sandbox_throughput_llm import image, llm_sandbox
from benchmarks.sandbox_throughput_regimes import SLOTS, Sample, arrivals, burst, open_loop, saturation
from benchmarks.sandbox_throughput_report import Findings, report
from benchmarks.sandbox_throughput_service import Service, service
from host.settings import SandboxSettings
from tests.corpus.sandbox_cases import load, parse

PARTS = ("start", "idle", "burst", "saturation", "open", "batch", "restart", "corpus")
CLIENTS = (1, 4, 16)
IDLE = 10
INPUTS = 100
CORPUS_GROUP_BYTES = 2 << 30

DOUBLE = parse(
    """
- name: double-python
  language: python
  why: Reads one number and writes another.
  program: print(int(input()) * 2)
  expect: {outcome: OK}
- name: double-c
  language: c
  why: Reads one number and writes another.
  program: |
    #include <stdio.h>
    int main(void) { long n; if (scanf("%ld", &n) != 1) return 1; printf("%ld\\n", n * 2); return 0; }
  expect: {outcome: OK}
""",
    "the benchmark's programs",
)


class Bench:
    """One run of the benchmark: its backends, its rounds, and what was found."""

    def __init__(self, wish: argparse.Namespace, findings: Findings) -> None:
        self.findings = findings
        self.rounds: int = wish.rounds
        self.seconds: float = wish.seconds
        self.drawn = random.Random(wish.seed)
        self.seed: int = wish.seed
        self.quick: bool = wish.quick
        self.cases: int = wish.cases
        self.only: list[str] = wish.backends
        self.stack = AsyncExitStack()

    async def open(self, *, whole: bool) -> list[Backend]:
        """
        Open the backends.

        :param whole: Able to bring files, input and more; else the fastest way to run a text.
        """
        slots = 2 if whole else SLOTS
        backends: list[Backend] = [await self.stack.enter_async_context(service()), DockerRun(whole=whole)]
        standing = DockerExec(whole=whole)
        self.stack.callback(standing.close)
        if self._wanted(standing.name):
            await asyncio.to_thread(standing.open, slots)
        root = await asyncio.to_thread(self.stack.enter_context, image_root())
        group = self.stack.enter_context(memory_group(CORPUS_GROUP_BYTES)) if whole else None
        wrapped = Bubblewrap(root, whole=whole, group=group)
        backends.append(standing)
        if shutil.which("bwrap") is None:
            self._lack(wrapped.name, "there is no bwrap; apt-get install bubblewrap")
        else:
            backends.append(wrapped)
        try:
            self.stack.enter_context(image())
            for mode in ["session"] if whole else ["session", "pool"]:
                backends.append(await self.stack.enter_async_context(llm_sandbox(mode, slots)))  # noqa: PERF401
        except (subprocess.SubprocessError, OSError) as error:
            self._lack("llm-sandbox", str(error))
        if not whole:
            backends.append(Bare(root))
        backends = [backend for backend in backends if self._wanted(backend.name)]
        self.findings.lacks |= {backend.name: backend.lacks for backend in backends}
        return backends

    def _wanted(self, name: str) -> bool:
        return not self.only or any(part in name for part in self.only)

    def _lack(self, name: str, why: str) -> None:
        self.findings.missing[name] = why
        say(f"{name} is left out: {why}")

    def shuffled(self, backends: Sequence[Backend]) -> list[Backend]:
        """Return the backends in an order drawn anew."""
        return self.drawn.sample(backends, len(backends))

    async def bursts(self, backends: Sequence[Backend]) -> None:
        """Measure bursts up to the pool's size."""
        size, _ = SandboxSettings().bounds("python")
        for at_once, way in ((False, "one after the other"), (True, "all at once")):
            samples = {backend.name: Sample() for backend in backends}
            self.findings.bursts[f"Bursts of {size} after quiet, {way}"] = samples
            for number in range(self.rounds * 3):
                say(f"burst, {way}, round {number + 1}")
                for backend in self.shuffled(backends):
                    await burst(backend, size, samples[backend.name], at_once=at_once)

    async def saturations(self, backends: Sequence[Backend]) -> None:
        """Measure clients that never rest."""
        for clients in CLIENTS:
            samples = {backend.name: Sample() for backend in backends}
            self.findings.saturation[clients] = samples
            for number in range(self.rounds):
                say(f"saturation, {clients} clients, round {number + 1}")
                for backend in self.shuffled(backends):
                    await saturation(backend, clients, self.seconds, samples[backend.name])

    async def open_loops(self, backends: Sequence[Backend]) -> None:
        """Measure arrivals at shares of the rate that the service keeps up with 4 clients; saturation comes before."""
        before = self.findings.saturation.get(4, {})
        own = next((backend for backend in backends if isinstance(backend, Service)), None)
        if own is None or not before.get(own.name):
            say("open loop: needs the part saturation, and this service")
            return
        refill = before[own.name].rate()
        for share in (0.5, 0.9):
            rate = refill * share
            title = f"Arrivals at {share:.0%} of the refill rate: {rate:.1f} a second"
            able = [
                one for one in backends if max(s[one.name].rate() for s in self.findings.saturation.values()) > rate
            ]
            self.findings.too_slow[title] = [backend.name for backend in backends if backend not in able]
            samples = {backend.name: Sample() for backend in able}
            self.findings.open_loop[title] = samples
            for number in range(self.rounds):
                say(f"open loop at {rate:.1f} a second, round {number + 1}")
                times = arrivals(rate, self.seconds * 1.5, self.seed + number)
                for backend in self.shuffled(able):
                    await asyncio.sleep(1.0)
                    await open_loop(backend, times, samples[backend.name])

    async def batches(self) -> None:
        """Measure a hundred inputs in a batch and in a loop."""
        given = [f"{number}\n".encode() for number in range(INPUTS)]
        wanted = [f"{number * 2}\n".encode() for number in range(INPUTS)]
        python, c = DOUBLE
        loop = DockerRun()
        batch = self.findings.batch
        async with service() as own:
            await own.until_full(4)
            for number in range(1 if self.quick else 3):
                say(f"batch, round {number + 1}")
                batch.python += [await own.batch(python, given, wanted) for _ in range(3)]
                batch.c.append(await own.batch(c, given, wanted))
                await asyncio.sleep(2.0)
                began = asyncio.get_running_loop().time()
                for content, right in zip(given, wanted, strict=True):
                    run = await loop.run(python.model_copy(update={"stdin": content.decode()}), 0)
                    assert run.stdout.content == right, run
                batch.loop.append(asyncio.get_running_loop().time() - began)

    async def corpus(self) -> None:
        """Count right answers."""
        cases = [case for case in load() if case.language == "python"]
        if self.cases:
            cases = self.drawn.sample(cases, self.cases)
        async with self.stack:
            backends = await self.open(whole=True)
            say(f"corpus, {len(cases)} programs")
            self.findings.corpus_size = len(cases)
            await count(backends, cases, self.findings.corpus, say)

    async def run(self, parts: Sequence[str]) -> None:
        """Measure these parts."""
        findings = self.findings
        floor, _ = SandboxSettings().bounds("python")
        if "start" in parts:
            for number in range(self.rounds):
                say(f"start, round {number + 1}")
                findings.starts.append(await host.start(floor))
        if "idle" in parts:
            say("idle containers")
            findings.idle.append(await host.idle_cost(IDLE))
        if {"burst", "saturation", "open"} & set(parts):
            async with self.stack:
                backends = await self.open(whole=False)
                for part, measure in (
                    ("burst", self.bursts),
                    ("saturation", self.saturations),
                    ("open", self.open_loops),
                ):
                    if part in parts:
                        await measure(backends)
        if "batch" in parts:
            await self.batches()
        if "restart" in parts:
            say("restart of a daemon")
            findings.recoveries += await host.recoveries(1 if self.quick else 3)
        if "corpus" in parts:
            await self.corpus()


def say(text: str) -> None:
    """Tell on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Remove the containers of this benchmark at the end."""
    try:
        yield
    finally:
        with contextlib.suppress(subprocess.SubprocessError):
            if left := docker("ps", "-aq", "--filter", f"label={LABEL}").split():
                docker("rm", "-f", *left)


async def measure(wish: argparse.Namespace, findings: Findings) -> None:
    """Measure what is wished."""
    async with nothing_left():
        await Bench(wish, findings).run(wish.only)


def main() -> None:
    """Measure and print the report."""
    parser = argparse.ArgumentParser(description="The sandbox beside its alternatives: speed, right answers, cost.")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument(
        "--backends", type=lambda text: text.split(","), default=[], help="only those whose name has this"
    )
    parser.add_argument("--quick", action="store_true", help="one short round, and a part of the corpus")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of one turn at saturation")
    parser.add_argument("--cases", type=int, help="of the corpus, drawn by the seed; else all of Python's")
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args()
    if unknown := set(wish.only) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    wish.rounds = wish.rounds or (1 if wish.quick else 3)
    wish.cases = wish.cases or (25 if wish.quick else 0)
    wish.seconds = wish.seconds or (4.0 if wish.quick else 8.0)
    command = " ".join(["python -m benchmarks.sandbox_throughput", *sys.argv[1:]])
    findings = Findings(command, os.getloadavg())
    try:
        asyncio.run(measure(wish, findings))
    finally:
        print(report(findings))


if __name__ == "__main__":
    main()
