"""The tools that look for generated code which only looks like code."""

import json

from benchmarks.peers.peer import Bench, Peer, Reports, collected, output

SEVERE = frozenset({"high", "critical"})


def run_sloppylint(bench: Bench) -> Reports:
    """Run ``sloppylint``; all that it reports by default counts."""
    written = bench.scratch / "sloppylint.json"
    output(bench, ["sloppylint", str(bench.files), "--output", str(written)])
    rows = json.loads(written.read_text(encoding="utf-8"))["issues"]
    return collected([(row["file"], row["pattern_id"]) for row in rows])


def run_detector(bench: Bench) -> Reports:
    """Run ``ai-slop-detector``: patterns of high and critical severity, and files whose status is not clean."""
    arguments = ["ai-slop-detector", "--project", "--include-tests", "--read-only", "--no-color", "--json"]
    printed = output(bench, [*arguments, str(bench.files)])
    rows = []
    for file in json.loads(printed)["file_results"]:
        rules = [row["pattern_id"] for row in file["pattern_issues"] if row["severity"] in SEVERE]
        rules += [file["status"]] if file["status"] != "clean" else []
        rows += [(file["file_path"], rule) for rule in rules]
    return collected(rows)


PEERS = (
    Peer("sloppylint", "all that it reports", run_sloppylint),
    Peer("ai-slop-detector", "patterns HIGH or worse, status not clean", run_detector, imports="phantom_import"),
)
