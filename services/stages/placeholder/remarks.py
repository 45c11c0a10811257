"""Which code a comment belongs to, stands over or stands beside."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from services.stages.placeholder.scopes import Block, Comment, Scope

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_FOLLOWING = 40
"""Statements after a comment that are looked at."""

MAX_COMMENT = 2_000
"""Bytes of a comment that are read: what stands in place of code is short."""

_OPENS = re.compile(r"^(?:/\*+!?|//+[/!]*|<!--+|--+|#+!?|=begin\b)\s?")
_CLOSES = re.compile(r"\s*(?:\*+/|--+>|=end)\s*$")
_MARGIN = re.compile(r"^[ \t]*\*+(?!/)[ \t]?", re.MULTILINE)


class Found(NamedTuple):
    """A comment's node, and the innermost scope and block that it stands in."""

    node: "Node"
    scope: Scope
    block: Block | None


class Place(NamedTuple):
    """What a comment belongs to, the statements that it stands over or beside, and whether it is beside one."""

    scope: Scope
    following: list["Node"]
    beside: bool


def words_of(node: "Node", source: bytes) -> str:
    """Return a comment's text without its marks."""
    raw = source[node.start_byte : min(node.end_byte, node.start_byte + MAX_COMMENT)].decode("utf-8", "replace")
    inner = _CLOSES.sub("", _OPENS.sub("", raw.strip(), count=1))
    return (_MARGIN.sub("", inner) if raw.startswith("/*") else inner).strip()


class Remarks:
    """The comments of one file, placed one by one."""

    def __init__(self, source: bytes, root: Scope, blocks: list[Block], found: list[Found]) -> None:
        self._source = source
        self._root = root
        self._blocks = blocks
        self._found = found
        self._rows = {one.node.start_point.row for one in found if not self._is_behind(one.node)}
        self._statements: list[tuple[int, int, Block]] | None = None

    def comment(self, found: Found, openings: Mapping[int, Scope]) -> Comment:
        """
        Place one comment.

        :param openings: The scopes, by the row in which they begin.
        """
        node, words = found.node, words_of(found.node, self._source)
        placed = self._by_indentation(node) if found.scope.grammar.indented else self._by_braces(found)
        row, last = node.start_point.row, node.start_point.row + words.count("\n")
        above, below = not placed.beside and row - 1 in self._rows, not placed.beside and last + 1 in self._rows
        over = openings.get(self._last_row(node) + 1) if not self._is_behind(node) else None
        inner = found.block is not None and found.block is not found.block.scope.blocks[0]
        alone = inner and found.block is not None and not found.block.statements
        return Comment(node, words, placed.scope, placed.following, placed.beside, above, below, over, alone)

    def _last_row(self, node: "Node") -> int:
        # A line comment of some grammars ends behind its line.
        return node.end_point.row - (node.end_point.column == 0 and node.end_point.row > node.start_point.row)

    def _is_behind(self, node: "Node") -> bool:
        """Say whether something stands before a node on its line."""
        return self._source[node.start_byte - node.start_point.column : node.start_byte].strip() != b""

    def _by_braces(self, found: Found) -> Place:
        node, scope, block = found
        if block is None:
            return Place(scope, [], self._is_behind(node))
        index = bisect_right(block.starts, node.start_byte)
        previous = block.statements[index - 1] if index else None
        if previous is not None and previous.end_byte > node.start_byte:
            return Place(scope, [], beside=True)
        if previous is not None and previous.end_point.row == node.start_point.row:
            return Place(scope, block.statements[index - 1 : index - 1 + MAX_FOLLOWING], beside=True)
        return Place(scope, block.statements[index : index + MAX_FOLLOWING], beside=False)

    def _by_indentation(self, node: "Node") -> Place:
        statements = self._in_order()
        after = bisect_left(statements, node.start_byte, key=lambda item: item[0])
        row, column = node.start_point.row, node.start_point.column
        beside = self._is_behind(node)
        scope, following = self._root, []
        if after:
            _, index, block = statements[after - 1]
            previous = block.statements[index]
            scope = _owner(previous, block, column)
            if beside and previous.start_point.row <= row <= previous.end_point.row:
                following = block.statements[index : index + MAX_FOLLOWING]
        if not beside and after < len(statements):
            _, index, block = statements[after]
            first = block.statements[index]
            if first.start_point.column >= column and (block.scope is scope or _within(first, block, scope)):
                following = block.statements[index : index + MAX_FOLLOWING]
                scope = block.scope
        return Place(scope, following, beside)

    def _in_order(self) -> list[tuple[int, int, Block]]:
        """Return all statements in the order of the source; of several that begin at one place, the outer first."""
        if self._statements is None:
            every = (
                (node.start_byte, index, block) for block in self._blocks for index, node in enumerate(block.statements)
            )
            self._statements = sorted(every, key=lambda item: item[:2])
        return self._statements


def _owner(previous: "Node", block: Block, column: int) -> Scope:
    """Return the scope of a comment by what stands before it and by how far it is indented."""
    named = next((child for child in block.scope.children if child.node.start_byte == previous.start_byte), None)
    scope: Scope | None = named or block.scope
    while scope is not None and scope.kind != "module" and scope.column >= column:
        scope = scope.parent
    return scope if scope is not None else block.scope


def _within(first: "Node", block: Block, scope: Scope) -> bool:
    """Say whether a statement is the first of a block that stands in a scope: a comment above it opens the block."""
    return scope in (block.scope.parent, block.scope) or block.statements[0] == first
