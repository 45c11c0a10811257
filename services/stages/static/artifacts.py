"""What is not code and was left in: Markdown fences, merge markers, talk around the code. In a file that does not parse
they are looked for everywhere outside of strings and comments; where one parses, only where nothing else can be
meant."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from assay.stage import Category, Finding, Fix, Location, Severity, TextEdit

from services.stages.rules import Rule
from services.stages.source import Source

FENCE = Rule(
    "static/markdown-fence",
    Category.ARTIFACT,
    Severity.CRITICAL,
    "Lines such as ```python come from a chat's answer, not from a source file; no compiler reads them. In "
    "strings and comments they may stand.",
    fires=(
        "```python\nx = 1\n```\n",
        "Here it is:\n\n```python\ndef f():\n    return 1\n```\n\nThis returns one.\n",
        "def f():\n    return 1\n```\n[End",
        "~~~\nx = 1\n~~~\n",
    ),
    passes=('"""Use it so:\n\n```python\nf()\n```\n"""\nx = 1\n', "# ```python\nx = 1\n# ```\n", 'x = "```"\n'),
)

MERGE = Rule(
    "static/merge-marker",
    Category.ARTIFACT,
    Severity.CRITICAL,
    "A conflict of a merge was never resolved: both sides stand in the file. Which one is meant only a person can say.",
    fires=("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> branch\n", "x = 1\n>>>>>>> 1a2b3c\n"),
    passes=('x = """\n<<<<<<< HEAD\n=======\n>>>>>>> b\n"""\n', "x = 1 << 7\n"),
)

TALK = Rule(
    "static/conversation",
    Category.ARTIFACT,
    Severity.CRITICAL,
    "Sentences around the code are part of a conversation about it. No compiler reads them.",
    fires=(
        "Here is the function you asked for:\n\ndef f():\n    return 1\n",
        "def f():\n    return 1\n\nThis function returns one, as you wanted.\n",
        "Sure! I can help with that.\n\nx = 1\n",
    ),
    passes=(
        '"""Here is the function you asked for."""\nx = 1\n',
        "# This function returns one, as you wanted.\nx = 1\n",
    ),
)

_FENCE = re.compile(rb"\s*(?:`{3,}|~{3,})[\w+#.-]*\s*")
_MERGE = re.compile(rb"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")
_TALK = re.compile(rb"[\[/<*-]?\s*[A-Z*\[][\w'*`]*[,!]?(?: .*)?", re.DOTALL)
_CHAT = re.compile(
    rb"(?:sure|certainly|of course|absolutely|great question|here(?:'s| is| are)|below (?:is|are)"
    rb"|i(?:'ve| have|'ll| will))\b"
    rb"[^;{}=<>$|]*[.:!]",
    re.IGNORECASE,
)
_WORD = re.compile(rb"[A-Za-z][A-Za-z'-]*[,.:;!?]?")

MAX_FENCES = 50
"""Fences beyond which a file is no program with a fence left in, and nothing is tried to mend it."""

Parses = Callable[[bytes], bool]
"""Says whether UTF-8 source has no syntax error."""

Lines = range
"""Numbers of lines that follow one another, from 1."""


InText = Callable[[int], bool]
"""Says whether an offset stands inside a string, a comment or the like."""


def artifacts(source: Source, in_text: InText, parses: Parses, *, broken: bool = True) -> Iterator[Finding]:
    """
    Yield what was left in a file.

    :param broken: Whether the file does not parse. Where it does, a fence must be its first or last line, a merge
        marker have both its partners, and talk be what only a chat says.
    """
    marked = _outside(source, in_text)
    merged = [number for number in marked if _MERGE.fullmatch(source.line(number))]
    if _is_conflict(source, merged, broken):
        yield MERGE.finding("A merge conflict was never resolved.", _lines(source, range(merged[0], merged[0] + 1)))
        return
    fences = [number for number in marked if _FENCE.fullmatch(source.line(number))]
    if fences and (broken or _at_an_end(source, fences)):
        few = len(fences) <= MAX_FENCES
        fix = _fix(source, _without_fences(fences, len(source.starts)), parses) if few else ()
        message = "A Markdown fence was left in the source."
        yield FENCE.finding(message, _lines(source, range(fences[0], fences[0] + 1)), fixes=fix)
    elif broken or _CHAT.fullmatch(_first_line(source)):
        yield from _talk(source, in_text, parses)


def _is_conflict(source: Source, merged: list[int], broken: bool) -> bool:
    first = {source.line(number)[:1] for number in merged}
    return bool(first & {b"<", b">"}) if broken else first >= {b"<", b"=", b">"}


def _at_an_end(source: Source, fences: list[int]) -> bool:
    """Say whether the first of the lines is the file's first, or the last one its last, that are not blank."""
    before = source.data[: source.starts[fences[0] - 1]]
    after = source.data[source.starts[fences[-1]] :] if fences[-1] < len(source.starts) else b""
    return not before.strip() or not after.strip()


