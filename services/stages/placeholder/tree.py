"""A Python file as this stage looks at it: its functions, classes, comments and strings, and what stands where."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from assay.stage import Location

from services.stages.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_FOLLOWING = 40
"""Statements after a comment that are looked at."""

STRINGS = ("string", "concatenated_string")

_HOLDERS = frozenset(
    {"module", "block", "decorated_definition", "function_definition", "class_definition", "if_statement"}
    | {"elif_clause", "else_clause", "for_statement", "while_statement", "try_statement", "except_clause"}
    | {"except_group_clause", "finally_clause", "with_statement", "match_statement", "case_clause", "ERROR"}
)
"""Nodes in which statements can stand; nothing else is walked into."""

_OWN_USE = re.compile(r"\b(?:self|cls)\.(\w+)")

_BRANCHES = frozenset({"if_statement", "else_clause", "elif_clause", "try_statement", "except_clause", "case_clause"})


def text(node: "Node | None") -> str:
    """Return the source of a node; empty for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


@dataclass(eq=False)
class Block:
    """
    Statements that follow one another.

    :param statements: Comments left out.
    """

    node: "Node"
    scope: "Scope"
    statements: list["Node"]


@dataclass(eq=False)
class Scope:
    """
    A module, class or function.

    :param decorators: Their source, without the "@".
    :param conditional: Whether it is defined in a branch of its parent, as a fallback is.
    """

    node: "Node"
    kind: str
    name: str = ""
    parent: "Scope | None" = None
    decorators: tuple[str, ...] = ()
    conditional: bool = False
    children: list["Scope"] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def name_node(self) -> "Node":
        """The node of its name, or of all of it where it has none."""
        return self.node.child_by_field_name("name") or self.node

    @property
    def column(self) -> int:
        """The column of its keyword, from 0, in bytes."""
        return self.node.start_point.column

    @cached_property
    def statements(self) -> list["Node"]:
        """The statements of its own body, without the docstring."""
        own = self.blocks[0].statements if self.blocks else []
        return own[1:] if own and own[0].type in STRINGS else own

    @cached_property
    def docstring(self) -> str:
        """The source between the quotes of its docstring; empty where there is none."""
        own = self.blocks[0].statements if self.blocks else []
        return text(own[0]).lstrip("rRuUbB").strip("\"'").strip() if own and own[0].type in STRINGS else ""

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of a function's parameters, without `self` and `cls`."""
        found = self.node.child_by_field_name("parameters")
        names = [_parameter(child) for child in found.named_children] if found is not None else []
        return tuple(name for name in names if name and name not in ("self", "cls"))

    @cached_property
    def returns(self) -> str:
        """The source of a function's return annotation; empty where there is none."""
        return text(self.node.child_by_field_name("return_type"))

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The source of a class's bases and keywords."""
        found = self.node.child_by_field_name("superclasses")
        return tuple(text(child) for child in found.named_children) if found is not None else ()

    @cached_property
    def defined(self) -> dict[str, list["Scope"]]:
        """The functions and classes that it defines, by name."""
        found: dict[str, list[Scope]] = {}
        for child in self.children:
            found.setdefault(child.name, []).append(child)
        return found

    @cached_property
    def own_uses(self) -> frozenset[str]:
        """The names that the code of a class takes of `self` or `cls`."""
        return frozenset(_OWN_USE.findall(text(self.node)))

    @property
    def is_method(self) -> bool:
        """Whether it is a function of a class's own body."""
        return self.kind == "function" and self.parent is not None and self.parent.kind == "class"

    def around(self) -> Iterator["Scope"]:
        """Yield the scopes that it stands in, the innermost first."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(frozen=True)
class Comment:
    """
    A comment.

    :param words: Its text without the number sign and the spaces around.
    :param scope: What it belongs to.
    :param following: The statements that it stands over, or beside, in their block, at most MAX_FOLLOWING.
    :param beside: Whether it stands behind a statement.
    :param continued: Whether a comment stands on the line above.
    :param continues: Whether one stands on the line below.
    """

    node: "Node"
    words: str
    scope: Scope
    following: list["Node"]
    beside: bool
    continued: bool
    continues: bool


@dataclass(eq=False)
class Module:
    """A parsed file."""

    source: Source
    root: Scope
    scopes: list[Scope]
    blocks: list[Block]
    specification: str = ""

    @property
    def functions(self) -> list[Scope]:
        """Every function and method."""
        return [scope for scope in self.scopes if scope.kind == "function"]

    @cached_property
    def heirs(self) -> dict[str, list[Scope]]:
        """The classes that derive from a class of a name."""
        found: dict[str, list[Scope]] = {}
        for scope in self.scopes:
            for base in scope.bases:
                found.setdefault(base.split("[")[0].rsplit(".", 1)[-1], []).append(scope)
        return found

    @property
    def is_stub_file(self) -> bool:
        """Whether it is a .pyi file, in which no body is ever written."""
        return PurePosixPath(self.source.path).suffix.lower() == ".pyi"

    def place(self, node: "Node") -> Location:
        """Return the range of a node, without the end of its line."""
        return self.source.location(node.start_byte, node.start_byte + len((node.text or b"").rstrip()))

    @cached_property
    def comments(self) -> list[Comment]:
        """Every comment, in the order of the source."""
        statements = sorted(
            ((node.start_byte, index, block) for block in self.blocks for index, node in enumerate(block.statements)),
            key=lambda item: item[:2],
        )
        starts = [start for start, _, _ in statements]
        nodes = self.captures("(comment) @it")
        rows = {node.start_point.row for node in nodes if not self._is_beside(node)}
        return [self._comment(node, statements, bisect_right(starts, node.start_byte), rows) for node in nodes]

    @cached_property
    def _remarks(self) -> dict[int, list[str]]:
        remarks: dict[int, list[str]] = {}
        for comment in self.comments:
            remarks.setdefault(id(comment.scope), []).append(comment.words)
        return remarks

    def comments_of(self, scope: Scope) -> str:
        """Return the words of the comments that belong to a scope's own statements."""
        return " ".join(self._remarks.get(id(scope), ()))

    def captures(self, query: str) -> list["Node"]:
        """Return the nodes that a query captures as "it", in the order of the source."""
        from tree_sitter import Query, QueryCursor
        from tree_sitter_language_pack import get_language

        nodes = QueryCursor(Query(get_language("python"), query)).captures(self.root.node).get("it", [])
        return sorted(nodes, key=lambda node: node.start_byte)

    def _is_beside(self, node: "Node") -> bool:
        """Say whether something stands before a node on its line."""
        return self.source.data[node.start_byte - node.start_point.column : node.start_byte].strip() != b""

    def _comment(self, node: "Node", statements: list[tuple[int, int, Block]], after: int, rows: set[int]) -> Comment:
        row, column = node.start_point.row, node.start_point.column
        beside = self._is_beside(node)
        scope, following = self.root, []
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
        words = text(node).lstrip("#").strip()
        above, below = not beside and row - 1 in rows, not beside and row + 1 in rows
        return Comment(node, words, scope, following, beside, above, below)


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


