"""Source in which only code is left, so that what is looked for is not found in comments and literals."""

import re

MAX_BYTES = 1024 * 1024
"""Of all files that are masked for one program; larger ones would hold up others."""

_NOT_A_LINE_END = re.compile(r"[^\r\n]+")


def masked(source: str, words: re.Pattern[str]) -> str:
    """
    Return a source as long as it was, with comments blank and literals empty but for their quotes.

    :param words: Matches comments by the group "comment", and literals by the group "literal", whose quotes are their
        first and their last character; in time linear in the source.
    """
    return words.sub(_blank, source)


def _blank(found: re.Match[str]) -> str:
    text = found.group()
    if found["comment"] is not None:
        return _spaces(text)
    if len(text) == 1 or text[-1] != text[0]:
        return text[0] + _spaces(text[1:])
    return text[0] + _spaces(text[1:-1]) + text[-1]


def _spaces(text: str) -> str:
    return _NOT_A_LINE_END.sub(lambda part: " " * len(part.group()), text)
