"""How deep a file nests, asked before it is parsed: some parsers take the square of the depth, and one crashes."""

import re
from itertools import accumulate

from assay.errors import PluginFailed

from services.stages.lexer import MAX_BRACKETS, scan
from services.stages.source import Source

MAX_NESTING = 2_000
"""Brackets in one another beyond which a file is not read."""

MAX_INDENTS = 200
"""Indentations in one another beyond which YAML is not read: its scanner keeps them in a buffer of fixed size."""

_STEPS = {ord("("): 1, ord("["): 1, ord("{"): 1, ord(")"): -1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
_LEAD = re.compile(rb"^(?=[^\r\n]{%d})[ ?-]+" % MAX_INDENTS, re.MULTILINE)
_MARKS = re.compile(rb"[?-](?= )")


def is_too_deep(source: Source, language: str) -> bool:
    """
    Say whether a file is one of Python that Python refuses for its nesting, as the static stage tells.

    :raises PluginFailed: It is of another language, and nests deeper than MAX_NESTING or MAX_INDENTS.
    """
    brackets = brackets_in(source.data)
    if language == "python":
        return brackets > MAX_BRACKETS and scan(source.data).too_deep >= 0
    if brackets > MAX_NESTING:
        raise PluginFailed(f"brackets nest deeper than {MAX_NESTING} in {source.path}, which is not read")
    if language == "yaml" and indents_in(source.data) > MAX_INDENTS:
        raise PluginFailed(f"indentation nests deeper than {MAX_INDENTS} in {source.path}, which is not read")
    return False


def brackets_in(data: bytes) -> int:
    """Return how deep brackets stand in one another, those in strings and comments among them; 0 where few stand."""
    if sum(data.count(bracket) for bracket in (b"(", b"[", b"{")) <= MAX_BRACKETS:
        return 0
    return max(accumulate(_STEPS[bracket] for bracket in data.translate(None, _NO_BRACKETS)), default=0)


def indents_in(data: bytes) -> int:
    """Return how many indentations of YAML stand in one another at most; 0 where no line is long enough for many."""
    if not _LEAD.search(data):
        return 0
    deepest, open_at = 0, [-1]
    for line in data.splitlines():
        body = line.lstrip(b" ")
        column = len(line) - len(body)
        if not body or body.startswith(b"#"):
            continue
        while open_at[-1] >= column:
            open_at.pop()
        lead = body[: len(body) - len(body.lstrip(b" ?-"))]
        open_at += [column, *(column + mark.start() for mark in _MARKS.finditer(lead))]
        deepest = max(deepest, len(open_at))
    return deepest
