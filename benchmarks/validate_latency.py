"""
How long a whole validation takes, where the time goes, and how near many come to what the containers allow.

    python -m benchmarks.validate_latency [--rounds 60] [--seconds 20] [--report FILE.json]

A program of 100 lines of Python with one test goes through all local stages of an embedded suite that is warm, another
one each time, with time between them for a fresh container to be made. Plumbing is what a validation takes beyond its
longest chain of stages that wait for one another. With several clients the ceiling is what the sandbox alone runs of an
empty program at as many clients, taking turns with the validations; a validation that takes n containers can reach an
n-th of it.
"""

import argparse
import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from assay.client import Suite
from assay.convert import seconds_from_proto
from assay.v1 import candidate_pb2, sandbox_pb2, source_pb2, stage_pb2, validation_pb2
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from benchmarks.figures import quantiles
from benchmarks.intervals import quantile
from benchmarks.judged import a_suite
from benchmarks.samples import program
from host import logs
from sandbox.metrics import NAME

CLIENTS = (4, 16)
LINES = 100
CALL_SECONDS = 120.0
WARM = 10
"""Validations before the first that is counted."""

PAUSE_SECONDS = 0.6
"""Between validations one after the other, so that a fresh container waits for each: with several clients none does."""

MOST_CONTAINERS = 2.0
MOST_PLUMBING = 0.15
LEAST_SHARE = 0.9
TARGET_MS = 60.0
TURNS = 4
"""How often validations and the sandbox alone take turns at each number of clients."""

TEST = """
account = Account("a", [Decimal(2), Decimal(3)])
assert account.balance() == Decimal(5)
"""


