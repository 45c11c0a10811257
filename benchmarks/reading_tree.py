"""How long a tree of files takes: whole commands, from exec to exit, over files that were copied from packages."""

import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.intervals import quantile
from benchmarks.peers.measured import packages_of

REQUIRED_RATIO = 1.5
"""The most that `assay check` may take of what `ruff check` and `ty check` take together."""

SECONDS = 1200.0
ASSAY = "assay check"
BESIDE = ("ruff check", "ty check")
MAX_BYTES = 200_000
"""Larger files are data with a suffix."""


def copy(environment: Path, files: int, seed: int, folder: Path) -> int:
    """
    Copy files of an environment's packages, chosen by a seed, with the folders that they lie in, and return how many.

    :raises SystemExit: It has fewer.
    """
    root = packages_of(environment)
    assert root is not None
    found = sorted(path for path in root.rglob("*.py") if 0 < path.stat().st_size <= MAX_BYTES)
    if len(found) < files:
        raise SystemExit(f"the environment has {len(found)} files")
    for path in random.Random(seed).sample(found, files):
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return files


def commands(tree: Path, environment: Path) -> Mapping[str, Sequence[str]]:
    """Return the commands, each of which looks packages up in the same environment where it looks any up."""
    beside = str(environment)
    return {
        ASSAY: ("assay", "check", "--no-sandbox", "--no-cache", "--no-config", "--python", beside, str(tree)),
        "ruff check": ("ruff", "check", "--isolated", "--no-cache", str(tree)),
        "ty check": ("ty", "check", "--python", beside, str(tree)),
    }


def measure(environment: Path, files: int, seed: int, rounds: int) -> dict[str, Any]:
    """
    Return the seconds of each command over a tree, in all and of the processors, with medians and ratios.

    All take turns in random order. What the processors took says more where others use the machine too.
    """
    environment = environment.resolve()
    with TemporaryDirectory(prefix="assay-tree-") as name:
        folder = Path(name)
        copy(environment, files, seed, folder / "tree")
        told = commands(folder / "tree", environment)
        taken: dict[str, list[Taken]] = {command: [] for command in told}
        for turn in range(rounds + 1):
            for command in random.sample(list(told), len(told)):
                print(f"round {turn}: {command}", file=sys.stderr, flush=True)
                one = _run(told[command], folder)
                if turn:  # the first run of each fills the page cache
                    taken[command].append(one)
    return {"files": files, "rounds": rounds, "required": REQUIRED_RATIO} | {
        name: _medians({command: [one[place] for one in each] for command, each in taken.items()})
        for place, name in enumerate(("seconds", "cpu_seconds"))
    }


Taken = tuple[float, float]
"""Seconds from exec to exit, and of the processors."""


def _medians(times: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    medians = {command: round(quantile(each, 0.5), 2) for command, each in times.items()}
    return medians | {"ratio": round(medians[ASSAY] / sum(medians[command] for command in BESIDE), 2)}


def _run(arguments: Sequence[str], folder: Path) -> Taken:
    tool = str(Path(sys.executable).with_name(arguments[0]))
    started, before = time.monotonic(), _processors()
    done = subprocess.run(
        [tool, *arguments[1:]],
        cwd=folder,
        env=os.environ | {"ASSAY_STATE_DIR": str(folder / "state")},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    taken = time.monotonic() - started, _processors() - before
    if done.returncode not in {0, 1, 2} or not done.stdout:
        raise SystemExit(f"{arguments[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
    return taken


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(made: Mapping[str, Any]) -> None:
    """Print what was measured."""
    print(f"\na tree of {made['files']:,} files, medians of {made['rounds']} rounds{'seconds':>12}{'CPU':>8}")
    for command in (ASSAY, *BESIDE, "ratio"):
        print(f"{command:44}{made['seconds'][command]:12.2f}{made['cpu_seconds'][command]:8.2f}")
    word = "met" if made["seconds"]["ratio"] <= made["required"] else "MISSED"
    print(f"assay against both together, required at most {made['required']:g}: {word}")
