"""A report of judged records: as data, for a person to read, and a line for each record without its code."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.calibration import brier, reliability
from benchmarks.corpus import Record
from benchmarks.figures import figures, grouped, latency, pooled, precision_at
from benchmarks.judged import Judged
from benchmarks.required import GROUPS, required
from benchmarks.whole import whole

COLUMNS = ("precision", "recall", "false_positive_rate", "inconclusive")

FOLDS = (
    "Rules have no parameters. The scorer was trained on the files that its card names: over those its scores are no "
    "measure. By file, below."
)


def report(
    judged: Sequence[Judged], seconds: float, peers: Mapping[str, Sequence[Judged]] | None = None
) -> dict[str, Any]:
    """
    Return everything that was measured.

    :param peers: What the peers reported, over the records that they can read, by name.
    """
    return {
        "folds": FOLDS,
        "required": required(judged, peers or {}),
        "required_of_the_whole": whole(judged),
        "required_by_file": {name: required(rows, {}) for name, rows in _files(judged).items()},
        "overall": figures(judged),
        "confusion": {
            label: dict(Counter(row.verdict for row in judged if row.record.positive is positive))
            for label, positive in (("authentic", False), ("inauthentic", True))
        },
        "precision_at_prevalence": precision_at(judged),
        "hard_negatives": figures(row for row in judged if row.record.hard_negative),
        **{f"by_{name}": grouped(judged, key) for name, key in _keys(judged).items()},
        "scores": {name: scores(rows) for name, rows in _with_and_without_tests(judged).items()},
        "latency": latency(judged, seconds),
        "peers": _peers(judged, peers or {}),
    }


def scores(judged: Iterable[Judged]) -> dict[str, Any]:
    """Return how good the scores of records are as probabilities, and what made them."""
    rows = [row for row in judged if row.score is not None]
    scored = [(float(row.score or 0.0), not row.record.positive) for row in rows]
    return {
        "n": len(rows),
        "scorers": dict(Counter(row.scorer for row in rows)),
        "brier": brier(scored),
        "reliability": reliability(scored),
    }


def _with_and_without_tests(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    real = [row for row in judged if row.record.origin == "real_llm"]
    return {
        "all": list(judged),
        "with tests": [row for row in judged if row.record.has_tests],
        "without tests": [row for row in judged if not row.record.has_tests],
        "real_llm with tests": [row for row in real if row.record.has_tests],
        "real_llm without tests": [row for row in real if not row.record.has_tests],
    }


def _files(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    names = sorted({row.record.file for row in judged})
    return {name: [row for row in judged if row.record.file == name] for name in names}


def _keys(judged: Sequence[Judged]) -> dict[str, Callable[[Record], str]]:
    return {
        "file": lambda record: record.file,
        "tests": lambda record: "with tests" if record.has_tests else "without tests",
        "origin": lambda record: record.origin,
        "language": lambda record: record.language,
        "kind_pooled": pooled(judged),
        "kind": lambda record: record.kind,
    }


def _peers(judged: Sequence[Judged], peers: Mapping[str, Sequence[Judged]]) -> dict[str, Any]:
    """Return the figures of the suite and of each peer over the same records."""
    if not peers:
        return {}
    shared = {row.record.id for rows in peers.values() for row in rows}
    everyone = {"assay": [row for row in judged if row.record.id in shared], **peers}
    return {
        name: figures(rows)
        | {
            "precision_at_prevalence": precision_at(rows),
            "groups": {group.name: group.of(rows).as_json() for group in GROUPS},
            "by_kind": grouped(rows, lambda record: record.kind),
        }
        for name, rows in everyone.items()
    }


def show(made: dict[str, Any]) -> None:
    """Print a report for a person."""
    print("verdicts:", json.dumps(made["confusion"]))
    print(made["folds"])
    _show_required("required of what is read", made["required"])
    _show_required("required of the whole, with all stages", made["required_of_the_whole"])
    for name, rows in made["required_by_file"].items():
        _show_required(f"required, {name} alone", rows)
    print(f"\n{'':28}{'n':>5}  " + "".join(f"{column:30}" for column in COLUMNS))
    for title in ("overall", "hard_negatives"):
        _row(title, made[title])
    for title in (title for title in made if title.startswith("by_")):
        print(f"-- {title}")
        for name, group in made[title].items():
            _row(name, group)
    print("precision at prevalence:", json.dumps(made["precision_at_prevalence"]))
    _show_scores(made["scores"])
    print("latency:", json.dumps(made["latency"]))
    if made["peers"]:
        _show_peers(made["peers"])


def _show_scores(groups: Mapping[str, Mapping[str, Any]]) -> None:
    print("-- scores as probabilities: Brier; then mean score, share authentic and n of each bin")
    for name, group in groups.items():
        bins = "  ".join(f"{one['score']:.2f} {one['authentic']:.2f} /{one['n']}" for one in group["reliability"])
        print(f"{name:28}{group['n']:>5}  {group['brier'] if group['brier'] is not None else '-':<8}{bins}")
        print(f"{'':35}by {json.dumps(group['scorers'])}")


def _row(name: str, group: Mapping[str, Any]) -> None:
    print(f"{name:28}{group['n']:>5}  " + "".join(f"{_text(group[column]):30}" for column in COLUMNS))


def _text(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    if figure["low"] is None:
        return f"{figure['value']:.4f} /{figure['n']}"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}] /{figure['n']}"


def _show_required(title: str, rows: Iterable[Mapping[str, Any]]) -> None:
    print(f"\n{title:54}{'measured':32}{'bound':>8}")
    words = {True: "met", False: "MISSED", None: ""}
    for row in rows:
        bound = "" if row["required"] is None else f"{row['required']:.3f}"
        beside = f", beside {row['peer']}" if "peer" in row else ""
        print(f"{row['name']:54}{_text(row):32}{bound:>8}  {words[row['met']]}{beside}")


def _show_peers(peers: Mapping[str, Any]) -> None:
    print("\n-- beside the peers, over the records that they can read")
    for name, group in peers.items():
        _row(name, group)
    print(f"\n{'':40}" + "".join(f"{name[:17]:>18}" for name in (group.name.split(": ")[-1] for group in GROUPS)))
    for name, group in peers.items():
        values = [group["groups"][one.name] for one in GROUPS]
        cells = ["-" if v["value"] is None else f"{v['value']:.3f} /{v['n']}" for v in values]
        print(f"{name:40}" + "".join(f"{cell:>18}" for cell in cells))


def write_cases(judged: Iterable[Judged], path: Path) -> None:
    """Write one line a record: what was said of it and why, without its code."""
    with path.open("w", encoding="utf-8") as out:
        for row in judged:
            case = {
                "id": row.record.id,
                "file": row.record.file,
                "language": row.record.language,
                "kind": row.record.kind,
                "positive": row.record.positive,
                "verdict": row.verdict,
                "score": None if row.score is None else round(row.score, 4),
                "scorer": row.scorer,
                "rules": row.rules,
                "explanation": row.explanation,
                "skipped": row.skipped,
                "seconds": round(row.seconds, 3),
            }
            out.write(json.dumps(case) + "\n")
