"""
Trains the model of the scoring stage on labelled corpora, and writes it with its card.

    python -m services.stages.scoring.train CORPUS.jsonl … --out services/stages/scoring/data

Runs every stage over every record, with and without its tests, in an embedded suite with its sandbox; what they say is
kept, so that training again takes seconds where no stage changed. Needs the extra `scoring`, and the working tree.
"""

import argparse
import asyncio
import hashlib
import json
import sys
import time
from pathlib import Path

from benchmarks.corpus import records
from host import logs
from services.stages.scoring.training.collect import Told, collect


def main() -> None:
    """Run the command line."""
    from services.stages.scoring.training.make import make

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the model, its manifest and its card")
    parser.add_argument(
        "--kept", type=Path, default=Path("build/scoring.sqlite"), help="where stages' results are kept"
    )
    parser.add_argument("--gateway", default="", help="the address of a running suite; default: an embedded one")
    parser.add_argument("--concurrency", type=int, default=2, help="records under way at one time")
    options = parser.parse_args()
    logs.configure("error", "text")
    started = time.monotonic()
    told = asked(options.corpus, options.kept, options.concurrency, options.gateway)
    _say(f"asked the stages in {time.monotonic() - started:.0f} s")
    started = time.monotonic()
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in options.corpus}
    options.out.mkdir(parents=True, exist_ok=True)
    _say(json.dumps(make(told, digests, options.out), indent=2))
    _say(f"trained in {time.monotonic() - started:.0f} s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def asked(corpora: list[Path], kept: Path, concurrency: int, gateway: str) -> list[Told]:
    """Return what the stages say of the records of corpora."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    wanted = [record for path in corpora for record in records(path)]
    return asyncio.run(collect(wanted, kept, concurrency=concurrency, gateway=gateway))


if __name__ == "__main__":
    main()
