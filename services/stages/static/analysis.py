"""Judges one file of any language. Runs in a worker process."""

from collections.abc import Iterator

from assay.stage import Finding

from services.stages.rules import in_order
from services.stages.source import Source, UnreadableSource, decode, decode_plain
from services.stages.static.data_files import check_data
from services.stages.static.file_rules import check_bytes, legacy, unreadable
from services.stages.static.grammar_check import check_grammar
from services.stages.static.html_check import check_html
from services.stages.static.linter import Linter
from services.stages.static.python_check import check_python
from services.stages.static.secrets import secrets

UNICODE = frozenset({"python", "go", "rust", "json", "yaml"})
"""Languages whose definition names the encoding of their source."""


def check(content: bytes, path: str, language: str, linter: Linter, *, entry: bool = True) -> tuple[Finding, ...]:
    """
    Return what is wrong with one file, in the order of the source.

    :param content: The bytes of the file.
    :param language: One of the stage's.
    :param linter: Asked where the language is Python.
    :param entry: Whether it is the candidate's entry point, which must hold code.
    :raises assay.errors.PluginFailed: ruff could not do its work.
    """
    binary = check_bytes(content, path)
    if binary is not None:
        return (binary,)
    told: tuple[Finding, ...] = ()
    try:
        source = decode(content, path) if language == "python" else decode_plain(content, path)
    except UnreadableSource as error:
        if language in UNICODE:
            return (unreadable(error, content, path),)
        text = content.decode("latin-1")
        source, told = Source(path, text, text.encode()), (legacy(error, content, path),)
    return in_order([*told, *_judged(source, language, linter, entry), *secrets(source, language)])


def _judged(source: Source, language: str, linter: Linter, entry: bool) -> Iterator[Finding]:
    if language == "python":
        return check_python(source, linter, entry=entry)
    if language in ("json", "yaml"):
        return check_data(source, language, entry=entry)
    if language == "html":
        return check_html(source, entry=entry)
    return check_grammar(source, language, entry=entry)
