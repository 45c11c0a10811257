"""Syntax trees of every language, and what is wrong in them. Runs in a worker process."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_ERRORS = 100
"""Errors of one tree that are looked at."""

_TEXT = ("comment", "string", "heredoc", "template_string", "raw_text", "regex", "char_literal", "quoted")


def parse(data: bytes, grammar: str) -> "Node":
    """Return the root of the tree of UTF-8 source."""
    from tree_sitter_language_pack import SupportedLanguage, get_parser

    name: SupportedLanguage = grammar  # type: ignore[assignment]
    return get_parser(name).parse(data).root_node


def errors(root: "Node") -> list["Node"]:
    """Return the outermost errors, and the missing tokens, in the order of the source."""
    return list(islice(_errors(root), MAX_ERRORS))


def _errors(root: "Node") -> Iterator["Node"]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            waiting.extend(reversed(node.children))


def first_token(node: "Node") -> "Node":
    """Return the first leaf of an error: what an error begins with may be whole, and what breaks it stands inside."""
    while node.children:
        inner = next((child for child in node.children if child.is_error or child.is_missing), None)
        if inner is None:
            return node
        node = inner
    return node


def in_text(root: "Node", offset: int) -> bool:
    """Say whether an offset stands in a comment, or inside a string or the like and not at its beginning."""
    node = root.descendant_for_byte_range(offset, offset)
    while node is not None:
        if "comment" in node.type or (node.start_byte < offset and any(part in node.type for part in _TEXT)):
            return True
        node = node.parent
    return False


def has_code(root: "Node") -> bool:
    """Say whether there is anything but comments."""
    return any("comment" not in child.type and child.type not in ("php_tag", "text") for child in root.children)
