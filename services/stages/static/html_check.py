"""Judges one file of HTML. Browsers read anything; what they cannot read is an end that is not there."""

import re
from collections.abc import Iterator
from functools import cache

from assay.stage import Category, Finding, Severity

from services.stages.rules import Example, Rule
from services.stages.source import Source
from services.stages.static.artifacts import InText, artifacts
from services.stages.static.file_rules import nothing
from services.stages.static.syntax import CUT_OFF
from services.stages.static.trees import in_text, parse

UNCLOSED = Rule(
    "static/unclosed-element",
    Category.TRUNCATION,
    Severity.MEDIUM,
    "An element that needs an end has none. Browsers close it somewhere; mostly the page stops early. Elements whose "
    "end HTML lets be left out (p, li, td and their kin) are not meant.",
    fires=(Example("<!DOCTYPE html>\n<html>\n<body>\n<div>\n<p>Hello\n</body>\n</html>\n", "html"),),
    passes=(Example("<ul>\n<li>One\n<li>Two\n</ul>\n<br>\n", "html"),),
    confidence=0.6,
)

_TOKEN = re.compile(
    rb"<!--(?s:.)*?-->|<!\[CDATA\[(?s:.)*?(?:\]\]>|\Z)|<[!?][^>]*+>"
    rb"|<(?P<raw>script|style|textarea|title)\b(?:[^>\"']++|\"[^\"]*+\"|'[^']*+'){0,200}+>(?s:.)*?</(?P=raw)\s*+>"
    rb"|</(?P<end>[a-zA-Z][\w:-]*+)[^>]*+>"
    rb"|<(?!(?:script|style|textarea|title)\b)(?P<start>[a-zA-Z][\w:-]*+)(?:[^>\"']++|\"[^\"]*+\"|'[^']*+'){0,200}+>"
    rb"|(?P<open><!--|<(?:script|style|textarea|title)\b|<[/a-zA-Z][^>]*+\Z)",
    re.IGNORECASE,
)
_NEEDS_END = frozenset(
    b"html head body div section article main header footer nav table ul ol dl form select button span a script style "
    b"svg pre code h1 h2 h3 h4 h5 h6 label strong em template".split()
)
MAX_DEPTH = 1_000
"""Elements open at one time beyond which there is no tree of them."""

MAX_LEVELS = 50
"""Elements above one that are searched for its beginning."""

_TEMPLATE = re.compile(rb"\{%|<%|<\?php|\{\{[#/]|\bth:|\bv-if")


def check_html(source: Source, *, entry: bool) -> Iterator[Finding]:
    """Yield what is wrong with a page or a part of one."""
    if entry:
        yield from nothing(source, False)
    open_at, unclosed = _scan(source.data)
    yield from artifacts(source, _in_text(source, len(unclosed)), lambda data: bool(data.strip()), broken=False)
    if open_at >= 0:
        place = source.location(open_at, source.line_end(open_at))
        yield CUT_OFF.finding("The page stops inside a tag, a comment or a script.", place)
    elif unclosed and _stops(source.data, unclosed):
        place = source.location(len(source.data.rstrip()), len(source.data.rstrip()))
        yield CUT_OFF.finding(f"The page stops before it ends, inside <{unclosed[-1][0]}>.", place)
    elif unclosed and not _TEMPLATE.search(source.data):
        name, at = unclosed[-1]
        place = source.location(at, source.line_end(at))
        yield UNCLOSED.finding(f"The element <{name}> has no end.", place)


def _in_text(source: Source, depth: int) -> InText:
    """Return what tells text from markup; the tree is made where it is asked, and takes the square of the depth."""
    root = cache(lambda: parse(source.parsed if depth <= MAX_DEPTH else b"", "html"))
    return lambda offset: in_text(root(), offset)


_PAGE_END = re.compile(rb"</(?:html|body)\b", re.IGNORECASE)


def _stops(data: bytes, unclosed: list[tuple[str, int]]) -> bool:
    """Say whether a page has neither its own end nor that of an element which needs one."""
    names = {name for name, _ in unclosed}
    whole_page = "html" in names and not _PAGE_END.search(data)
    return whole_page and bool(names - {"html", "body", "head"}) and not _TEMPLATE.search(data)


Opened = list[tuple[bytes, int]]
"""Elements, each with its offset."""


def _scan(data: bytes) -> tuple[int, list[tuple[str, int]]]:
    """Return where a tag, comment or script begins that has no end, else -1; and the elements without an end."""
    stack: Opened = []
    lost: Opened = []
    for match in _TOKEN.finditer(data):
        if match["open"] is not None:
            return match.start(), []
        if match["start"] is not None and not match[0].endswith(b"/>"):
            name = match["start"].lower()
            if name in _NEEDS_END:
                stack.append((name, match.start()))
        elif match["end"] is not None:
            _end(stack, match["end"].lower(), lost)
    return -1, [(name.decode(), at) for name, at in [*stack, *lost]]


def _end(stack: Opened, name: bytes, lost: Opened) -> None:
    """
    Take an element off the stack, with what was opened inside it and not closed; few levels are looked through.

    :param lost: Gets what the end of the page's body closes.
    """
    for back in range(1, min(len(stack), MAX_LEVELS) + 1):
        if stack[-back][0] == name:
            if name in (b"body", b"html"):
                lost += stack[len(stack) - back + 1 :][:MAX_LEVELS]
            del stack[-back:]
            return
