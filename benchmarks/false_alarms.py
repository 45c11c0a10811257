"""
What the reading stages say against code that is known to be real: installed packages and the standard library.

    python -m benchmarks.false_alarms [--environment FOLDER] [--seed 1] [--count 300] [--read 3000]

Prints every finding of HIGH or worse that is not on security, for a person to read. Each is a true find, or disputable,
or false: a defect of a rule. The report (--report FILE.json) has a place for that judgement and its reason; those that
it holds already stay with their findings when it is written anew. Files are sent as `assay check` sends them.
"""

import argparse
import asyncio
import json
import random
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
from assay.client import Suite
from assay.v1 import finding_pb2, validation_pb2

from benchmarks.intervals import Proportion
from benchmarks.judged import READING, a_suite, rejecting
from benchmarks.peers.measured import packages_of
from cli.candidates import Framing, candidate_of
from cli.sources import Source
from host import logs

PACKAGES = (
    *("aiohttp", "botocore", "django", "matplotlib", "networkx", "numpy"),
    *("pandas", "scipy", "sklearn", "sqlalchemy", "sympy"),
)
"""Large packages that are written by many hands."""

LEFT_OUT = {"site-packages", "test", "tests", "testing", "idle_test", "lib2to3", "__pycache__"}
"""Folders of tests, and of data that is broken on purpose."""

CALL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Read:
    """
    One file, and what was said against it.

    :param name: Its path below the folder that it is imported from.
    :param failure: Why a stage did not judge it; empty where all did.
    """

    name: str
    alarms: tuple[finding_pb2.Finding, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """
    A folder of modules.

    :param version: The version of Python that they are of.
    :param packages: Only these; empty: all.
    """

    root: Path
    version: str
    packages: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """Return its source files, less those left out, in order."""
        tops = [self.root / name for name in self.packages] or [self.root]
        found = (path for top in tops for path in top.rglob("*.py"))
        return sorted(path for path in found if LEFT_OUT.isdisjoint(path.relative_to(self.root).parts))


def standard_library() -> Place:
    """Return the standard library of this interpreter."""
    return Place(Path(sysconfig.get_path("stdlib")), sysconfig.get_python_version())


def packages(environment: Path) -> Place:
    """Return the large packages of an environment; its folder of packages has the version in its path."""
    root = packages_of(environment)
    assert root is not None
    missing = [name for name in PACKAGES if not (root / name).is_dir()]
    if missing:
        print("not in the environment:", ", ".join(missing), file=sys.stderr)
    return Place(root, root.parent.name.removeprefix("python"), PACKAGES)


async def read(suite: Suite, place: Place, path: Path) -> Read:
    """Send one file through the reading stages."""
    name = path.relative_to(place.root).as_posix()
    source = Source(name, path)
    candidate = candidate_of(source, Framing(language="python", language_version=place.version, deep=False))
    policy = validation_pb2.ValidationPolicy(stages=READING, run_all_stages=True)
    request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
    try:
        answer = await suite.validation.Validate(request, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        return Read(name, failure=f"{error.code().name}: {error.details()}")
    reasons = [f"{result.stage}: {result.reason}" for result in answer.validation.stage_results if result.reason]
    return Read(name, tuple(rejecting(answer.validation)), "; ".join(reasons))


async def read_all(files: Sequence[tuple[Place, Path]], options: argparse.Namespace) -> list[Read]:
    """Send files through a suite, some at a time, with progress on standard error."""
    turns, done = asyncio.Semaphore(options.concurrency), 0
    told = {"semantic": {"python": str(options.environment)}} if options.environment else {}

    async def one(suite: Suite, place: Place, path: Path) -> Read:
        nonlocal done
        async with turns:
            found = await read(suite, place, path)
        done += 1
        if done % 100 == 0:
            print(f"{done}/{len(files)}", file=sys.stderr, flush=True)
        return found

    async with a_suite(sandbox=False, options=told) as suite:
        return await asyncio.gather(*(one(suite, place, path) for place, path in files))


def rows(
    reads: Iterable[Read], sampled: frozenset[str], known: Mapping[tuple[str, ...], Mapping[str, str]]
) -> list[Any]:
    """
    Return a row for each alarm, with the judgement that is known of it.

    :param sampled: The names of the files of the sample.
    :param known: Judgements with their reasons, by file, rule and message.
    """
    made = []
    for read in reads:
        for finding in read.alarms:
            row = {"file": read.name, "line": finding.location.start_line, "rule": finding.rule_id}
            row |= {"message": finding.message, "sampled": read.name in sampled}
            judged = known.get((read.name, finding.rule_id, finding.message), {})
            made.append(row | {"judgement": judged.get("judgement", ""), "reason": judged.get("reason", "")})
    return made


def judgements(path: Path | None) -> dict[tuple[str, ...], Mapping[str, str]]:
    """Return the judgements that a report holds already, by file, rule and message."""
    if path is None or not path.exists():
        return {}
    held = json.loads(path.read_text(encoding="utf-8"))["alarms"]
    return {(row["file"], row["rule"], row["message"]): row for row in held if row["judgement"]}


def summary(reads: Sequence[Read], seconds: float) -> dict[str, Any]:
    """Return how many files raised an alarm or could not be judged."""
    return {
        "files": len(reads),
        "files_with_alarm": Proportion(sum(bool(read.alarms) for read in reads), len(reads)).as_json(),
        "alarms": sum(len(read.alarms) for read in reads),
        "by_rule": dict(Counter(finding.rule_id for read in reads for finding in read.alarms).most_common()),
        "not_judged": {read.name: read.failure for read in reads if read.failure},
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--environment", type=Path, help="where the large packages are; default: the standard library alone"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300, help="the files of the sample")
    parser.add_argument("--read", type=int, default=0, help="the files that are read in all; default: the sample alone")
    parser.add_argument("--report", type=Path, help="write the alarms as JSON, each with a place for a judgement")
    parser.add_argument("--concurrency", type=int, default=2)
    options = parser.parse_args()
    logs.configure("error", "text")
    places = [standard_library(), *([packages(options.environment)] if options.environment else [])]
    every = [(place, path) for place in places for path in place.files()]
    random.Random(options.seed).shuffle(every)
    sample = every[: options.count]
    started = time.monotonic()
    reads = asyncio.run(read_all(every[: max(options.read, options.count)], options))
    sampled = frozenset(path.relative_to(place.root).as_posix() for place, path in sample)
    made: dict[str, Any] = {"seed": options.seed}
    made["sample"] = summary([read for read in reads if read.name in sampled], 0.0)
    made["read"] = summary(reads, time.monotonic() - started)
    made["alarms"] = rows(reads, sampled, judgements(options.report))
    show(made)
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def show(made: Mapping[str, Any]) -> None:
    """Print every alarm, those of the sample marked, and the counts."""
    for row in made["alarms"]:
        mark = "*" if row["sampled"] else " "
        print(f"{mark} {row['file']}:{row['line']}: {row['rule']}: {row['message']} {row['judgement']}".rstrip())
    for part in ("sample", "read"):
        print(f"{part}:", json.dumps(made[part]))
    told = Counter(row["judgement"] or "not read" for row in made["alarms"] if row["sampled"])
    print("judgements over the sample:", json.dumps(told))


if __name__ == "__main__":
    main()
