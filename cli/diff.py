"""
Which lines were changed: what Git says between a commit and the files as they lie there.

The files are read whole, since what is wrong with a change may show only beside the rest; findings on changed lines
count. Where lines were taken away, their neighbours are taken as changed.
"""

import ast
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.arguments import UNCOMMITTED
from cli.sources import GIT, BadSource, Source

LAST_LINE = 2**31 - 1

_SECONDS = 60
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")

_NO_LINE_END = b"\\"

Ranges = tuple[tuple[int, int], ...]
"""Ranges of lines, both ends included."""

WHOLE: Ranges = ((1, LAST_LINE),)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed lines of files, by their absolute paths."""

    lines: dict[str, Ranges]

    def of(self, source: Source) -> Ranges | None:
        """Return the changed lines of a source; None where it was not changed."""
        return None if source.path is None else self.lines.get(os.path.realpath(source.path))


def changes(base: str, folder: Path) -> Changes:
    """
    Return what was changed since a commit, in the repository that a folder belongs to.

    Compared are the files as they lie there with the last commit that the base and HEAD have in common, as in a review
    of a branch. Files that Git does not know yet, and does not ignore, are changed as a whole.

    :raises BadSource: Git is not there, or does not know the commit.
    """
    root = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n")))
    since = _common(base, root)
    patch = _git(
        root, "diff", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "--text", "--unified=0",
        "--diff-filter=d", "--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/", since, "--",
    )  # fmt: skip
    lines = {os.path.realpath(root / path): ranges for path, ranges in _read(patch)}
    for name in _git(root, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0"):
        if name:
            lines[os.path.realpath(root / os.fsdecode(name))] = WHOLE
    return Changes(lines)


def _common(base: str, root: Path) -> str:
    """Return the last commit that a base and HEAD have in common; before the first commit, the empty tree."""
    if base == UNCOMMITTED and not _has(root, UNCOMMITTED):
        return _git(root, "hash-object", "-t", "tree", os.devnull).decode().strip()
    if not _has(root, base):
        raise BadSource(f"--diff {base}: Git knows no such commit")
    try:
        return _git(root, "merge-base", "--end-of-options", base, UNCOMMITTED).decode().strip()
    except BadSource:
        raise BadSource(f"--diff {base}: it has no commit in common with HEAD; a shallow clone may lack it") from None


def _has(root: Path, commit: str) -> bool:
    try:
        _git(root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{commit}^{{commit}}")
    except BadSource:
        return False
    return True


def _git(folder: Path, *arguments: str) -> bytes:
    command = [*GIT, "-c", "core.quotePath=true", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise BadSource("--diff: Git is not installed") from None
    except (OSError, subprocess.TimeoutExpired):
        raise BadSource("--diff: Git does not answer") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
        raise BadSource(f"--diff: Git says: {said[0]}")
    return done.stdout


def _read(patch: bytes) -> Iterator[tuple[str, Ranges]]:
    """Yield the files of a patch without context, with the ranges of their new lines."""
    path, ranges = "", list[tuple[int, int]]()
    lines = iter(patch.split(b"\n"))
    for line in lines:
        if line.startswith((b"+++ b/", b'+++ "b/')):
            if path:
                yield path, tuple(ranges)
            path, ranges = _path(line.removeprefix(b"+++ ")), []
        elif found := _HUNK.match(line):
            taken, first, given = int(found[1] or 1), int(found[2]), int(found[3] or 1)
            ranges.append((max(first, 1), first + 1) if not given else (first, first + given - 1))
            # What follows is text of the files, whatever it looks like.
            left = taken + given
            while left and (text := next(lines, None)) is not None:
                left -= not text.startswith(_NO_LINE_END)
    if path:
        yield path, tuple(ranges)


def _path(text: bytes) -> str:
    """Return the path that Git wrote, without its prefix: in quotes where it has odd characters."""
    text = text.removesuffix(b"\t")
    if text.startswith(b'"'):
        text = ast.literal_eval("b" + text.decode("ascii"))
    return os.fsdecode(text.removeprefix(b"b/"))


def changed_sources(sources: Sequence[Source], found: Changes) -> list[Source]:
    """Return the sources that were changed."""
    return [source for source in sources if found.of(source) is not None]
