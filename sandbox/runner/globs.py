"""Globs over paths, as the artifacts of a run are named by: "*" and "?" within a part, "**" across parts."""

import re
from collections.abc import Callable


def translate(glob: str) -> str:
    """Return the regular expression of a glob. "[" is taken literally unless it opens a set that is closed."""
    pieces: list[str] = []
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position):
            pieces.append("(?:[^/]+/)*")
            position += 3
        elif glob.startswith("**", position):
            pieces.append(".*")
            position += 2
        else:
            piece, position = _one(glob, position)
            pieces.append(piece)
    return "".join(pieces)


def _one(glob: str, position: int) -> tuple[str, int]:
    character = glob[position]
    if character == "*":
        return "[^/]*", position + 1
    if character == "?":
        return "[^/]", position + 1
    if character == "[" and (end := glob.find("]", position + 2)) > 0:
        inner = glob[position + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
        negated = inner[0] in "!^"
        return f"(?!/)[{'^' if negated else ''}{inner[1:] if negated else inner}]", end + 1
    return re.escape(character), position + 1


def matcher(globs: list[str]) -> Callable[[bytes], bool]:
    """Return a function that tells whether a path matches any of the globs."""
    patterns = [re.compile(translate(glob), re.DOTALL) for glob in globs]

    def matches(path: bytes) -> bool:
        text = path.decode("utf-8", "surrogateescape")
        return any(pattern.fullmatch(text) for pattern in patterns)

    return matches
