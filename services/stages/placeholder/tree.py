"""A file as this stage looks at it: its functions, classes, comments and strings, and what stands where."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from assay.stage import Location

from services.stages.placeholder import phrases
from services.stages.placeholder.grammar import (
    STRUCTURE,
    Grammar,
    captured,
    parser,
    query,
    strings_query,
    structure_query,
)
from services.stages.placeholder.nodes import text
from services.stages.placeholder.remarks import Found, Remarks, words_of
from services.stages.placeholder.scopes import Block, Comment, Scope
from services.stages.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_BETWEEN = re.compile(rb"[\s\w()]*")
"""What may stand between a decorator and what it decorates."""

_HANDED_ON = re.compile(r"(?<=[(,])\s{0,20}([A-Za-z_]\w{0,100})(?=\s{0,20}[,)])")

_MAX_BETWEEN = 2_000

MAX_COMMENTS = 100_000
"""Comments of a file that are read; nobody's file has as many."""

MAX_TELLING = 5_000
"""Comments of a file that are taken at their word."""

MAX_SAID = 50
"""Comments of one scope that are taken for what it says of itself."""


@dataclass(eq=False)
class Module:
    """A parsed file."""

    source: Source
    root: Scope
    grammar: Grammar
    specification: str = ""
    scopes: list[Scope] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    remarks: list[Found] = field(default_factory=list)
    handlers: list["Node"] = field(default_factory=list)

    @cached_property
    def functions(self) -> list[Scope]:
        """Every function and method that has a name."""
        return [scope for scope in self.scopes if scope.kind == "function" and scope.name]

    @cached_property
    def heirs(self) -> dict[str, list[Scope]]:
        """The classes that derive from a class of a name."""
        found: dict[str, list[Scope]] = {}
        for scope in self.scopes:
            for base in scope.bases if scope.kind in ("class", "interface") else ():
                found.setdefault(base.split("[")[0].rsplit(".", 1)[-1], []).append(scope)
        return found

    @cached_property
    def handed_on(self) -> frozenset[str]:
        """The names that are given to a call as they are: of functions these are callbacks, which may be empty."""
        return frozenset(_HANDED_ON.findall(self.source.text))

    @cached_property
    def path(self) -> PurePosixPath:
        """The file's path."""
        return PurePosixPath(self.source.path)

    @property
    def is_stub_file(self) -> bool:
        """Whether it is a file of declarations, in which no body is ever written."""
        return self.source.path.lower().endswith((".pyi", ".d.ts", ".d.mts", ".d.cts"))

    def place(self, node: "Node") -> Location:
        """Return the range of a node, without the end of its line."""
        end = node.end_byte
        while end > node.start_byte and self.source.data[end - 1 : end].isspace():
            end -= 1
        return self.source.location(node.start_byte, end)

    @cached_property
    def comments(self) -> list[Comment]:
        """The comments, in the order of the source, at most MAX_COMMENTS."""
        return self._placed(self.remarks[:MAX_COMMENTS])

    def _placed(self, wanted: list[Found]) -> list[Comment]:
        if not wanted:
            return []
        remarks = Remarks(self.source.data, self.root, self.blocks, self.remarks)
        openings = {scope.node.start_point.row: scope for scope in reversed(self.scopes) if scope.kind != "module"}
        return [remarks.comment(found, openings) for found in wanted]

    @cached_property
    def telling(self) -> list[Comment]:
        """The comments in which a word stands that may say that code is missing, at most MAX_TELLING."""
        data = self.source.data
        told = [found for found in self.remarks[:MAX_COMMENTS] if phrases.may_tell(words_of(found.node, data))]
        return self._placed(told[:MAX_TELLING])

    @cached_property
    def _said(self) -> dict[int, list[str]]:
        said: dict[int, list[str]] = {}
        ending = {scope.node.start_byte: scope for scope in self.functions}
        for comment in self.comments:
            behind = ending.get(comment.following[0].start_byte) if comment.beside and comment.following else None
            for scope in {comment.scope, behind or comment.scope}:
                told = said.setdefault(id(scope), [])
                if len(told) < MAX_SAID:
                    told.append(comment.words)
        return said

    def comments_of(self, scope: Scope) -> str:
        """Return the words of the comments that belong to a scope's own statements."""
        return " ".join(self._said.get(id(scope), ()))

    def strings(self) -> "list[Node]":
        """Return the strings, in the order of the source."""
        return _captured(strings_query(self.grammar), self.root.node)

    def captures(self, pattern: str) -> "list[Node]":
        """Return the nodes that a query captures as "it", in the order of the source."""
        return _captured(query(self.grammar, pattern), self.root.node)


def _captured(made: "Query", root: "Node") -> "list[Node]":
    return sorted(captured(made, root).get("it", []), key=lambda node: node.start_byte)


def parse(source: Source, grammar: Grammar, specification: str = "") -> Module:
    """
    Parse a file; what does not parse is left out of the structure, not of the comments.

    :param specification: What the code was asked to do; empty where not known.
    """
    node = parser(grammar).parse(source.parsed).root_node
    root = Scope(node, "module", grammar)
    module = Module(source, root, grammar, specification)
    module.scopes.append(root)
    builder = _Builder(module)
    builder.open_root()
    for tag, found in _in_order(captured(structure_query(grammar), node)):
        builder.take(tag, found)
    return module


