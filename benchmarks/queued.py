"""
Throughput of queued validations with 1, 2 and 3 replicas over one sandbox host, and what bounds it.

    python -m benchmarks.queued [--jobs 200] [--replicas 1 2 3] [--report FILE.json]

A suite of one process a service, encrypted and with tokens, over a NATS and a PostgreSQL in containers. Validations are
queued through the gateway while the replicas stand still; then they go on, and the time runs until the last has ended.
Of two kinds: ``reading`` goes through the static and the placeholder stage, ``running`` through the execution stage,
with one program in one container. Beside the rate stands what was used meanwhile: processor time of each part, on how
many processors; transactions of PostgreSQL; and what the sandbox alone runs of a program of one line, which is the most
that ``running`` can come to.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from assay.client import Suite, connect
from assay.v1 import sandbox_pb2, source_pb2, validation_pb2
from testcontainers.core.config import testcontainers_config

from tests.backing import Backing
from tests.faults.jobs import Job, reading, running
from tests.scenarios.backed import Backed, backed
from tests.scenarios.fleet import Fleet, Member, fleet

KINDS: Mapping[str, Callable[[int], Job]] = {"reading": reading, "running": running}

CALL_SECONDS = 60.0

BOUND_SECONDS = 600.0

AT_ONCE = 16
"""Calls at one time: what queues, and what runs programs for the ceiling."""

CEILING_RUNS = 60

LOOK_SECONDS = 0.1

LEAST_SHARE = 0.02
"""Of a processor: parts that used less are not named."""

SETTINGS = {"ASSAY_VALIDATION__MAX_QUEUED": "10000"}

TAKES_CALLS = {"ASSAY_VALIDATION__QUEUE_WORKERS": "0"}
MAKES = {"ASSAY_VALIDATION__QUEUE_WORKERS": "4"}
"""One process takes calls and makes nothing of what is queued; the replicas make it, four at one time by default."""


@dataclass(frozen=True)
class Measured:
    """
    One run.

    :param rate: Validations a second.
    :param processors: How many processors each part kept busy, by its name.
    :param busy: How many of this machine's processors were busy in all, others' work included.
    :param transactions: Of PostgreSQL, for each validation.
    :param ceiling: Programs a second that the sandbox runs by itself; 0: nothing is run.
    """

    kind: str
    replicas: int
    jobs: int
    seconds: float
    rate: float
    processors: Mapping[str, float]
    busy: float
    transactions: float
    ceiling: float


def used(suite: Fleet, both: Backed) -> dict[str, float]:
    """Return the processor seconds that each part has used so far, those of its children included."""
    parts = {name: _tree(member) for name, member in suite.members.items()}
    return parts | {"nats": _container(both.nats), "postgres": _container(both.postgres)}


def _process(member: Member) -> psutil.Process:
    assert member.server is not None
    return psutil.Process(member.server.process.pid)


def _tree(member: Member) -> float:
    process = _process(member)
    # Of children that have ended, the process itself knows.
    total = sum(process.cpu_times()[:4])
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += sum(child.cpu_times()[:2])
    return float(total)


def _container(backing: Backing) -> float:
    """Return the processor seconds of all that a container's control group holds, in either version of those."""
    with suppress(RuntimeError):
        return int(backing.run("cat", "/sys/fs/cgroup/cpuacct/cpuacct.usage")) / 1e9
    words = backing.run("cat", "/sys/fs/cgroup/cpu.stat").split()
    return int(words[words.index("usage_usec") + 1]) / 1e6


def transactions(both: Backed) -> int:
    """Return how many transactions PostgreSQL has committed so far."""
    return int(both.postgres.sql("SELECT SUM(xact_commit) FROM pg_stat_database WHERE datname LIKE 't\\_%'") or 0)


