"""The imports of Python source, by syntax tree; source that does not parse yields those that can be read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, TreeCursor

DYNAMIC = (b"import_module", b"__import__", b"importorskip")
MISSING_MODULE_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class Guard(Enum):
    """What stands around an import and makes it one that need not succeed."""

    NONE = auto()
    OPTIONAL = auto()
    """A `try` that handles its failure, such a handler, or `contextlib.suppress`."""
    TYPES = auto()
    """`if TYPE_CHECKING`: never run."""
    CONDITION = auto()
    """A check of the platform or of the Python version."""


@dataclass(frozen=True, slots=True)
class Place:
    """A range in a file: lines and columns start at 1, columns count code points, the end is exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Member:
    """One name of a `from` import."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Import:
    """
    One module that is imported.

    :param module: Dotted name; empty for `from . import x`.
    :param level: Leading dots: 0 where the import is absolute.
    :param place: Of the module's name, without the dots before it where it has a name.
    :param binds: The name that a plain `import a.b` binds ("a"); empty where there is an alias or a `from`.
    """

    module: str
    level: int
    place: Place
    members: tuple[Member, ...] = ()
    guard: Guard = Guard.NONE
    binds: str = ""

    @property
    def root(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]


class ImportReader:
    """
    Reads the imports of one file.

    :param content: UTF-8; what is not is replaced.
    """

    def __init__(self, content: bytes) -> None:
        self._source = content.decode("utf-8", errors="replace").encode()
        self._lines = self._source.split(b"\n")
        self._dynamic = any(word in self._source for word in DYNAMIC)

    def read(self) -> list[Import]:
        """Return the imports, in the order of the source."""
        from tree_sitter_language_pack import get_parser

        tree = get_parser("python").parse(self._source)
        return [found for node, guard in self._walk(tree.walk()) for found in self._imports(node, guard)]

    def _walk(self, cursor: "TreeCursor") -> Iterator[tuple["Node", Guard]]:
        """Yield the nodes that may import, without recursion: source can be nested deeper than any stack."""
        guards = [Guard.NONE]
        while True:
            node = cursor.node
            assert node is not None
            yields = node.type in _IMPORTING
            if yields:
                yield node, guards[-1]
            guard = _guard(node) or guards[-1]
            # Expressions hold imports only in calls by name; skipping them makes reading several times faster.
            opaque = node.type in _EXPRESSIONS and not self._dynamic
            if not opaque and (not yields or node.type == "call") and cursor.goto_first_child():
                guards.append(guard)
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return
                guards.pop()

    def _imports(self, node: "Node", guard: Guard) -> Iterator[Import]:
        match node.type:
            case "import_statement":
                yield from (replace(found, guard=guard) for found in self._plain(node))
            case "import_from_statement" | "future_import_statement":
                yield from (replace(found, guard=guard) for found in self._from(node))
            case _:
                yield from (
                    replace(found, guard=found.guard if found.guard is not Guard.NONE else guard)
                    for found in self._call(node)
                )

    def _plain(self, node: "Node") -> Iterator[Import]:
        for child in node.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            if name is None or name.has_error or not name.text:
                continue
            module = _dotted(name)
            binds = "" if child.type == "aliased_import" else module.partition(".")[0]
            yield Import(module, 0, self._place(name), binds=binds)

    def _from(self, node: "Node") -> Iterator[Import]:
        members = tuple(self._members(node))
        if node.type == "future_import_statement":
            keyword = node.child(1)
            if keyword is not None:
                yield Import("__future__", 0, self._place(keyword), members)
            return
        source = node.child_by_field_name("module_name")
        if source is None or source.has_error or not source.text:
            return
        if source.type == "dotted_name":
            yield Import(_dotted(source), 0, self._place(source), members)
            return
        name = next((child for child in source.children if child.type == "dotted_name"), None)
        dots = (source.text or b"").partition(name.text or b"")[0] if name else source.text
        place = self._place(name or source)
        yield Import(_dotted(name) if name else "", dots.count(b"."), place, members)

    def _members(self, node: "Node") -> Iterator[Member]:
        for child in node.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            if name is not None and name.text and not name.has_error:
                yield Member(_dotted(name), self._place(name))

    def _call(self, node: "Node") -> Iterator[Import]:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or not function.text:
            return
        called = function.text.rpartition(b".")[2]
        first = next(iter(arguments.named_children), None)
        if called not in DYNAMIC or first is None or first.type != "string":
            return
        text = next((child for child in first.children if child.type == "string_content"), None)
        if text is None or text.child_count or len(first.children) != 3 or not text.text:
            return
        module = text.text.decode()
        if not all(part.isidentifier() for part in module.split(".")):
            return
        guard = Guard.OPTIONAL if called == b"importorskip" else Guard.NONE
        yield Import(module, 0, self._place(text), guard=guard)

    def _place(self, node: "Node") -> Place:
        (row, column), (end_row, end_column) = node.start_point, node.end_point
        return Place(row + 1, self._column(row, column), end_row + 1, self._column(end_row, end_column))

    def _column(self, row: int, offset: int) -> int:
        return len(self._lines[row][:offset].decode("utf-8", errors="replace")) + 1


_IMPORTING = frozenset({"import_statement", "import_from_statement", "future_import_statement", "call"})
_EXPRESSIONS = frozenset({
    "expression_statement", "return_statement", "call", "argument_list", "assert_statement", "raise_statement",
    "string", "comment", "parameters", "dictionary", "list", "tuple", "binary_operator",
})  # fmt: skip
_CONDITIONS = (
    b"sys.platform",
    b"sys.version_info",
    b"os.name",
    b"platform.system",
    b"version_info",
    b"sys.implementation",
)


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
    return Guard.CONDITION if any(word in text for word in _CONDITIONS) else None


def _handles_missing(clause: "Node") -> bool:
    if clause.type not in ("except_clause", "except_group_clause"):
        return False
    caught = [child for child in clause.named_children if child.type not in ("block", "comment")]
    text = b" ".join(child.text or b"" for child in caught).decode()
    words = text.replace("(", " ").replace(")", " ").replace(",", " ").replace(".", " ").split()
    return not caught or not MISSING_MODULE_ERRORS.isdisjoint(words)