_RANKS = {tag: rank for rank, tag in enumerate((*STRUCTURE, "mark", "comment", "handler"))}


def _in_order(captures: "dict[str, list[Node]]") -> "list[tuple[str, Node]]":
    """Return what a query captured in the order of the source, the outer before the inner."""
    keyed = [
        (node.start_byte, -node.end_byte, _RANKS[tag], tag, node) for tag, nodes in captures.items() for node in nodes
    ]
    keyed.sort(key=lambda item: item[:3])
    return [(tag, node) for *_, tag, node in keyed]


class _Open(NamedTuple):
    """Something that what comes next may stand in."""

    end: int
    tag: str
    node: "Node"
    scope: Scope
    block: Block | None
    in_branch: bool


class _Builder:
    """Puts together a module from what was captured, in the order of the source."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._grammar = module.grammar
        self._open: list[_Open] = []
        self._marks: list[Node] = []
        self._docs: list[Node] = []

    def open_root(self) -> None:
        """Begin with the file itself."""
        root = self._module.root
        block = self._block(Block(root.node, root))
        self._open.append(_Open(1 << 62, "scope", root.node, root, block, in_branch=False))

    def take(self, tag: str, node: "Node") -> None:
        """Take up one node."""
        # What has no width stands in what ends there: the body that a broken function lacks.
        last = node.start_byte - (node.end_byte == node.start_byte)
        while self._open[-1].end <= last:
            self._open.pop()
        top = self._open[-1]
        if tag == "scope":
            self._scope(node, top)
        elif tag == "block":
            block = self._block(Block(node, top.scope))
            self._open.append(_Open(node.end_byte, tag, node, top.scope, block, top.in_branch))
        elif tag == "mark":
            self._mark(node, top)
        elif tag == "comment":
            self._module.remarks.append(Found(node, top.scope, top.block))
            self._docs.append(node)
        elif tag == "handler":
            self._module.handlers.append(node)
        else:
            in_branch = top.in_branch or tag == "branch"
            self._open.append(_Open(node.end_byte, tag, node, top.scope, top.block, in_branch))

    def _block(self, block: Block) -> Block:
        block.scope.blocks.append(block)
        self._module.blocks.append(block)
        return block

    def _scope(self, node: "Node", top: _Open) -> None:
        marks = self._marks_before(node)
        scope = Scope(node, self._grammar.scopes[node.type], self._grammar, _bound(node, top, self._grammar), top.scope)
        scope.decorators = tuple(text(mark).lstrip("@#![").rstrip("]").strip() for mark in marks)
        scope.conditional = top.in_branch or any(mark.startswith("cfg") for mark in scope.decorators)
        scope.is_member = bool(scope.bound) and top.node.type in self._grammar.keys
        scope.docs = self._docs_above(marks[0] if marks else node) if not self._grammar.inner_docs else ""
        top.scope.children.append(scope)
        self._module.scopes.append(scope)
        block = None
        body = node.child_by_field_name("body")
        if node.type in self._grammar.bodies and body is None:
            block = self._block(Block(node, scope))
        elif body is not None and body.type not in self._grammar.blocks and scope.kind == "function":
            block = self._block(Block(body, scope, is_value=True))
        self._open.append(_Open(node.end_byte, "scope", node, scope, block, in_branch=False))

    def _mark(self, node: "Node", top: _Open) -> None:
        """Keep a decorator for what follows it, or give it to the scope whose header it stands in."""
        if top.tag == "scope" and top.scope.kind != "module" and not top.scope.blocks:
            top.scope.decorators += (text(node).lstrip("@").strip(),)
        else:
            self._marks.append(node)

    def _marks_before(self, node: "Node") -> "list[Node]":
        """Return the decorators that belong to a node, and forget those that belonged to something else."""
        found: list[Node] = []
        start = node.start_byte
        for mark in reversed(self._marks):
            if not self._is_gap(mark.end_byte, start):
                break
            found.append(mark)
            start = mark.start_byte
        self._marks.clear()
        return found[::-1]

    def _is_gap(self, start: int, end: int) -> bool:
        between = self._module.source.data[start : min(end, start + _MAX_BETWEEN)]
        return end - start <= _MAX_BETWEEN and _BETWEEN.fullmatch(between) is not None

    def _docs_above(self, node: "Node") -> str:
        """Return the comments that end on the line above a node, and those that end above these."""
        found: list[str] = []
        row, data = node.start_point.row, self._module.source.data
        for comment in reversed(self._docs[-MAX_DOCS:]):
            last = comment.end_point.row - (comment.end_point.column == 0)
            if last != row - 1:
                break
            found.append(words_of(comment, data))
            row = comment.start_point.row
        return "\n".join(reversed(found))


def _bound(node: "Node", top: _Open, grammar: Grammar) -> str:
    """Return the name that a function without one of its own is bound to."""
    if top.tag != "binder" or node.child_by_field_name("name") is not None:
        return ""
    value = top.node.child_by_field_name("value") or top.node.child_by_field_name("right")
    named = top.node.child_by_field_name(grammar.binders[top.node.type])
    is_value = value is not None and value.start_byte == node.start_byte
    return text(named)[:200].strip("\"'$") if is_value else ""


MAX_DOCS = 200
"""Comments above a function that are taken for its documentation."""
