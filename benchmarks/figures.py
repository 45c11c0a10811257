"""Figures over judged records: each a share with its n and its Wilson interval."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.corpus import Record
from benchmarks.intervals import Proportion, quantile
from benchmarks.judged import Judged

POOLED_BELOW = 30
"""Kinds of fewer records are also given together: by themselves they say little."""

PREVALENCES = (0.05, 0.2, 0.5)


def recall(judged: Iterable[Judged]) -> Proportion:
    """Return how many of the inauthentic records are found; those left undecided are not."""
    positives = [row for row in judged if row.record.positive]
    return Proportion(sum(row.found for row in positives), len(positives))


def false_positives(judged: Iterable[Judged]) -> Proportion:
    """Return how many of the authentic records are called inauthentic."""
    negatives = [row for row in judged if not row.record.positive]
    return Proportion(sum(row.found for row in negatives), len(negatives))


def figures(judged: Iterable[Judged]) -> dict[str, Any]:
    """Return n, precision, recall, false-positive rate and the share inconclusive of some records."""
    rows = list(judged)
    found, alarms = recall(rows), false_positives(rows)
    return {
        "n": len(rows),
        "precision": Proportion(found.hits, found.hits + alarms.hits).as_json(),
        "recall": found.as_json(),
        "false_positive_rate": alarms.as_json(),
        "inconclusive": Proportion(sum(row.undecided for row in rows), len(rows)).as_json(),
    }


def grouped(judged: Iterable[Judged], key: Callable[[Record], str]) -> dict[str, Any]:
    """Return the figures of each group of records."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in judged:
        groups[key(row.record)].append(row)
    return {name: figures(rows) for name, rows in sorted(groups.items())}


def pooled(judged: Sequence[Judged]) -> Callable[[Record], str]:
    """Return what names a record's kind, where kinds of few records share one name."""
    counts = Counter(row.record.kind for row in judged)

    def name(record: Record) -> str:
        if counts[record.kind] >= POOLED_BELOW:
            return record.kind
        if record.hard_negative:
            return "other hard negatives"
        return "other inauthentic" if record.positive else "other authentic"

    return name


def precision_at(judged: Sequence[Judged]) -> dict[str, float | None]:
    """Return the precision that the measured rates give where a stated share of the traffic is inauthentic."""
    found, alarms = recall(judged).value, false_positives(judged).value
    if found is None or alarms is None:
        return {f"{share:g}": None for share in PREVALENCES}
    rates = {share: (share * found, (1 - share) * alarms) for share in PREVALENCES}
    return {f"{s:g}": round(hit / (hit + miss), 4) if hit + miss else None for s, (hit, miss) in rates.items()}


def latency(judged: Sequence[Judged], seconds: float) -> dict[str, Any]:
    """Return quantiles in milliseconds, of whole validations and of each stage where it completed."""
    by_stage: dict[str, list[float]] = defaultdict(list)
    for row in judged:
        for stage, taken in row.stages.items():
            by_stage[stage].append(taken)
    return {
        "total_seconds": round(seconds, 1),
        "validation_ms": quantiles([row.seconds for row in judged]),
        "stage_ms": {stage: quantiles(times) for stage, times in sorted(by_stage.items())},
    }


def quantiles(times: Sequence[float]) -> Mapping[str, float]:
    """Return p50, p95 and p99 of times in seconds, as milliseconds."""
    return {f"p{q}": round(quantile(times, q / 100) * 1000, 2) for q in (50, 95, 99)}
