"""
Comments by which a caller lets the candidate suppress findings: "assay: ignore[RULE, …] reason".

Such a comment counts for its own line, and where it stands alone on its line for the next one too. It is told from a
string by a scan that knows the comments and strings of each language and nothing else of it: what looks like a comment
and is none may count in a regular expression of JavaScript or a here-document of a shell. That is enough for what it is
for, which is one's own code, at one's own wish; without that wish nothing here is asked.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from assay.languages import of_path

MAX_BYTES = 2 * 1024 * 1024
"""Comments of a larger file do not count."""

MAX_IGNORES = 10_000
"""Comments of one file that count, the first of it."""

_IGNORE = re.compile(r"\bassay:[ \t]{0,8}ignore\[([^\]\r\n]{1,500})\][ \t]{0,8}([^\r\n]{0,500})")
_LINE_END = re.compile(r"\r\n|\r|\n")

# A string or comment that never ends goes to the end of its line, or of the text: else the search for its end would
# begin anew at each of its characters.
_DOUBLE = r'"(?:[^"\\\r\n]|\\.)*+(?:"|$|\Z)'
_SINGLE = r"'(?:[^'\\\r\n]|\\.)*+(?:'|$|\Z)"
_QUOTED = f"{_DOUBLE}|{_SINGLE}"
_TRIPLE = r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)|' + r"'''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\Z)"
_BACKTICK = r"`(?:[^`\\]|\\.)*+(?:`|\Z)"
_CHARACTER = r"'(?:[^'\\\r\n]|\\.)'"
_HASH = r"(?:^|(?<=\s))#[^\r\n]*+"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_SLASHES = rf"//[^\r\n]*+|{_BLOCK}"
_DASHES = rf"--[^\r\n]*+|{_BLOCK}"
_MARKUP = r"<!--.*?(?:-->|\Z)"

_FORMS: Mapping[str, tuple[str, str]] = {
    "python": (f"{_TRIPLE}|{_QUOTED}", _HASH),
    "ruby": (_QUOTED, _HASH),
    "bash": (_QUOTED, _HASH),
    "yaml": (rf"{_DOUBLE}|(?<!\w){_SINGLE}", _HASH),
    "javascript": (f"{_QUOTED}|{_BACKTICK}", _SLASHES),
    "typescript": (f"{_QUOTED}|{_BACKTICK}", _SLASHES),
    "go": (f"{_DOUBLE}|{_CHARACTER}|{_BACKTICK}", _SLASHES),
    "java": (f"{_TRIPLE}|{_QUOTED}", _SLASHES),
    "c": (_QUOTED, _SLASHES),
    "cpp": (_QUOTED, _SLASHES),
    "rust": (f"{_DOUBLE}|{_CHARACTER}", _SLASHES),
    "json": (_QUOTED, _SLASHES),
    "php": (_QUOTED, f"{_HASH}|{_SLASHES}"),
    "sql": (_QUOTED, _DASHES),
    "html": (r"(?!)", _MARKUP),
}
"""By language what its strings look like, and its comments."""

_CLOSERS = ("*/", "-->")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment: the rules that it names, as patterns, its line, and the reason that it gives."""

    rules: tuple[str, ...]
    line: int
    reason: str


def ignores(content: bytes, path: str, language: str) -> Mapping[int, tuple[Ignore, ...]]:
    """
    Return the comments of a file that count, by the lines for which they do.

    :param language: What the file is written in where its name does not tell.
    """
    scanner = _scanner(of_path(path) or language)
    if scanner is None or b"assay:" not in content or len(content) > MAX_BYTES:
        return {}
    found: defaultdict[int, list[Ignore]] = defaultdict(list)
    for ignore, alone in _read(content.decode("utf-8-sig", "replace"), scanner):
        found[ignore.line].append(ignore)
        if alone:
            found[ignore.line + 1].append(ignore)
    return {line: tuple(listed) for line, listed in found.items()}


@cache
def _scanner(language: str) -> re.Pattern[str] | None:
    if language not in _FORMS:
        return None
    strings, comments = _FORMS[language]
    return re.compile(f"{strings}|(?P<comment>{comments})", re.DOTALL | re.MULTILINE)


def _read(text: str, scanner: re.Pattern[str]) -> Iterator[tuple[Ignore, bool]]:
    """Yield the comments that ignore something, and whether each stands alone on its line."""
    line, counted, read = 1, 0, 0
    for match in scanner.finditer(text):
        said = _IGNORE.search(match["comment"]) if match["comment"] else None
        if said is None:
            continue
        if read == MAX_IGNORES:
            return
        read += 1
        place = match.start("comment") + said.start()
        line += len(_LINE_END.findall(text, counted, place))
        counted = place
        rules = tuple(rule.strip() for rule in said[1].split(",") if rule.strip())
        yield Ignore(rules, line, _reason(said[2])), _is_alone(text, match)


def _is_alone(text: str, match: re.Match[str]) -> bool:
    begin = match.start()
    start = max(text.rfind("\n", 0, begin), text.rfind("\r", 0, begin)) + 1
    return not text[start:begin].strip()


def _reason(text: str) -> str:
    for closer in _CLOSERS:
        text = text.split(closer, maxsplit=1)[0]
    return text.strip()
