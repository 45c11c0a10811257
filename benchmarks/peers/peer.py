"""What a peer is, and how its command is run: over a folder of files at once, without this machine's settings."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

SECONDS = 1800.0
"""The longest that one run of a peer may take."""

DONE = frozenset({0, 1})
"""The exit statuses of a run that did its work: nothing, or something, was found."""

TARGET = "3.13"
"""The version of Python that records are written for."""

Reports = Mapping[str, frozenset[str]]
"""By file name, the rules of which something was reported."""


@dataclass(frozen=True, slots=True)
class Bench:
    """
    Where a peer finds what it needs.

    :param files: The folder of the sources: flat, every file for itself.
    :param scratch: A folder for what it writes and is told.
    :param packages: The folder in which third-party packages are looked up; None: there are none.
    """

    files: Path
    scratch: Path
    packages: Path | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """
    One tool.

    :param name: That of its distribution.
    :param counts: What of its output counts as a report, for the reader of the figures.
    :param run: Runs it over the whole folder.
    :param imports: Its rule for an import that it does not find; what the others report has a row of its own.
    """

    name: str
    counts: str
    run: Callable[[Bench], Reports]
    imports: str = ""

    @property
    def version(self) -> str:
        """The version that is installed here."""
        return version(self.name)


class PeerFailed(Exception):
    """A peer did not do its work; says which, and what it ended with."""


def output(bench: Bench, arguments: Sequence[str]) -> str:
    """
    Run a tool of this environment in the scratch folder and return what it printed.

    :param arguments: The tool's name first.
    :raises PeerFailed: It ended with another status than those of a run that did its work, or not in time.
    """
    done = run(bench, arguments)
    if done.returncode not in DONE:
        raise PeerFailed(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-300:]}")
    return done.stdout


def run(bench: Bench, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """
    Run a tool like :func:`output`, whatever it ends with.

    :raises PeerFailed: It did not end in time.
    """
    tool = str(Path(sys.executable).with_name(arguments[0]))
    try:
        return subprocess.run(
            [tool, *arguments[1:]],
            cwd=bench.scratch,
            env=_environment(bench),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"{arguments[0]} took longer than {SECONDS:g} s") from None


def _environment(bench: Bench) -> dict[str, str]:
    """Return variables with which tools that look packages up in their own path find those of the bench last."""
    hook = bench.scratch / "hook"
    hook.mkdir(exist_ok=True)
    lines = f"import sys\nsys.path.append({str(bench.packages)!r})\n" if bench.packages else ""
    (hook / "sitecustomize.py").write_text(lines, encoding="utf-8")
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(bench.scratch),
        "PYTHONPATH": str(hook),
        "LC_ALL": "C.UTF-8",
    }


def collected(rows: Sequence[tuple[str, str]]) -> Reports:
    """Return reports of pairs of a path and a rule."""
    found: dict[str, set[str]] = {}
    for path, rule in rows:
        found.setdefault(Path(path).name, set()).add(rule)
    return {name: frozenset(rules) for name, rules in found.items()}