def _first_line(source: Source) -> bytes:
    return source.data.lstrip().split(b"\n", 1)[0].rstrip()


def _talk(source: Source, in_text: InText, parses: Parses) -> Iterator[Finding]:
    head, tail = _head(source), _tail(source)
    if head and in_text(source.starts[head[0] - 1]):
        return
    talk = [lines for lines in (head, tail) if lines]
    if not talk or len(head) == len(source.starts):
        return
    fix = _fix(source, [talk], parses)
    # Without the proof that the rest is a program, a line of prose may as well be a line of broken code.
    if fix:
        yield TALK.finding("Text of a conversation stands around the code.", _lines(source, talk[0]), fixes=fix)


_MARK = re.compile(rb"^[ \t]*(?:```|~~~|<<<<<<<|>>>>>>>|=======|\|\|\|\|\|\|\|)", re.MULTILINE)


def _outside(source: Source, in_text: InText) -> list[int]:
    """
    Return the lines that begin like a fence or a merge marker, outside of texts; of each kind some are enough.

    Behind a fence that stands outside, others do too, whatever a parser makes of their marks.
    """
    marks = islice(_MARK.finditer(source.data.replace(b"\r", b"\n")), 10 * MAX_FENCES)
    found: list[int] = []
    fenced = False
    for mark in marks:
        fence = mark[0].strip()[:1] in b"`~"
        if (fence and fenced) or not in_text(mark.end() - len(mark[0].lstrip())):
            fenced = fenced or fence
            found.append(source.position(mark.start())[0])
    return found


def _without_fences(fences: list[int], last: int) -> list[list[Lines]]:
    """Return what could be taken out, each as ranges of lines, the least first."""
    ways = [[range(number, number + 1) for number in fences]]
    if len(fences) == 1:
        ways += [[range(fences[0], last + 1)], [range(1, fences[0] + 1)]]
    if len(fences) == 2:
        ways += [[range(1, fences[0] + 1), range(fences[1], last + 1)]]
    return ways


def _fix(source: Source, ways: list[list[Lines]], parses: Parses) -> tuple[Fix, ...]:
    """Return the least removal after which the file is a program, if there is one."""
    for ranges in ways:
        edits = tuple(TextEdit(_lines(source, lines), "") for lines in ranges if lines)
        if parses(_removed(source, ranges)):
            return (Fix("Remove what is not code", edits, safe=True),)
    return ()


def _removed(source: Source, ranges: list[Lines]) -> bytes:
    gone = {number for lines in ranges for number in lines}
    ends = [*source.starts[1:], len(source.data)]
    kept = zip(source.starts, ends, strict=True)
    return b"".join(source.data[start:end] for number, (start, end) in enumerate(kept, 1) if number not in gone)


def _lines(source: Source, lines: Lines) -> Location:
    """Return the range of whole lines, the end of the last one included where it has one."""
    start = source.starts[lines.start - 1]
    end = source.starts[lines.stop - 1] if lines.stop <= len(source.starts) else len(source.data)
    return source.location(start, end)


def _head(source: Source) -> Lines:
    """Return the lines of prose before the code."""
    last = 0
    for number in range(1, len(source.starts) + 1):
        if _is_prose(source.line(number)):
            last = number
        elif source.line(number).strip():
            break
    return range(1, last + 1)


def _tail(source: Source) -> Lines:
    """Return the lines of prose after the code."""
    first = len(source.starts) + 1
    for number in range(len(source.starts), 0, -1):
        if _is_prose(source.line(number)):
            first = number
        elif source.line(number).strip():
            break
    return range(first, len(source.starts) + 1)


def _is_prose(line: bytes) -> bool:
    """Say whether a line that starts at the margin is a sentence, a heading or a chat's mark, and no statement."""
    if not line.strip() or not _TALK.fullmatch(line.rstrip()):
        return False
    parts = line.split()
    words = sum(1 for part in parts if _WORD.fullmatch(part.strip(b'*`"()[]/.')))
    mostly_words = words >= 3 and words * 3 >= len(parts) * 2
    return mostly_words or (words >= 2 and line.rstrip().endswith((b".", b":", b"!", b"?")))
