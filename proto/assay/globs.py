"""
Patterns that name files, as a .gitignore does, and rules.

They are matched part by part, in time that grows with the product of the lengths and no faster: whoever writes a
pattern cannot make the search slow.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

MAX_CHARACTERS = 512
"""Of a pattern."""


def names(pattern: str, text: str) -> bool:
    """Return whether a pattern with "*", "?" and "[…]" names a text, for example a rule's identifier."""
    return fnmatchcase(text, pattern)


def covers(pattern: str, path: str) -> bool:
    """
    Return whether a pattern covers a relative path with forward slashes.

    "*", "?" and "[…]" stay within a part of the path, "**" goes across parts. Without a slash before its end the
    pattern names a file or folder at any depth. A folder means all below it; with a slash at its end the pattern means
    folders alone. There is no "!".
    """
    parts = pattern.strip("/").split("/")
    depth = [] if "/" in pattern.rstrip("/") else ["**"]
    below = ["*", "**"] if pattern.endswith("/") else ["**"]
    return _matches([*depth, *parts, *below], path.split("/"))


def _matches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Follow every way at one time: a set of places in the pattern, moved on by each part of the path."""
    reached = _onwards({0}, pattern)
    for part in path:
        stay = {place for place in reached if place < len(pattern) and pattern[place] == "**"}
        step = {place + 1 for place in reached - stay if place < len(pattern) and fnmatchcase(part, pattern[place])}
        reached = _onwards(stay | step, pattern)
    return len(pattern) in reached


def _onwards(places: set[int], pattern: Sequence[str]) -> set[int]:
    """Return the places, and those behind a "**" that takes no part."""
    reached = set(places)
    for place in sorted(places):
        at = place
        while at < len(pattern) and pattern[at] == "**":
            at += 1
            reached.add(at)
    return reached
