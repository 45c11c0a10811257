"""The modules that JavaScript and TypeScript import, by syntax tree: with `import`, `export … from` or `require`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.stages.semantic.imports import Range
from services.stages.semantic.javascript_grammar import grammar_of

if TYPE_CHECKING:
    from tree_sitter import Node, TreeCursor

MAX_SPECIFIERS = 2_000
"""Imports of one file that are looked at, in the order of the source."""


@dataclass(frozen=True, slots=True)
class Specifier:
    """
    What an import names.

    :param range: Of the name, without its quotes.
    :param optional: Whether the code provides for its absence, in a `try`.
    """

    name: str
    range: Range
    optional: bool = False


def read_specifiers(data: bytes, language: str, path: str) -> list[Specifier]:
    """Return what a file in UTF-8 imports, in the order of the source; one that does not parse, what can be read."""
    from tree_sitter_language_pack import get_parser

    tree = get_parser(grammar_of(language, path)).parse(data)
    found: list[Specifier] = []
    for node, optional in _walk(tree.walk(), called=any(word in data for word in _BY_CALL)):
        name = _named(node)
        if name is not None:
            text = (name.text or b"").decode("utf-8", "replace")
            found.append(Specifier(text, (name.start_byte, name.end_byte), optional))
        if len(found) == MAX_SPECIFIERS:
            break
    return found


_BY_CALL = (b"require", b"import(", b"import (")
_IMPORTING = frozenset({"import_statement", "export_statement", "call_expression", "import_require_clause"})
_STATEMENTS = frozenset({"program", "ERROR", "ambient_declaration", "internal_module", "module", "statement_block"})


def _walk(cursor: "TreeCursor", *, called: bool) -> Iterator[tuple["Node", bool]]:
    """
    Yield the nodes that may import, each with whether it stands in a `try` that handles its failure.

    Without recursion, as source can be nested deeper than any stack; and without looking into expressions unless the
    source has the words by which they import.
    """
    guards = [False]
    while True:
        node = cursor.node
        assert node is not None
        if node.type in _IMPORTING:
            yield node, guards[-1]
        if (called or node.type in _STATEMENTS) and cursor.goto_first_child():
            guards.append(guards[-1] or _handles_failure(node))
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            guards.pop()


def _handles_failure(node: "Node") -> bool:
    return node.type == "try_statement" and node.child_by_field_name("handler") is not None


def _named(node: "Node") -> "Node | None":
    """Return the content of the string that names the module; None where there is none, or it is not written out."""
    string = _called(node) if node.type == "call_expression" else node.child_by_field_name("source")
    if string is None or string.type != "string":
        return None
    parts = string.named_children
    return parts[0] if [part.type for part in parts] == ["string_fragment"] else None


def _called(node: "Node") -> "Node | None":
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or function.text not in (b"require", b"import"):
        return None
    return next(iter(arguments.named_children), None)