def _parameter(node: "Node") -> str:
    if node.type == "identifier":
        return text(node)
    if node.type in ("typed_parameter", "default_parameter", "typed_default_parameter"):
        return _parameter(node.child_by_field_name("name") or node.named_children[0])
    if node.type in ("list_splat_pattern", "dictionary_splat_pattern"):
        return _parameter(node.named_children[0]) if node.named_children else ""
    return ""


def parse(source: Source, specification: str = "") -> Module:
    """
    Parse a file; what does not parse is left out of the structure, not of the comments.

    :param specification: What the code was asked to do; empty where not known.
    """
    from tree_sitter_language_pack import get_parser

    node = get_parser("python").parse(source.parsed).root_node
    root = Scope(node, "module")
    module = Module(source, root, [root], [], specification)
    waiting = [_Step(node, root, (), False)]
    while waiting:
        waiting.extend(reversed(_enter(module, waiting.pop())))
    return module


class _Step(NamedTuple):
    """A node to walk into, and what stands above it."""

    node: "Node"
    scope: Scope
    decorators: tuple[str, ...]
    in_branch: bool


def _enter(module: Module, step: _Step) -> list[_Step]:
    """Take up one node, and return the nodes in it that are to be walked into."""
    node, scope, decorators, in_branch = step
    children = node.named_children
    if node.type in ("function_definition", "class_definition"):
        kind = node.type.removesuffix("_definition")
        inner = Scope(node, kind, text(node.child_by_field_name("name")), scope, decorators, in_branch)
        scope.children.append(inner)
        module.scopes.append(inner)
        scope, in_branch = inner, False
    if node.type in ("module", "block"):
        block = Block(node, scope, [child for child in children if child.type != "comment"])
        scope.blocks.append(block)
        module.blocks.append(block)
    above: tuple[str, ...] = ()
    if node.type == "decorated_definition":
        above = tuple(text(child).lstrip("@").strip() for child in children if child.type == "decorator")
    in_branch = in_branch or node.type in _BRANCHES
    return [_Step(child, scope, above, in_branch) for child in children if child.type in _HOLDERS]
