"""
What the reading stages say against code that is known to be real: files of the standard library, chosen by a seed.

    python -m benchmarks.false_alarms [--seed 1] [--count 200] [--root FOLDER]

Prints every finding of severity HIGH or worse, for a person to read. Each is a true find or a defect of a rule.
"""

import argparse
import asyncio
import platform
import random
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from assay.client import Suite, connect
from assay.v1 import candidate_pb2, finding_pb2, validation_pb2

from benchmarks.intervals import Proportion
from host import logs
from host.embedded import embedded
from host.settings import Settings

READING = ("static", "placeholder", "semantic")
LEFT_OUT = {"site-packages", "test", "tests", "idle_test", "lib2to3", "__pycache__"}
CALL_SECONDS = 120.0


def choose(root: Path, seed: int, count: int) -> list[Path]:
    """Return files below a folder, chosen by a seed; its tests, and deliberately broken data, are left out."""
    found = sorted(path for path in root.rglob("*.py") if LEFT_OUT.isdisjoint(path.relative_to(root).parts))
    return random.Random(seed).sample(found, min(count, len(found)))


async def alarms(suite: Suite, root: Path, path: Path) -> list[finding_pb2.Finding]:
    """Return the findings of HIGH or worse on one file, which is read as what this interpreter runs."""
    name = path.relative_to(root).as_posix()
    candidate = candidate_pb2.Candidate(
        files=[candidate_pb2.SourceFile(path=name, content=path.read_bytes())],
        language="python",
        language_version=".".join(platform.python_version_tuple()[:2]),
    )
    request = validation_pb2.ValidateRequest(
        candidate=candidate, policy=validation_pb2.ValidationPolicy(stages=READING)
    )
    answer = await suite.validation.Validate(request, timeout=CALL_SECONDS)
    findings = [finding for result in answer.validation.stage_results for finding in result.findings]
    return [finding for finding in findings if finding.severity >= finding_pb2.SEVERITY_HIGH]


async def measure(root: Path, paths: Sequence[Path]) -> None:
    """Print the alarms of every file, then how many files raised one."""
    alarmed, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="assay-alarms-") as state:
        settings = Settings(state_dir=Path(state), sandbox_enabled=False, log_level="error")
        async with embedded(settings) as address, connect(address) as suite:
            for path in paths:
                findings = await alarms(suite, root, path)
                alarmed += bool(findings)
                for finding in findings:
                    where = f"{path.relative_to(root)}:{finding.location.start_line}"
                    print(f"{where}: {finding.rule_id}: {finding.message}")
    share = Proportion(alarmed, len(paths)).as_json()
    print(f"{alarmed} of {len(paths)} files with an alarm: {share}; {time.monotonic() - started:.1f} s")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--root", type=Path, default=Path(sysconfig.get_path("stdlib")))
    options = parser.parse_args()
    logs.configure("error", "text")
    asyncio.run(measure(options.root, choose(options.root, options.seed, options.count)))


if __name__ == "__main__":
    main()
