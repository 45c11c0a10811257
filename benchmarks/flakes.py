"""
Whether a verdict is the same each time: the same candidates, many times, alone and beside others.

    python -m benchmarks.flakes CORPUS.jsonl [--candidates 50] [--times 100] [--clients 1 8] [--seed 1]
        [--languages python …] [--report FILE]

Candidates with tests are taken from a corpus by a seed, of all languages that it has tests for or of some. Each is
validated anew as often as asked, first one validation at a time, then by clients that keep the suite busy together:
each validation is made beside those of the others, and every verdict counts. A verdict that is not what was said most
is a change; so is an answer that is none.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
from assay.client import Suite
from assay.v1 import validation_pb2

from benchmarks.corpus import Record, records
from benchmarks.intervals import Proportion
from benchmarks.judged import a_suite
from host import logs

CALL_SECONDS = 300.0


@dataclass
class Told:
    """What was said of one candidate, by how often it was said."""

    record: Record
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def changes(self) -> int:
        """How often it was not what was said most."""
        return self.verdicts.total() - max(self.verdicts.values(), default=0)


def chosen(path: Path, count: int, seed: int, languages: Sequence[str] = ()) -> list[Record]:
    """
    Return records with tests, chosen by a seed.

    :param languages: Only of these; none: of all.
    :raises SystemExit: There are fewer.
    """
    wanted = (
        record for record in records(path) if record.has_tests and record.language in (languages or {record.language})
    )
    found = sorted(wanted, key=lambda record: record.id)
    if len(found) < count:
        raise SystemExit(f"{path.name} has {len(found)} records with tests")
    return random.Random(seed).sample(found, count)


async def verdict(suite: Suite, record: Record) -> str:
    """Validate a candidate anew and return the verdict, or the status that came instead."""
    policy = validation_pb2.ValidationPolicy(fresh=True)
    request = validation_pb2.ValidateRequest(candidate=record.candidate, policy=policy)
    try:
        answer = await suite.validation.Validate(request, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return validation_pb2.Verdict.Name(answer.validation.verdict).removeprefix("VERDICT_")


async def repeated(suite: Suite, wanted: Sequence[Record], times: int, clients: int, seed: int) -> list[Told]:
    """
    Validate each candidate as often as asked, and return what was said.

    :param clients: Those that validate at one time, each the next candidate of all in random order, so that every
        validation but those at the very end is made beside as many others as there are clients, less one.
    """
    told = [Told(record) for record in wanted]
    label = regime(clients)
    order = [each for each in told for _ in range(times)]
    random.Random(seed).shuffle(order)
    turns = iter(order)
    done = 0

    async def client() -> None:
        nonlocal done
        for each in turns:
            each.verdicts[await verdict(suite, each.record)] += 1
            done += 1
            if done % 100 == 0 or done == len(order):
                changes = sum(each.changes for each in told)
                print(f"{label}: {done}/{len(order)}, {changes} changes", file=sys.stderr, flush=True)

    await asyncio.gather(*(client() for _ in range(clients)))
    return told


def regime(clients: int) -> str:
    """Return what a number of clients at one time is called."""
    return "idle" if clients == 1 else f"with {clients} busy clients"


async def measure(wanted: Sequence[Record], times: int, clients: Sequence[int], seed: int) -> dict[str, list[Told]]:
    """Return what was said of each candidate, by how many clients validated at one time."""
    async with a_suite(sandbox=True) as suite:
        return {regime(count): await repeated(suite, wanted, times, count, seed) for count in clients}


def show(made: dict[str, list[Told]], seconds: float) -> bool:
    """Print the changes, and return whether there were none, between the two ways either."""
    for label, told in made.items():
        changes = Proportion(sum(each.changes for each in told), sum(each.verdicts.total() for each in told))
        low, high = changes.interval()
        verdicts = sum((each.verdicts for each in told), Counter[str]())
        print(f"{label}: {changes.hits} of {changes.n} verdicts changed [{low:.4f}, {high:.4f}], {dict(verdicts)}")
    usual = [[each.verdicts.most_common(1)[0][0] for each in told] for told in made.values()]
    for number, pair in enumerate(zip(*made.values(), strict=True)):
        if len({row[number] for row in usual}) > 1 or any(each.changes for each in pair):
            print(f"  {pair[0].record.id} ({pair[0].record.language}): {[dict(each.verdicts) for each in pair]}")
    same = all(len(set(row)) == 1 for row in zip(*usual, strict=True))
    steady = same and not any(each.changes for told in made.values() for each in told)
    print(f"no verdict changes: {'met' if steady else 'MISSED'}, in {seconds:.0f} s")
    return steady


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--candidates", type=int, default=50)
    parser.add_argument("--languages", nargs="+", default=[], help="default: all that the corpus has tests for")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="write what was said as JSON")
    options = parser.parse_args()
    logs.configure("error", "text")
    wanted = chosen(options.corpus, options.candidates, options.seed, options.languages)
    started = time.monotonic()
    made = asyncio.run(measure(wanted, options.times, options.clients, options.seed))
    steady = show(made, time.monotonic() - started)
    if options.report:
        said = {label: {each.record.id: dict(each.verdicts) for each in told} for label, told in made.items()}
        options.report.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    raise SystemExit(0 if steady else 1)


if __name__ == "__main__":
    main()
