"""The scripts that stand in an HTML file, each read as a file of its own."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.stages.placeholder.grammars import grammar_of
from services.stages.placeholder.tree import Module, parse
from services.stages.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_SCRIPTS = 50
"""Scripts of one file that are read."""

_OTHER = re.compile(rb"\btype\s*=\s*[\"']?(?!module|text/javascript|application/javascript|text/babel|[\"'\s>])", re.I)
_TO_BLANK = re.compile(rb"[^\r\n]")


def scripts_of(page: Module) -> Iterator[Module]:
    """Yield the scripts of a page, parsed; positions in them are those of the page."""
    for node in page.captures("(script_element (start_tag) @start (raw_text)) @it")[:MAX_SCRIPTS]:
        code = next(child for child in node.named_children if child.type == "raw_text")
        if not _OTHER.search(page.source.data[node.start_byte : code.start_byte]):
            yield parse(_alone(page.source, code), grammar_of("javascript", page.source.path), page.specification)


def _alone(source: Source, code: "Node") -> Source:
    """Return a source in which everything around a node is blank."""
    before, after = source.data[: code.start_byte], source.data[code.end_byte :]
    inner = source.data[code.start_byte : code.end_byte]
    data = _TO_BLANK.sub(b" ", before) + inner + _TO_BLANK.sub(b" ", after)
    return Source(source.path, data.decode(), data)