class Claims:
    """Counts the containers that a suite of this process takes. Make it before the suite."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([self._reader]))

    def so_far(self) -> int:
        """Return how many were taken."""
        told = self._reader.get_metrics_data()
        if told is None:
            return 0
        found = [metric for each in told.resource_metrics for scope in each.scope_metrics for metric in scope.metrics]
        points = [point for metric in found if metric.name == f"{NAME}.claims" for point in metric.data.data_points]
        return sum(int(getattr(point, "value", 0)) for point in points)


def request(number: int) -> validation_pb2.ValidateRequest:
    """Return a validation of a program that was not seen before."""
    code = source_pb2.SourceFile(path="accounts.py", content=program("python", LINES, number).encode())
    tests = candidate_pb2.TestSuite(
        framework=candidate_pb2.TEST_FRAMEWORK_ASSERTS,
        files=[source_pb2.SourceFile(path="tests.py", content=TEST.encode())],
    )
    candidate = candidate_pb2.Candidate(files=[code], language="python", tests=[tests])
    return validation_pb2.ValidateRequest(candidate=candidate)


async def validate(suite: Suite, number: int) -> validation_pb2.Validation:
    """Validate a program, and return what was said; anything but AUTHENTIC ends the benchmark."""
    validation = (await suite.validation.Validate(request(number), timeout=CALL_SECONDS)).validation
    if validation.verdict != validation_pb2.VERDICT_AUTHENTIC:
        raise SystemExit(f"the program is not found authentic: {validation.explanation}")
    return validation


async def execute(suite: Suite) -> None:
    """Run an empty program."""
    asked = sandbox_pb2.ExecuteRequest(language="python", files=[source_pb2.SourceFile(path="main.py")])
    result = (await suite.sandbox.Execute(asked, timeout=CALL_SECONDS)).result
    if result.outcome != sandbox_pb2.OUTCOME_OK:
        raise SystemExit(f"an empty program ended with {sandbox_pb2.Outcome.Name(result.outcome)}")


def longest_chain(results: Sequence[stage_pb2.StageResult], requires: Mapping[str, Sequence[str]]) -> float:
    """Return the seconds of the longest chain of stages in which each waits for the one before."""
    ends: dict[str, float] = {}
    for result in results:  # the order is one in which they can run
        begins = max((ends.get(needed, 0.0) for needed in requires.get(result.stage, ())), default=0.0)
        ends[result.stage] = begins + seconds_from_proto(result.run_duration)
    return max(ends.values(), default=0.0)


async def unloaded(suite: Suite, claims: Claims, rounds: int, numbers: Callable[[], int]) -> dict[str, Any]:
    """Return times and shares of validations one after the other."""
    listed = await suite.validation.ListValidationStages(
        validation_pb2.ListValidationStagesRequest(), timeout=CALL_SECONDS
    )
    requires = {entry.stage.name: tuple(entry.stage.requires) for entry in listed.stages}
    for _ in range(WARM):
        await validate(suite, numbers())
    taken: list[float] = []
    plumbing: list[float] = []
    stages: dict[str, list[float]] = defaultdict(list)
    before = claims.so_far()
    for _ in range(rounds):
        await asyncio.sleep(PAUSE_SECONDS)
        started = time.monotonic()
        validation = await validate(suite, numbers())
        taken.append(time.monotonic() - started)
        plumbing.append(1 - longest_chain(validation.stage_results, requires) / taken[-1])
        for result in validation.stage_results:
            stages[result.stage].append(seconds_from_proto(result.run_duration))
    return {
        "n": rounds,
        "validation_ms": quantiles(taken),
        "stage_ms": {name: quantiles(times) for name, times in stages.items()},
        "plumbing_share": round(quantile(plumbing, 0.5), 3),
        "containers": round((claims.so_far() - before) / rounds, 2),
    }


async def rate(clients: int, seconds: float, work: Callable[[], Awaitable[object]]) -> float:
    """Return how often a second some clients together get work done, each going on as soon as it is."""
    done = 0
    ends = time.monotonic() + seconds

    async def client() -> None:
        nonlocal done
        while time.monotonic() < ends:
            await work()
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.monotonic() - started)


async def loaded(suite: Suite, clients: int, seconds: float, numbers: Callable[[], int]) -> dict[str, float]:
    """Return validations and runs of an empty program a second, in turns of random order."""
    works: dict[str, Callable[[], Awaitable[object]]] = {
        "validations": lambda: validate(suite, numbers()),
        "executions": lambda: execute(suite),
    }
    rates: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(TURNS):
        for name in random.sample(list(works), len(works)):
            rates[name].append(await rate(clients, seconds / TURNS, works[name]))
    return {name: round(sum(each) / len(each), 2) for name, each in rates.items()}


async def measure(rounds: int, seconds: float) -> dict[str, Any]:
    """Return all figures."""
    claims = Claims()
    numbers = count(1)
    async with a_suite(sandbox=True) as suite:
        made: dict[str, Any] = {"unloaded": await unloaded(suite, claims, rounds, lambda: next(numbers))}
        each = max(made["unloaded"]["containers"], 1.0)
        for clients in CLIENTS:
            rates = await loaded(suite, clients, seconds, lambda: next(numbers))
            share = round(rates["validations"] * each / rates["executions"], 3)
            made[f"{clients} clients"] = rates | {"share_of_ceiling": share}
    return made


def show(made: Mapping[str, Any]) -> None:
    """Print the figures beside what is required."""
    alone = made["unloaded"]
    print(f"{'':32}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}   n {alone['n']}")
    for name, row in {"a whole validation": alone["validation_ms"], **alone["stage_ms"]}.items():
        print(f"{name:32}{row['p50']:9.1f}{row['p95']:9.1f}{row['p99']:9.1f}")
    _line("p50, target", alone["validation_ms"]["p50"], TARGET_MS, most=True)
    _line("containers a validation", alone["containers"], MOST_CONTAINERS, most=True)
    _line("share of plumbing", alone["plumbing_share"], MOST_PLUMBING, most=True)
    for clients in CLIENTS:
        row = made[f"{clients} clients"]
        print(f"{clients} clients: {row['validations']} validations a second, {row['executions']} empty programs")
        _line("share of the ceiling", row["share_of_ceiling"], LEAST_SHARE, most=False)


def _line(what: str, reached: float, bound: float, *, most: bool) -> None:
    met = reached <= bound if most else reached >= bound
    print(f"{what}: {reached:g}, {'at most' if most else 'at least'} {bound:g}: {'met' if met else 'MISSED'}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="validations one after the other")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each kind of work at each number of clients")
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    logs.configure("error", "text")
    made = asyncio.run(measure(options.rounds, options.seconds))
    show(made)
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
