"""The text that ty is given of a candidate's files: nothing in it silences a check."""

import re

from assay.languages import of_path
from assay.stage import Candidate, SourceFile

from services.stages.lexer import scan
from services.stages.source import UnreadableSource, decode

SUSPECT_BRACKETS = 150
"""Brackets that have no partner beside them, however often pairs are taken out, from which on nesting is measured."""

PASSES = 40
"""How often pairs are taken out: ordinary code nests less."""

SMALL_BYTES = 128 * 1024
"""Of all files together: what is read here and now. More is read in a worker."""

_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))

_COMMENT = re.compile(r"#[^\r\n]*")
_IGNORE = re.compile(r"\bignore\b")
_UNCHECKED = re.compile(r"\bno_type_check\b")
_AS_FINAL = "final        "
"""A decorator of `typing` that changes nothing, in as many letters."""


def documents(candidate: Candidate) -> dict[str, str]:
    """
    Return the texts of all Python files, context files among them, by path.

    Left out is what is no text, or nested deeper than Python takes: another stage's finding.
    """
    files = (*candidate.files, *candidate.context_files)
    texts = {file.path: _text(file) for file in files if of_path(file.path) == "python"}
    return {path: text for path, text in texts.items() if text is not None}


def outspoken(text: str) -> str:
    """Return a text in which no comment and no decorator tells a type checker to look away; lengths stay."""
    if "ignore" in text:
        text = _COMMENT.sub(lambda match: _IGNORE.sub("nosuch", match[0]), text)
    return _UNCHECKED.sub(_AS_FINAL, text)


def _text(file: SourceFile) -> str | None:
    try:
        source = decode(file.content, file.path)
    except UnreadableSource:
        return None
    if _may_nest(source.data) and scan(source.data).too_deep >= 0:
        return None
    return outspoken(source.text)


def _may_nest(data: bytes) -> bool:
    """
    Say whether brackets may nest deeply; quick, since most files have hundreds of them.

    One in a string may hide another: what nests all the same costs the server, which is there to be replaced.
    """
    brackets = data.translate(None, _NO_BRACKETS)
    for _ in range(PASSES):
        before = len(brackets)
        brackets = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(brackets) == before:
            break
    return len(brackets) > SUSPECT_BRACKETS
