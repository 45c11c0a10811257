"""The imports of Python source, by syntax tree; source that does not parse yields those that can be read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Tree, TreeCursor

Range = tuple[int, int]
"""The offsets, in bytes, at which something starts and ends."""


class Guard(Enum):
    """What stands around an import and makes it one that need not succeed."""

    NONE = auto()
    OPTIONAL = auto()
    """A `try` that handles its failure, such a handler, `contextlib.suppress`, or a check of platform or version."""
    TYPES = auto()
    """`if TYPE_CHECKING`: never run."""


@dataclass(frozen=True, slots=True)
class Import:
    """
    One module that is imported.

    :param module: Dotted name; empty for `from . import x`.
    :param level: Leading dots: 0 where the import is absolute.
    :param range: Of the module's name, without the dots before it where it has a name.
    :param members: The names of a `from` import, each with its range and whether it is imported under another.
    :param alias: What the file knows a plainly imported module by, where that is not its own name.
    :param binds: Whether the file knows the module by its own name, as after a plain `import a.b`.
    """

    module: str
    level: int
    range: Range
    members: tuple["Member", ...] = ()
    guard: Guard = Guard.NONE
    binds: bool = False
    alias: str = ""

    @property
    def root(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]

    @property
    def root_range(self) -> Range:
        """The range of the first part of the module's name."""
        return self.range[0], self.range[0] + len(self.root.encode())


@dataclass(frozen=True, slots=True)
class Member:
    """
    One name of a `from` import.

    :param alias: What the file knows it by, where that is another name.
    """

    name: str
    range: Range
    alias: str = ""

    @property
    def binds(self) -> bool:
        """Whether the file knows it by this name."""
        return not self.alias


def parse(data: bytes) -> "Tree":
    """Parse Python source in UTF-8."""
    from tree_sitter_language_pack import get_parser

    return get_parser("python").parse(data)


def read_imports(tree: "Tree", data: bytes) -> list[Import]:
    """Return the imports of a parsed file, in the order of the source."""
    dynamic = any(word in data for word in _BY_CALL)
    return [found for node, guard in _walk(tree.walk(), dynamic=dynamic) for found in _imports(node, guard)]


def references(tree: "Tree", name: str) -> list[Range]:
    """Return where a name stands for itself: not as an attribute, nor as the name of an argument."""
    return [
        (node.start_byte, node.end_byte)
        for node in nodes(tree.walk())
        if node.type == "identifier" and node.text == name.encode() and not _is_label(node)
    ]


_BY_CALL = (b"import_module", b"__import__", b"importorskip")
_IMPORTING = frozenset({"import_statement", "import_from_statement", "future_import_statement", "call"})
_STATEMENTS = frozenset({
    "module", "block", "ERROR", "function_definition", "class_definition", "decorated_definition", "if_statement",
    "elif_clause", "else_clause", "for_statement", "while_statement", "try_statement", "except_clause",
    "except_group_clause", "finally_clause", "with_statement", "match_statement", "case_clause",
})  # fmt: skip
_CONDITIONS = (
    b"platform", b"version_info", b"hexversion", b"python_version", b"os.name", b"sys.implementation", b"PY2", b"PY3",
    b"PYPY", b"WINDOWS",
)  # fmt: skip
_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _walk(cursor: "TreeCursor", *, dynamic: bool) -> Iterator[tuple["Node", Guard]]:
    """
    Yield the nodes that may import, each with its guard.

    Without recursion, as source can be nested deeper than any stack; and without looking into expressions, where
    imports are only calls by name, unless the source has one of these names.
    """
    guards = [Guard.NONE]
    while True:
        node = cursor.node
        assert node is not None
        if node.type in _IMPORTING:
            yield node, guards[-1]
        if (dynamic or node.type in _STATEMENTS) and cursor.goto_first_child():
            guards.append(_guard(node) or guards[-1])
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            guards.pop()


