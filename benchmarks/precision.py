"""
How often the suite is right: every record of a labelled corpus goes through it, sandboxed where it has tests.

    python -m benchmarks.precision CORPUS.jsonl --language python [--stages a,b] [--report FILE.json]

A positive is an inauthentic record; it is found where the verdict is INAUTHENTIC. INCONCLUSIVE is neither: it counts
against recall, and its share is reported. The report's figures are {value, low, high, n} with Wilson intervals.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
from assay.client import Suite, connect
from assay.convert import seconds_from_proto
from assay.v1 import stage_pb2, validation_pb2

from benchmarks.corpus import Record, records
from benchmarks.intervals import Proportion, quantile
from host import logs
from host.embedded import embedded
from host.settings import Settings

CALL_SECONDS = 300.0
POOLED_BELOW = 30
PREVALENCES = (0.05, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the suite said of one record."""

    record: Record
    verdict: str
    rules: tuple[str, ...]
    explanation: str
    seconds: float
    stages: dict[str, float] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()


async def judge(suite: Suite, record: Record, stages: Sequence[str]) -> Judged:
    """Send one record through the suite; an error of the suite is an INCONCLUSIVE of its own name."""
    request = validation_pb2.ValidateRequest(
        candidate=record.candidate, policy=validation_pb2.ValidationPolicy(stages=stages)
    )
    started = time.monotonic()
    try:
        answer = await suite.validation.Validate(request, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        return Judged(record, "ERROR", (), f"{error.code().name}: {error.details()}", time.monotonic() - started)
    validation = answer.validation
    return Judged(
        record,
        validation_pb2.Verdict.Name(validation.verdict).removeprefix("VERDICT_"),
        tuple(finding.rule_id for finding in validation.deciding_findings),
        validation.explanation,
        time.monotonic() - started,
        {result.stage: seconds_from_proto(result.run_duration) for result in validation.stage_results if _ran(result)},
        tuple(f"{r.stage}: {r.reason}" for r in validation.stage_results if not _ran(r)),
    )


def _ran(result: stage_pb2.StageResult) -> bool:
    return result.status == stage_pb2.STAGE_STATUS_COMPLETED


async def judge_all(suite: Suite, wanted: Sequence[Record], stages: Sequence[str], concurrency: int) -> list[Judged]:
    """Send records through the suite, some at a time, in their order, with progress on standard error."""
    turns = asyncio.Semaphore(concurrency)
    done = 0

    async def one(record: Record) -> Judged:
        nonlocal done
        async with turns:
            judged = await judge(suite, record, stages)
        done += 1
        if done % 50 == 0 or done == len(wanted):
            print(f"{done}/{len(wanted)}", file=sys.stderr, flush=True)
        return judged

    return await asyncio.gather(*map(one, wanted))


def figures(judged: Iterable[Judged]) -> dict[str, Any]:
    """Return n, precision, recall, false-positive rate and the share inconclusive of some records."""
    rows = list(judged)
    positives = [row for row in rows if row.record.positive]
    negatives = [row for row in rows if not row.record.positive]
    found = sum(row.verdict == "INAUTHENTIC" for row in positives)
    alarms = sum(row.verdict == "INAUTHENTIC" for row in negatives)
    undecided = sum(row.verdict not in {"AUTHENTIC", "INAUTHENTIC"} for row in rows)
    return {
        "n": len(rows),
        "precision": Proportion(found, found + alarms).as_json(),
        "recall": Proportion(found, len(positives)).as_json(),
        "false_positive_rate": Proportion(alarms, len(negatives)).as_json(),
        "inconclusive": Proportion(undecided, len(rows)).as_json(),
    }


def grouped(judged: Iterable[Judged], key: Callable[[Record], str]) -> dict[str, Any]:
    """Return the figures of each group of records."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in judged:
        groups[key(row.record)].append(row)
    return {name: figures(rows) for name, rows in sorted(groups.items())}


def precision_at(judged: Sequence[Judged]) -> dict[str, float | None]:
    """Return the precision that the measured rates give where a stated share of the traffic is inauthentic."""
    overall = figures(judged)
    recall, alarms = overall["recall"]["value"], overall["false_positive_rate"]["value"]
    if recall is None or alarms is None:
        return {f"{share:g}": None for share in PREVALENCES}
    rates = {share: (share * recall, (1 - share) * alarms) for share in PREVALENCES}
    return {f"{s:g}": round(hit / (hit + miss), 4) if hit + miss else None for s, (hit, miss) in rates.items()}


def latency(judged: Sequence[Judged], seconds: float) -> dict[str, Any]:
    """Return quantiles in milliseconds, of whole validations and of each stage where it completed."""
    by_stage: dict[str, list[float]] = defaultdict(list)
    for row in judged:
        for stage, taken in row.stages.items():
            by_stage[stage].append(taken)
    return {
        "total_seconds": round(seconds, 1),
        "validation_ms": _quantiles([row.seconds for row in judged]),
        "stage_ms": {stage: _quantiles(times) for stage, times in sorted(by_stage.items())},
    }


def _quantiles(times: Sequence[float]) -> dict[str, float]:
    return {f"p{q}": round(quantile(times, q / 100) * 1000, 2) for q in (50, 95, 99)}


def report(judged: Sequence[Judged], seconds: float) -> dict[str, Any]:
    """Return everything that was measured."""
    counts = Counter(row.record.kind for row in judged)
    return {
        "overall": figures(judged),
        "confusion": {
            label: dict(Counter(row.verdict for row in judged if row.record.positive is positive))
            for label, positive in (("authentic", False), ("inauthentic", True))
        },
        "precision_at_prevalence": precision_at(judged),
        "hard_negatives": figures(row for row in judged if row.record.hard_negative),
        "by_kind": grouped(judged, lambda record: record.kind),
        "by_kind_pooled": grouped(judged, lambda record: _pooled(record, counts)),
        "by_language": grouped(judged, lambda record: record.language),
        "by_origin": grouped(judged, lambda record: record.origin),
        "latency": latency(judged, seconds),
    }


def _pooled(record: Record, counts: Counter[str]) -> str:
    if counts[record.kind] >= POOLED_BELOW:
        return record.kind
    return "other inauthentic" if record.positive else "other authentic"


def show(made: dict[str, Any]) -> None:
    """Print a report for a person."""
    print("verdicts:", json.dumps(made["confusion"]))
    print(f"{'':28}{'n':>5}  {'precision':22}{'recall':22}{'false positives':22}{'inconclusive':22}")
    for title in ("overall", "hard_negatives"):
        _row(title, made[title])
    for title in ("by_origin", "by_language", "by_kind"):
        print(f"-- {title}")
        for name, group in made[title].items():
            _row(name, group)
    print("precision at prevalence:", json.dumps(made["precision_at_prevalence"]))
    print("latency:", json.dumps(made["latency"]))


def _row(name: str, group: dict[str, Any]) -> None:
    cells = [group[column] for column in ("precision", "recall", "false_positive_rate", "inconclusive")]
    texts = ["-" if c["value"] is None else f"{c['value']:.3f} [{c['low']:.3f}, {c['high']:.3f}]" for c in cells]
    print(f"{name:28}{group['n']:>5}  " + "".join(f"{text:22}" for text in texts))


def write_cases(judged: Iterable[Judged], path: Path) -> None:
    """Write one line a record: what was said of it and why, without its code."""
    with path.open("w", encoding="utf-8") as out:
        for row in judged:
            case = {
                "id": row.record.id,
                "kind": row.record.kind,
                "positive": row.record.positive,
                "verdict": row.verdict,
                "rules": row.rules,
                "explanation": row.explanation,
                "skipped": row.skipped,
                "seconds": round(row.seconds, 3),
            }
            out.write(json.dumps(case) + "\n")


async def measure(options: argparse.Namespace) -> tuple[list[Judged], float]:
    """Run the corpus through an embedded suite, or the one at an address."""
    wanted = list(records(options.corpus, options.language))[: options.limit]
    stages = [name for name in options.stages.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="assay-precision-") as state:
        settings = Settings(state_dir=Path(state), log_level="error")
        async with embedded(settings) as address, connect(options.gateway or address) as suite:
            started = time.monotonic()
            judged = await judge_all(suite, wanted, stages, options.concurrency)
            return judged, time.monotonic() - started


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--language", help="only records of this language")
    parser.add_argument("--stages", default="", help="comma-separated; default: all")
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    parser.add_argument("--cases", type=Path, help="write a JSON line for each record")
    parser.add_argument("--gateway", help="the address of a running suite; default: an embedded one")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--limit", type=int, help="only the first records")
    options = parser.parse_args()
    logs.configure("error", "text")
    judged, seconds = asyncio.run(measure(options))
    made = report(judged, seconds)
    show(made)
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    if options.cases:
        write_cases(judged, options.cases)


if __name__ == "__main__":
    main()
