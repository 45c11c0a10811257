"""
Writes loops over tables out, so that each row is a test of its own whose expectation can be taken out of the text.

``for (const [given, wanted] of [[1, 2], [3, 4]]) …`` becomes a block for each row that declares the parts and holds
the loop's body; so does ``forEach``. The table may be a constant that nothing else uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .scopes import NAMES, Scopes
from .syntax import arguments, awaits, bare, own_nodes, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_ROWS = 200
MAX_BYTES = 300_000
JUMPS = {"break_statement", "continue_statement", "return_statement", "yield_expression", "variable_declaration"}
"""What means something else where the body is not a loop's: a jump, and a variable of the whole function."""


@dataclass(frozen=True)
class Loop:
    """
    A loop that can be written out.

    :param rows: Of each row the names and what they are.
    :param body: What is done for each of them: the nodes of a block, or one statement.
    :param table: The literal that the rows are, where it stands elsewhere.
    """

    node: "Node"
    rows: "tuple[tuple[tuple[str, Node], ...], ...]"
    body: "tuple[Node, ...]"
    table: "Node | None"


def unrolled(source: bytes, root: "Node") -> tuple[bytes, tuple[int, ...]]:
    """Return a text with its loops over tables written out, and of each of its lines which it was, from 1."""
    loops = _loops(root)
    tables = [loop.table for loop in loops if loop.table is not None]
    if not loops or sum(len(loop.rows) * len(text_of(loop.node)) for loop in loops) > MAX_BYTES:
        return source, ()
    written = _Writer()
    at = 0
    pieces: list[tuple[Node, Loop | None]] = [(loop.node, loop) for loop in loops]
    pieces += [(table, None) for table in tables]
    for node, loop in sorted(pieces, key=lambda piece: piece[0].start_byte):
        written.copy(source, at, node.start_byte)
        if loop is None:
            written.add("null" + "\n" * text_of(node).count("\n"), node.start_point[0] + 1)
        else:
            _write(written, source, loop)
        at = node.end_byte
    written.copy(source, at, len(source))
    return "".join(written.parts).encode(), tuple(written.lines)


def _write(written: "_Writer", source: bytes, loop: Loop) -> None:
    for row in loop.rows:
        written.add("{")
        for name, value in row:
            written.add(f" let {name} = ")
            written.copy(source, value.start_byte, value.end_byte)
            written.add(";")
        written.add("\n")
        for node in loop.body:
            written.copy(source, node.start_byte, node.end_byte)
            written.add(";\n")
        written.add("}")


