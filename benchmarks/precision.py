"""
How often the suite is right: every record of labelled corpora goes through it, sandboxed where it has tests.

    python -m benchmarks.precision FILE.jsonl … [--stages a,b] [--by findings] [--peers] [--report FILE.json]
        [--reliability FILE.png]

A positive is an inauthentic record; it is found where the verdict is INAUTHENTIC, or, by findings, where one of HIGH or
worse is there that is not on security. INCONCLUSIVE is neither: it counts against recall, and its share is reported.
The report's figures are {value, low, high, n} with Wilson intervals. No code of a record is ever printed.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from assay.client import Suite, connect

from benchmarks.corpus import Record, records
from benchmarks.judged import READING, WAYS, Judged, a_suite, judge_all
from benchmarks.peers.measured import measure as measure_peers
from benchmarks.reliability_plot import draw
from benchmarks.report import report, show, write_cases
from host import logs


async def measure(options: argparse.Namespace, wanted: Sequence[Record]) -> tuple[list[Judged], float]:
    """Run records through an embedded suite, or the one at an address."""
    stages = [name for name in options.stages.split(",") if name]
    if options.gateway:
        async with connect(options.gateway) as suite:
            return await _timed(suite, wanted, stages, options)
    async with a_suite(sandbox=not stages or not set(stages) <= set(READING)) as suite:
        return await _timed(suite, wanted, stages, options)


async def _timed(
    suite: Suite, wanted: Sequence[Record], stages: Sequence[str], options: argparse.Namespace
) -> tuple[list[Judged], float]:
    started = time.monotonic()
    judged = await judge_all(suite, wanted, stages, way=options.by, concurrency=options.concurrency)
    return judged, time.monotonic() - started


def chosen(options: argparse.Namespace) -> list[Record]:
    """Return the records of all files, in their order."""
    found = [record for file in options.corpus for record in records(file, options.language)]
    return found[: options.limit]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--language", help="only records of this language")
    parser.add_argument("--stages", default="", help="comma-separated; default: all")
    parser.add_argument("--by", choices=sorted(WAYS), default="verdict", help="what calls a record inauthentic")
    parser.add_argument(
        "--peers", action="store_true", help="run the tools that people use today over the Python records"
    )
    parser.add_argument("--environment", type=Path, help="the virtual environment in which peers look packages up")
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    parser.add_argument("--cases", type=Path, help="write a JSON line for each record")
    parser.add_argument("--reliability", type=Path, help="draw how far scores can be taken at their word, as a PNG")
    parser.add_argument("--gateway", help="the address of a running suite; default: an embedded one")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--limit", type=int, help="only the first records")
    options = parser.parse_args()
    logs.configure("error", "text")
    wanted = chosen(options)
    judged, seconds = asyncio.run(measure(options, wanted))
    runs = measure_peers(wanted, options.environment) if options.peers else []
    made = report(judged, seconds, {name: rows for run in runs for name, rows in run.rows.items()})
    made["peer_runs"] = [run.as_json() for run in runs]
    for run in runs:
        print(run)
    show(made)
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    if options.reliability:
        bins = {name: group["reliability"] for name, group in made["scores"].items() if group["n"]}
        draw(bins, options.reliability, "Reliability of the scores")
    if options.cases:
        write_cases(judged, options.cases)


if __name__ == "__main__":
    main()
