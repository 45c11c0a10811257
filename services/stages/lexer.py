"""A scan of Python's tokens that needs no parser: nesting, what is left open at the end, and where the code ends."""

import re
from dataclasses import dataclass

MAX_BRACKETS = 200
"""Open brackets at one time that CPython's tokenizer allows (MAXLEVEL)."""

_TOKEN = re.compile(
    rb"#[^\r\n]*"
    rb"|(?P<triple>\"\"\"|''')(?:\\.|(?!(?P=triple)).)*(?P<closed>(?P=triple))?"
    rb"|(?P<quote>[\"'])(?:\\(?:\r\n|.)|(?!(?P=quote))[^\r\n\\])*(?P<ended>(?P=quote))?"
    rb"|[()\[\]{}]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Scan:
    """
    What a scan saw.

    :param too_deep: The offset of the bracket that is one too many for Python; -1 where none is.
    :param end: The offset after the last token that is not a comment or white space.
    :param open_string: The offset of the last string without an end, and -1 where every string ends.
    :param open_text: What stands in that string.
    :param strings: The ranges of triple-quoted strings.
    :param only_strings: Whether there is nothing but strings, comments and white space.
    """

    too_deep: int
    end: int
    open_string: int
    open_text: bytes
    strings: tuple[tuple[int, int], ...]
    only_strings: bool

    def in_string(self, offset: int) -> bool:
        """Say whether an offset stands inside a triple-quoted string."""
        return any(start < offset < end for start, end in self.strings)


def scan(data: bytes) -> Scan:
    """Scan UTF-8 source to its end, whatever stands in it."""
    depth, too_deep, code_end, last = 0, -1, 0, 0
    open_string, open_text, only_strings = -1, b"", True
    strings = []
    for match in _TOKEN.finditer(data):
        between = data[last : match.start()].rstrip()
        only_strings = only_strings and not between
        code_end = last + len(between) if between else code_end
        last = match.end()
        first = data[match.start()]
        if first == ord("#"):
            continue
        code_end = last
        only_strings = only_strings and first in b"\"'"
        if match["triple"]:
            strings.append((match.start(), last))
        if (match["triple"] and not match["closed"]) or (match["quote"] and not match["ended"]):
            open_string, open_text = match.start(), match[0].lstrip(b"\"'")
        elif first in b"([{":
            depth += 1
            too_deep = match.start() if depth > MAX_BRACKETS and too_deep < 0 else too_deep
        elif first in b")]}":
            depth = max(depth - 1, 0)
    rest = data[last:].rstrip()
    code_end = last + len(rest) if rest else code_end
    return Scan(too_deep, code_end, open_string, open_text, tuple(strings), only_strings and not rest)