async def queue(client: Suite, jobs: Sequence[Job]) -> None:
    """Have validations queued."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(job: Job) -> None:
        async with turns:
            job.id = (await client.validation.CreateValidation(job.request, timeout=CALL_SECONDS)).validation.id

    await asyncio.gather(*map(one, jobs))


async def ended(client: Suite) -> None:
    """Wait until nothing waits or runs."""
    until = time.monotonic() + BOUND_SECONDS
    while await _waiting(client):
        if time.monotonic() > until:
            raise TimeoutError(f"not all have ended in {BOUND_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)


async def right(client: Suite, jobs: Sequence[Job]) -> None:
    """Make sure that each ended with its verdict."""
    for job in jobs:
        asked = validation_pb2.GetValidationRequest(id=job.id)
        found = (await client.validation.GetValidation(asked, timeout=CALL_SECONDS)).validation
        assert found.verdict == job.verdict, f"{found.id}: {found.explanation}"


async def _waiting(client: Suite) -> bool:
    for state in (validation_pb2.STATE_QUEUED, validation_pb2.STATE_RUNNING):
        asked = validation_pb2.ListValidationsRequest(page_size=1, state=state)
        if (await client.validation.ListValidations(asked, timeout=CALL_SECONDS)).validations:
            return True
    return False


async def ceiling(client: Suite) -> float:
    """Return how many programs a second the sandbox runs for many callers at one time."""
    turns = asyncio.Semaphore(AT_ONCE)
    files = [source_pb2.SourceFile(path="main.py", content=b"print(1)\n")]

    async def one() -> None:
        async with turns:
            await client.sandbox.Execute(
                sandbox_pb2.ExecuteRequest(language="python", files=files), timeout=CALL_SECONDS
            )

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    started = time.monotonic()
    await asyncio.gather(*(one() for _ in range(CEILING_RUNS)))
    return CEILING_RUNS / (time.monotonic() - started)


async def measured(suite: Fleet, both: Backed, client: Suite, kind: str, count: int) -> Measured:
    """Queue validations while the replicas stand still, let them go on, and measure until the last has ended."""
    replicas = [_process(member) for name, member in suite.members.items() if name.startswith("validation-")]
    most = await ceiling(client) if kind == "running" else 0.0
    jobs = [KINDS[kind](number) for number in range(count)]
    for replica in replicas:
        replica.suspend()
    await queue(client, jobs)
    before, done, machine, started = used(suite, both), transactions(both), psutil.cpu_times(), time.monotonic()
    for replica in replicas:
        replica.resume()
    await ended(client)
    seconds = time.monotonic() - started
    after, committed, now = used(suite, both), transactions(both), psutil.cpu_times()
    await right(client, jobs)
    parts = {name: round((after[name] - before[name]) / seconds, 2) for name in after}
    busy = sum(now[:3]) - sum(machine[:3])
    return Measured(
        kind, len(replicas), count, round(seconds, 2), round(count / seconds, 2), parts, round(busy / seconds, 2),
        round((committed - done) / count, 1), round(most, 2),
    )  # fmt: skip


def told(one: Measured) -> str:
    """Return what there is to read of a run."""
    parts = sorted(one.processors.items(), key=lambda part: -part[1])
    most = ", ".join(f"{name} {share:.2f}" for name, share in parts if share >= LEAST_SHARE)
    rows = [
        f"{one.kind}, {one.replicas} replicas: {one.rate:.1f} validations a second ({one.jobs} in {one.seconds:.1f} s)",
        f"  processors kept busy: {most}; by all on this machine {one.busy:.2f} of {psutil.cpu_count()}",
        f"  transactions of PostgreSQL for each: {one.transactions:.1f}",
    ]
    if one.ceiling:
        rows.append(f"  the sandbox alone: {one.ceiling:.1f} programs a second")
    return "\n".join(rows)


async def run(arguments: argparse.Namespace) -> list[Measured]:
    """Measure each kind with each number of replicas, each on a suite of its own."""
    found: list[Measured] = []
    for count in arguments.replicas:
        folder = Path(tempfile.mkdtemp(prefix="b-", dir="/tmp"))
        makers = {f"validation-{number}": MAKES for number in range(2, count + 2)}
        try:
            async with backed(folder) as both:
                own = {**both.own, **makers, "validation": {**both.own["validation"], **TAKES_CALLS}}
                everywhere = {**both.environment, **SETTINGS}
                async with (
                    fleet(folder, sandbox=True, replicas=count + 1, environment=everywhere, own=own) as suite,
                    connect(**suite.door) as client,
                ):
                    for kind in arguments.kinds:
                        found.append(await measured(suite, both, client, kind, arguments.jobs))
                        print(told(found[-1]), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def main() -> None:
    """Measure, print, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    # Containers are removed by whoever starts them; its own remover cannot be pulled everywhere.
    testcontainers_config.ryuk_disabled = True
    found = asyncio.run(run(arguments))
    if arguments.report:
        arguments.report.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
