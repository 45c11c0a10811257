"""Scans brackets, strings and comments without a parser: a second witness beside the tree, and the cheaper one."""

import re
from dataclasses import dataclass

from services.stages.static.dialects import Dialect

MAX_BRACKETS = 1_000
"""Brackets open at one time; clang allows 256, the stacks of other compilers end at a few thousand."""

MAX_STRAYS = 5_000
"""Brackets that close none; a parser takes time by the square of them. The shell has one for each branch of a case."""

_PARTNER = {ord(")"): ord("("), ord("]"): ord("["), ord("}"): ord("{")}
_CLOSING = {ord("("): ")", ord("["): "]", ord("{"): "}"}


@dataclass(frozen=True, slots=True)
class Balance:
    """
    What a scan saw.

    :param too_deep: The offset of the bracket that is one too many, open or without a partner; -1 where none is.
    :param end: The offset after the last character that is neither comment nor white space.
    :param closers: What would close the brackets left open at the end.
    :param opened: The offset of the innermost bracket left open; -1 where none is.
    :param stray: The offset of the first bracket that closes none, or another sort; -1 where none does.
    :param open_text: The offset of the first string or comment without an end; -1 where none is.
    """

    too_deep: int
    end: int
    closers: str
    opened: int
    stray: int
    open_text: int


def balance(data: bytes, dialect: Dialect) -> Balance:
    """Scan UTF-8 source to its end, whatever stands in it."""
    seen = expanded(data) if dialect.macros else data
    stack: list[int] = []
    too_deep = stray = open_text = -1
    strays = 0
    end = last = 0
    for match in dialect.words.finditer(seen):
        between = seen[last : match.start()].rstrip()
        end = last + len(between) if between else end
        last = match.end()
        if match["comment"] is not None:
            continue
        end = last
        if match["open"] is not None:
            open_text = match.start() if open_text < 0 else open_text
        elif match["bracket"] is not None:
            at = match.start()
            if seen[at] not in _PARTNER:
                stack.append(at)
                too_deep = at if len(stack) > MAX_BRACKETS and too_deep < 0 else too_deep
            elif not _closes(stack, seen, at):
                strays += 1
                stray = at if stray < 0 else stray
                too_deep = at if strays > MAX_STRAYS and too_deep < 0 else too_deep
    rest = seen[last:].rstrip()
    end = last + len(rest) if rest else end
    closers = "".join(_CLOSING[seen[at]] for at in reversed(stack))
    return Balance(too_deep, end, closers, stack[-1] if stack else -1, stray, open_text)


def _closes(stack: list[int], seen: bytes, at: int) -> bool:
    """Take the bracket that one closes off the stack, and say whether it is of the same sort."""
    return bool(stack) and seen[stack.pop()] == _PARTNER[seen[at]]


_DIRECTIVE = re.compile(
    rb"^[ \t]*#[ \t]*(\w+)("
    rb'(?:\\\r?\n|"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+"|/\*(?s:.)*?(?:\*/|\Z)|[^\r\n\\"/]++|[\\"/])*+)',
    re.MULTILINE,
)
"""A directive with its argument, to which a comment belongs that goes on over lines."""

_NOT_A_LINE_END = re.compile(rb"[^\r\n]++")


def expanded(data: bytes) -> bytes:
    """
    Return C source as long as it was, without directives and without all but one branch of each condition.

    Each branch may open what the code after the condition closes, so only one of them can count: the first whose
    condition is not 0.
    """
    conditions = _Conditions()
    kept, last = [], 0
    for match in _DIRECTIVE.finditer(data):
        between = data[last : match.start()]
        kept += [_blank(between) if conditions.skipping else between, _blank(match[0])]
        last = match.end()
        conditions.take(match[1], match[2].strip())
    rest = data[last:]
    return b"".join([*kept, _blank(rest) if conditions.skipping else rest])


def _blank(text: bytes) -> bytes:
    return _NOT_A_LINE_END.sub(lambda line: b" " * len(line[0]), text)


class _Conditions:
    """The conditions that a line stands in, and whether one of them leaves it out."""

    def __init__(self) -> None:
        self._open: list[tuple[bool, bool]] = []
        """Of each, whether one of its branches was taken, and whether the present one is left out."""
        self.skipping = 0

    def take(self, word: bytes, condition: bytes) -> None:
        """Read one directive."""
        if word in (b"if", b"ifdef", b"ifndef"):
            out = word == b"if" and condition.split(b"/")[0].strip() == b"0"
            self._push(not out, out)
        elif word in (b"else", b"elif", b"endif") and self._open:
            taken, out = self._open.pop()
            self.skipping -= out
            if word != b"endif":
                self._push(True, taken)

    def _push(self, taken: bool, out: bool) -> None:
        self._open.append((taken, out))
        self.skipping += out
