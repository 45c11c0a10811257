"""ruff, with the rules that tell of errors and not of taste."""

import json

from benchmarks.peers.peer import TARGET, Bench, Peer, Reports, collected, output

RULES = "E9,F63,F7,F82"


def run_ruff(bench: Bench, rules: str = RULES) -> Reports:
    """Run ``ruff check``; errors of syntax have no rule of their own and come under "invalid-syntax"."""
    arguments = ["ruff", "check", "--isolated", "--no-cache", "--select", rules, "--output-format", "json"]
    arguments += ["--target-version", "py" + TARGET.replace(".", "")]
    printed = output(bench, [*arguments, str(bench.files)])
    return collected([(row["filename"], row["code"] or "invalid-syntax") for row in json.loads(printed)])


PEERS = (Peer("ruff", RULES, run_ruff),)
