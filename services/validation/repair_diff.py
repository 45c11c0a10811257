"""What changed between two versions of files: as a unified diff, and as the lines that are other than before."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from assay.findings import LINE_END
from assay.stage import SourceFile

CONTEXT = 3
"""Lines of a unified diff around what changed."""

Pair = tuple[int, int]
"""The indices of one line in two versions."""

Block = tuple[int, int, int, int]
"""Lines that changed: the first and the one after the last, before and afterwards."""

Ranges = tuple[tuple[int, int], ...]
"""Ranges of lines from 1, both ends included."""

Files = Sequence[SourceFile]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def unified(before: Files, after: Files) -> str:
    """
    Return the difference between files of the same paths, as `git apply` and `patch -p1` take it.

    :param after: UTF-8 text, as is what it was before; bytes that are none become U+FFFD.
    """
    return "".join(_file(old, new) for old, new in zip(before, after, strict=True) if old.content != new.content)


def _file(old: SourceFile, new: SourceFile) -> str:
    # Git ends a name that holds a space with a tab, so that patch knows where it ends.
    end = "\t" if " " in old.path else ""
    texts = [_LINE.findall(file.content.decode("utf-8", "replace")) for file in (old, new)]
    return f"--- a/{old.path}{end}\n+++ b/{old.path}{end}\n" + "".join(_hunks(*texts))


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for near in _near(blocks(before, after)):
        start, stop = max(0, near[0][0] - CONTEXT), min(len(before), near[-1][1] + CONTEXT)
        begin = near[0][2] - (near[0][0] - start)
        lines, at = [], start
        for first, last, new_first, new_last in near:
            lines += [f" {line}" for line in before[at:first]]
            lines += [f"-{line}" for line in before[first:last]]
            lines += [f"+{line}" for line in after[new_first:new_last]]
            at = last
        lines += [f" {line}" for line in before[at:stop]]
        count = sum(line[0] != "-" for line in lines)
        yield f"@@ -{_range(start, stop - start)} +{_range(begin, count)} @@\n"
        yield "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _range(start: int, count: int) -> str:
    # A range of no lines is told by the line before it.
    return f"{start + 1 if count else start},{count}"


def _near(changed: Iterable[Block]) -> Iterator[list[Block]]:
    """Yield blocks whose surroundings touch, together."""
    group: list[Block] = []
    for block in changed:
        if group and block[0] - group[-1][1] > 2 * CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def moved(changed: Mapping[str, Ranges], before: Files, after: Files) -> dict[str, Ranges]:
    """
    Return where changed lines are in a later version, by the paths of their files, and with them what is new there.
    """
    contents = {old.path: (old.content, new.content) for old, new in zip(before, after, strict=True)}
    return {path: _moved(ranges, *contents[path]) if path in contents else ranges for path, ranges in changed.items()}


def _moved(ranges: Ranges, before: bytes, after: bytes) -> Ranges:
    if before == after:
        return ranges
    old, new = (LINE_END.split(content.decode("utf-8-sig", "replace")) for content in (before, after))
    place = dict(pairs(old, new))
    lines = {place[index] + 1 for index in _indices(ranges, len(old)) if index in place}
    lines |= {line + 1 for block in blocks(old, new) for line in range(block[2], block[3])}
    runs = (list(run) for _, run in groupby(enumerate(sorted(lines)), key=lambda entry: entry[1] - entry[0]))
    return tuple((run[0][1], run[-1][1]) for run in runs)


def _indices(ranges: Ranges, count: int) -> Iterator[int]:
    """Yield the indices of lines in ranges, each once, however the ranges overlap."""
    seen = 0
    for first, last in sorted(ranges):
        yield from range(max(first - 1, seen), min(last, count))
        seen = max(seen, last)


def blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """Yield what changed, in order."""
    old, new = 0, 0
    for left, right in [*pairs(before, after), (len(before), len(after))]:
        if left > old or right > new:
            yield old, left, new, right
        old, new = left + 1, right + 1


def pairs(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """
    Return which lines are which, in order, in time that grows with their number.

    Lines that stand once in both tell (Heckel 1978), as many as keep their order; equal lines beside them follow.
    """
    found: list[Pair] = []
    old, new = 0, 0
    for left, right in [*_anchors(before, after), (len(before), len(after))]:
        found += _between(before, after, (old, left), (new, right))
        if left < len(before) and right < len(after):
            found.append((left, right))
        old, new = left + 1, right + 1
    return found


def _between(before: Sequence[str], after: Sequence[str], old: Pair, new: Pair) -> list[Pair]:
    """Return the equal lines at the beginning and at the end of two stretches."""
    size = min(old[1] - old[0], new[1] - new[0])
    head = 0
    while head < size and before[old[0] + head] == after[new[0] + head]:
        head += 1
    tail = 0
    while tail < size - head and before[old[1] - 1 - tail] == after[new[1] - 1 - tail]:
        tail += 1
    first = [(old[0] + index, new[0] + index) for index in range(head)]
    return first + [(old[1] - index, new[1] - index) for index in range(tail, 0, -1)]


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Return the lines that stand once in each, as many as are in one order in both."""
    often, often_after = Counter(before), Counter(after)
    place = {line: index for index, line in enumerate(before) if often[line] == 1}
    once = [(place[line], index) for index, line in enumerate(after) if line in place and often_after[line] == 1]
    return _rising(once)


def _rising(once: Sequence[Pair]) -> list[Pair]:
    """Return the longest run of pairs whose first members rise too (Schensted 1961)."""
    ends: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for index, (left, _) in enumerate(once):
        at = bisect_left(ends, left)
        previous.append(last[at - 1] if at else -1)
        # A slice of one, or of none at the end: either way one entry is written.
        ends[at : at + 1], last[at : at + 1] = [left], [index]
    run, index = [], last[-1] if last else -1
    while index >= 0:
        run.append(once[index])
        index = previous[index]
    return run[::-1]
