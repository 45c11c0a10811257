"""Where the candidate defines what a test calls: by its text, in time linear in it, in every language."""

import re
from collections.abc import Iterable
from functools import lru_cache

from assay.stage import Candidate, Location

from .location import line_of

MAX_BYTES = 1024 * 1024
"""Larger files are not searched."""

MAX_FILES = 50
MAX_NAMES = 50
MAX_PLACES = 200
"""Places of one name that are looked at."""

MAX_HEAD = 2_000
"""Characters from a function's name to its body."""

COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
CALL = re.compile(r"\b([A-Za-z_]\w{0,200})\s{0,10}(?:::<[^>]{0,100}>)?[!?]?\(")
KEYWORD = re.compile(r"(?:^|\s)(?:fn|func|def|function|fun)\s+(?:\([^)]*\)\s*)?(?:self\.)?&?$")
TYPE = re.compile(r"\s*(?!(?:return|else|throw|new|delete|assert|case|goto)\b)[A-Za-z_][^;{}()=\"'#!?]*[\s&*>:]$")


def called(statements: Iterable[str]) -> list[str]:
    """Return the names that statements call, in their order, without repetition."""
    return list(dict.fromkeys(name for statement in statements for name in CALL.findall(statement)))[:MAX_NAMES]


def location_of(candidate: Candidate, names: Iterable[str]) -> Location | None:
    """Return the line on which the candidate defines the first of the names that it does define."""
    entry = candidate.entry()
    files = (entry, *(file for file in candidate.files if file is not entry))[:MAX_FILES]
    for name in names:
        for file in files:
            if line := definition_line(file.content, name):
                return line_of(candidate, file.path, line)
    return None


def definition_line(source: bytes, name: str) -> int:
    """Return the line on which a source defines a function, or 0."""
    if len(source) > MAX_BYTES or name.encode() not in source:
        return 0
    text = _without_comments(source)
    for count, found in enumerate(re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)):
        if count == MAX_PLACES:
            break
        before = text[max(text.rfind("\n", 0, found.start()) + 1, found.start() - MAX_HEAD) : found.start()]
        if KEYWORD.search(before) or (_is_typed(before) and _has_body(text[found.end() : found.end() + MAX_HEAD])):
            return text.count("\n", 0, found.start()) + 1
    return 0


@lru_cache(maxsize=8)
def _without_comments(source: bytes) -> str:
    return COMMENT.sub(lambda found: "\n" * found.group().count("\n"), source.decode(errors="replace"))


def _is_typed(before: str) -> bool:
    """Whether a type stands before a name, as in C, or nothing, as before a function of a shell."""
    return not before.strip() or TYPE.match(before) is not None


def _has_body(after: str) -> bool:
    """Whether parameters and then a body follow."""
    if not after.lstrip().startswith("("):
        return False
    depth = 0
    for index, character in enumerate(after):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            rest = re.split(r"[;{=]", after[index + 1 :], maxsplit=1)
            return len(rest) == 2 and after[index + 1 + len(rest[0])] == "{"
    return False
