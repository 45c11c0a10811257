"""Judges one file. Runs in a worker process."""

import codecs
import re

from assay.stage import Finding

from services.stages.placeholder.catalog import FAMILIES
from services.stages.placeholder.grammars import grammar_of
from services.stages.placeholder.nesting import is_too_deep
from services.stages.placeholder.scripts import scripts_of
from services.stages.placeholder.tree import Module, parse
from services.stages.rules import in_order
from services.stages.source import Source, UnreadableSource, decode

_CPP = re.compile(
    rb"^[ \t]*(?:namespace\b|template[ \t]*<|class[ \t]+\w+|(?:public|private|protected)[ \t]*:|using[ \t])", re.M
)
"""Lines that only a header of C++ has; its suffix is that of C."""


def check(content: bytes, path: str, specification: str = "", language: str = "python") -> tuple[Finding, ...]:
    """
    Return the placeholders of one file, in the order of the source.

    :param specification: What the code was asked to do: a constant that was asked for is no stub.
    :param language: One of :data:`services.stages.placeholder.grammars.LANGUAGES`.

    Bytes that are no text, and brackets deeper than Python allows, have none: the static stage says what they are.

    :raises PluginFailed: A file of another language nests deeper than is read; see :func:`is_too_deep`.
    """
    source = _text(content, path, language)
    if source is None or is_too_deep(source, language):
        return ()
    if language == "c" and path.lower().endswith(".h") and _CPP.search(source.data):
        language = "cpp"
    modules = [parse(source, grammar_of(language, path), specification)]
    if language == "html":
        modules.extend(scripts_of(modules[0]))
    return in_order(finding for module in modules for finding in _judge(module))


def _judge(module: Module) -> "list[Finding]":
    return [finding for family in FAMILIES for finding in family.find(module)]


def _text(content: bytes, path: str, language: str) -> Source | None:
    """Return a file as text; None where it is none. Only Python's says how it is encoded."""
    try:
        if language == "python":
            return decode(content, path)
        data = content.removeprefix(codecs.BOM_UTF8)
        return Source(path, data.decode(), data)
    except (UnreadableSource, UnicodeDecodeError):
        return None
