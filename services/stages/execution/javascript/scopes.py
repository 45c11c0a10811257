"""Which declaration a name of the tests means, and which of them are nothing but a value. Used in the workers alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .syntax import FUNCTIONS, NoLiteral, above, bare, literal, text_of, walk
from .values import Thing, Value

if TYPE_CHECKING:
    from tree_sitter import Node

BLOCKS = {"program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body", *FUNCTIONS}
ASSIGNMENTS = {"assignment_expression", "augmented_assignment_expression", "update_expression"}
NAMES = {"identifier", "shorthand_property_identifier"}
BINDING = {"identifier", "shorthand_property_identifier_pattern"}


@dataclass(eq=False)
class Declaration:
    """
    One name that the tests declare.

    :param node: What declares it: a declarator, a function, a parameter, a class, an import.
    :param value: What it always is, where it is declared once as a literal.
    """

    name: str
    node: "Node"
    value: Value = None
    is_constant: bool = False
    uses: "list[Node]" = field(default_factory=list)


class Scopes:
    """The declarations of a tree, and what its names mean."""

    def __init__(self, root: "Node") -> None:
        self._declared: dict[int, dict[str, Declaration]] = defaultdict(dict)
        self._changed: set[int] = set()
        for node in walk(root):
            for name, holder in _declares(node):
                self._declare(name, node, holder)
        self._by_use: dict[int, Declaration] = {}
        for node in walk(root):
            if node.type in NAMES:
                self._use(node)
        self.top = frozenset(self._declared[root.id])
        self.names = frozenset(name for held in self._declared.values() for name in held)
        for declared in self.all_declared():
            _find_constant(declared, is_changed=id(declared) in self._changed)

    def of(self, node: "Node") -> Declaration | None:
        """Return the declaration that an identifier means; None where the tests have none."""
        return self._by_use.get(node.id)

    def declared_at(self, holder: "Node", name: str) -> Declaration | None:
        """Return what a scope itself declares by a name."""
        return self._declared.get(holder.id, {}).get(name)

    def constants(self) -> Iterator[Declaration]:
        """Yield the declarations that are nothing but a value."""
        return (declared for declared in self.all_declared() if declared.is_constant)

    def all_declared(self) -> Iterator[Declaration]:
        """Yield all declarations."""
        return (declared for held in self._declared.values() for declared in held.values())

    def _declare(self, name: "Node", node: "Node", holder: "Node") -> None:
        space = self._declared[holder.id]
        text = text_of(name)
        if text in space:
            self._changed.add(id(space[text]))
        else:
            space[text] = Declaration(text, node)

    def _use(self, node: "Node") -> None:
        name = text_of(node)
        for scope in above(node):
            declared = self._declared.get(scope.id, {}).get(name)
            if declared is None:
                continue
            if not _is_own_name(node, declared):
                declared.uses.append(node)
                self._by_use[node.id] = declared
                if _is_assigned(node):
                    self._changed.add(id(declared))
            return


def _is_own_name(node: "Node", declared: Declaration) -> bool:
    return any(name.id == node.id for name, _ in _declares(declared.node))


def _is_assigned(node: "Node") -> bool:
    """Whether a use gives the name another value."""
    target = node
    for holder in above(node):
        if holder.type in ASSIGNMENTS:
            left = holder.child_by_field_name("left") or holder.child_by_field_name("argument")
            return left is not None and left.start_byte <= target.start_byte < left.end_byte
        if holder.type == "for_in_statement":
            left = holder.child_by_field_name("left")
            return left is not None and left.start_byte <= target.start_byte < left.end_byte
        if holder.type.endswith(("statement", "declaration")):
            return False
    return False


def _declares(node: "Node") -> "Iterator[tuple[Node, Node]]":
    """Yield the names that a node declares, each with the scope that it declares it in."""
    match node.type:
        case "variable_declarator":
            holder = _function_above(node) if _is_var(node) else _block_above(node)
            yield from _bound(node.child_by_field_name("name"), holder)
        case "class_declaration":
            yield from _bound(node.child_by_field_name("name"), _block_above(node))
        case "import_statement":
            holder = _block_above(node)
            yield from ((name, holder) for name in imported_names(node))
        case "catch_clause":
            yield from _bound(node.child_by_field_name("parameter"), node)
        case "for_in_statement" if node.child_by_field_name("kind"):
            yield from _bound(node.child_by_field_name("left"), node)
        case kind if kind in FUNCTIONS:
            if kind.endswith("declaration"):
                yield from _bound(node.child_by_field_name("name"), _block_above(node))
            parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
            yield from _bound(parameters, node)


def _bound(pattern: "Node | None", holder: "Node") -> "Iterator[tuple[Node, Node]]":
    if pattern is None:
        return
    for node in walk(pattern, lambda n: n.type not in {*FUNCTIONS, "type_annotation"}):
        is_value = any(
            up.type in {"assignment_pattern", "object_assignment_pattern"}
            and _is_in(node, up.child_by_field_name("right"))
            for up in _between(node, pattern)
        )
        if (node.type in BINDING or node.type == "type_identifier") and not is_value:
            yield node, holder


def _between(node: "Node", top: "Node") -> "Iterator[Node]":
    for holder in above(node):
        if holder.end_byte > top.end_byte or holder.start_byte < top.start_byte:
            return
        yield holder


def _is_in(node: "Node", holder: "Node | None") -> bool:
    return holder is not None and holder.start_byte <= node.start_byte and node.end_byte <= holder.end_byte


def imported_names(node: "Node") -> "list[Node]":
    """Return the names that an import statement binds."""
    found = []
    for each in walk(node):
        if each.type == "import_specifier":
            name = each.child_by_field_name("alias") or each.child_by_field_name("name")
            found += [name] if name else []
        elif each.type == "identifier" and each.parent and each.parent.type in {"import_clause", "namespace_import"}:
            found.append(each)
    return found


def _is_var(node: "Node") -> bool:
    return node.parent is not None and node.parent.type == "variable_declaration"


def _block_above(node: "Node") -> "Node":
    return next((up for up in above(node) if up.type in BLOCKS), node)


def _function_above(node: "Node") -> "Node":
    return next((up for up in above(node) if up.type in FUNCTIONS or up.type == "program"), node)


def _find_constant(declared: Declaration, *, is_changed: bool) -> None:
    value = declared.node.child_by_field_name("value")
    name = declared.node.child_by_field_name("name")
    if is_changed or declared.node.type != "variable_declarator" or value is None or name is None:
        return
    if name.type != "identifier" or (declared.node.parent and declared.node.parent.type == "for_statement"):
        return
    try:
        declared.value = literal(bare(value))
    except NoLiteral:
        return
    declared.is_constant = True


def is_shared(declared: Declaration) -> bool:
    """Whether a constant is an object, which whoever is given it may change."""
    return isinstance(declared.value, Thing)