class _Writer:
    """Collects a text, and from which line each of its lines came."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.lines = [1]
        self._is_told = False

    def copy(self, source: bytes, start: int, end: int) -> None:
        """Add a piece of the source."""
        self.add(source[start:end].decode(errors="replace"), source.count(b"\n", 0, start) + 1)

    def add(self, text: str, line: int = 0) -> None:
        """Add a text; one that is new belongs to the line before it."""
        if not text:
            return
        self.parts.append(text)
        if line and not self._is_told:
            self.lines[-1], self._is_told = line, True
        for number in range(1, text.count("\n") + 1):
            self.lines.append(line + number if line else self.lines[-1])
            self._is_told = bool(line)


def _loops(root: "Node") -> list[Loop]:
    if not any(node.type == "for_in_statement" or text_of(node) == "forEach" for node in walk(root)):
        return []
    scopes = Scopes(root)
    found: list[Loop] = []
    stack = [root]
    while stack:
        node = stack.pop()
        loop = _loop(node, scopes)
        if loop is None:
            stack.extend(reversed(node.children))
        else:
            found.append(loop)
    return found


def _loop(node: "Node", scopes: Scopes) -> Loop | None:
    read = {"for_in_statement": _for_of, "expression_statement": _for_each}.get(node.type)
    parts = read(node) if read else None
    if parts is None:
        return None
    pattern, over, body = parts
    table, is_elsewhere = _table(over, scopes)
    if table is None or any(n.type in JUMPS for held in body for n in own_nodes(held)):
        return None
    values = [child for child in table.named_children if child.type != "comment"]
    rows = [_row(pattern, bare(value)) for value in values]
    if not 0 < len(rows) <= MAX_ROWS:
        return None
    whole = tuple(row for row in rows if row is not None and not _is_circular(row))
    if len(whole) != len(rows) or len(values) != _length(table):
        return None
    return Loop(node, whole, body, table if is_elsewhere else None)


def _is_circular(row: "tuple[tuple[str, Node], ...]") -> bool:
    """Whether a part of a row names what the row is about to declare."""
    names = {name for name, _ in row}
    return any(node.type in NAMES and text_of(node) in names for _, value in row for node in walk(value))


def _for_of(node: "Node") -> "tuple[Node, Node, tuple[Node, ...]] | None":
    kind, operator = node.child_by_field_name("kind"), node.child_by_field_name("operator")
    pattern, over, body = (node.child_by_field_name(name) for name in ("left", "right", "body"))
    if not kind or not operator or not pattern or not over or not body or any(c.type == "await" for c in node.children):
        return None
    if text_of(kind) not in {"const", "let"} or text_of(operator) != "of":
        return None
    return pattern, over, _body(body)


def _for_each(node: "Node") -> "tuple[Node, Node, tuple[Node, ...]] | None":
    call = node.named_children[0] if node.named_children else node
    function = call.child_by_field_name("function") if call.type == "call_expression" else None
    over, name = (function.child_by_field_name(field) if function else None for field in ("object", "property"))
    given = arguments(call)
    if not over or not name or text_of(name) != "forEach" or len(given) != 1 or given[0].type != "arrow_function":
        return None
    held, body = given[0].child_by_field_name("parameters"), given[0].child_by_field_name("body")
    parameters = held.named_children if held else []
    single = given[0].child_by_field_name("parameter")
    pattern = single or (parameters[0] if len(parameters) == 1 else None)
    if not pattern or not body or any(child.type == "async" for child in given[0].children) or awaits(body):
        return None
    inner = pattern.child_by_field_name("pattern") if pattern.type == "required_parameter" else pattern
    return (inner, over, _body(body)) if inner else None


def _body(node: "Node") -> "tuple[Node, ...]":
    return tuple(node.named_children) if node.type == "statement_block" else (node,)


def _table(over: "Node", scopes: Scopes) -> "tuple[Node | None, bool]":
    """Return the literal that a loop goes over, and whether it stands elsewhere."""
    over = bare(over)
    if over.type == "array":
        return over, False
    declared = scopes.of(over) if over.type == "identifier" else None
    if declared is None or len(declared.uses) != 1 or declared.node.type != "variable_declarator":
        return None, False
    name, value = declared.node.child_by_field_name("name"), declared.node.child_by_field_name("value")
    is_table = name is not None and name.type == "identifier" and value is not None and bare(value).type == "array"
    return (bare(value), True) if is_table and value else (None, False)


def _length(table: "Node") -> int:
    """Return how many elements an array has that is written with all of them: one between two commas."""
    children = [child for child in table.children[1:-1] if child.type != "comment"]
    children = children[:-1] if children and children[-1].type == "," else children
    return len(children) - sum(child.type == "," for child in children) if _alternates(children) else -1


def _alternates(children: "list[Node]") -> bool:
    return all((child.type == ",") == (at % 2 == 1) for at, child in enumerate(children))


def _row(pattern: "Node", value: "Node") -> "tuple[tuple[str, Node], ...] | None":
    """Return the names that a pattern gives to the parts of a row; None where that takes more than reading."""
    if value.type == "spread_element":
        return None
    if pattern.type == "identifier":
        return ((text_of(pattern), value),)
    if pattern.type == "array_pattern" and value.type == "array":
        names = [child for child in pattern.named_children if child.type != "comment"]
        values = [child for child in value.named_children if child.type != "comment"]
        is_plain = all(name.type == "identifier" for name in names) and len(values) == _length(value)
        is_whole = len(names) <= len(values) and not any(v.type == "spread_element" for v in values)
        return tuple((text_of(n), v) for n, v in zip(names, values, strict=False)) if is_plain and is_whole else None
    if pattern.type == "object_pattern" and value.type == "object":
        return _members(pattern, value)
    return None


def _members(pattern: "Node", value: "Node") -> "tuple[tuple[str, Node], ...] | None":
    held = dict(_pairs(value))
    names: list[tuple[str, Node]] = []
    for child in pattern.named_children:
        key, inner = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "shorthand_property_identifier_pattern":
            key, inner = child, child
        if key is None or inner is None or text_of(key) not in held or inner.type not in {child.type, "identifier"}:
            return None
        names.append((text_of(inner), held[text_of(key)]))
    return tuple(names) if len(held) == value.named_child_count else None


def _pairs(value: "Node") -> "Iterator[tuple[str, Node]]":
    for child in value.named_children:
        key, held = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "pair" and key is not None and held is not None and key.type == "property_identifier":
            yield text_of(key), held