def nodes(cursor: "TreeCursor") -> Iterator["Node"]:
    """Yield every node, parents first; without recursion, as source may nest deeper than any stack."""
    while True:
        node = cursor.node
        assert node is not None
        yield node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _is_label(node: "Node") -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "attribute":
        return parent.child_by_field_name("attribute") == node
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("name") == node
    return parent.type in ("dotted_name", "aliased_import")


def _imports(node: "Node", guard: Guard) -> Iterator[Import]:
    match node.type:
        case "import_statement":
            yield from (replace(found, guard=guard) for found in _plain(node))
        case "import_from_statement" | "future_import_statement":
            yield from (replace(found, guard=guard) for found in _from(node))
        case _:
            yield from _called(node, guard)


def _plain(node: "Node") -> Iterator[Import]:
    for name, alias in _named(node):
        yield Import(_dotted(name), 0, _range(name), binds=not alias, alias=alias)


def _from(node: "Node") -> Iterator[Import]:
    members = tuple(Member(_dotted(name), _range(name), alias) for name, alias in _named(node))
    if node.type == "future_import_statement":
        keyword = next(child for child in node.children if child.type == "__future__")
        yield Import("__future__", 0, _range(keyword), members)
        return
    source = node.child_by_field_name("module_name")
    if source is None or not _is_whole(source):
        return
    if source.type == "dotted_name":
        yield Import(_dotted(source), 0, _range(source), members)
        return
    name = next((child for child in source.children if child.type == "dotted_name"), None)
    dots = next(child for child in source.children if child.type == "import_prefix")
    level = (dots.text or b"").count(b".")
    yield Import(_dotted(name) if name else "", level, _range(name or source), members)


def _named(node: "Node") -> Iterator[tuple["Node", str]]:
    """Yield each name that is imported, with what the file knows it by where that is another."""
    for child in node.children_by_field_name("name"):
        aliased = child.type == "aliased_import"
        name = child.child_by_field_name("name") if aliased else child
        alias = child.child_by_field_name("alias") if aliased else None
        if name is not None and _is_whole(name):
            yield name, _dotted(alias) if alias is not None else ""


def _called(node: "Node", guard: Guard) -> Iterator[Import]:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    called = (function.text or b"").rpartition(b".")[2] if function is not None else b""
    if called not in _BY_CALL or arguments is None:
        return
    first = next(iter(arguments.named_children), None)
    if first is None or [child.type for child in first.children] != ["string_start", "string_content", "string_end"]:
        return
    content = first.children[1]
    module = (content.text or b"").decode()
    if all(part.isidentifier() for part in module.split(".")):
        yield Import(module, 0, _range(content), guard=Guard.OPTIONAL if called == b"importorskip" else guard)


def _is_whole(node: "Node") -> bool:
    return not node.has_error and not node.is_missing and bool(node.text)


def _range(node: "Node") -> Range:
    return node.start_byte, node.end_byte


def _dotted(node: "Node") -> str:
    return "".join((node.text or b"").decode().split())


def _guard(node: "Node") -> Guard | None:
    """Return the guard that a node puts around what is in it, or None where it puts none."""
    match node.type:
        case "try_statement" if any(_handles_missing(child) for child in node.children):
            return Guard.OPTIONAL
        case "if_statement" | "elif_clause" | "conditional_expression":
            return _condition_guard(node)
        case "with_statement":
            heading = next((child.text for child in node.children if child.type == "with_clause"), None) or b""
            return Guard.OPTIONAL if b"suppress" in heading and b"Error" in heading else None
        case _:
            return None


def _condition_guard(node: "Node") -> Guard | None:
    condition = node.child_by_field_name("condition")
    text = (condition.text if condition is not None else b"") or b""
    if b"TYPE_CHECKING" in text:
        return Guard.TYPES
    return Guard.OPTIONAL if any(word in text for word in _CONDITIONS) else None


def _handles_missing(clause: "Node") -> bool:
    if clause.type not in ("except_clause", "except_group_clause"):
        return False
    caught = [child.text or b"" for child in clause.named_children if child.type not in ("block", "comment")]
    words = b" ".join(caught).translate(bytes.maketrans(b"(),.", b"    ")).decode().split()
    return not caught or not _MISSING.isdisjoint(words)
