"""From the text of an assertion to what it says: which parts the code is asked for, and what is known already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .expression import Asked, Expression, Known, Operation, asked
from .scopes import NAMES, Declaration, Scopes
from .syntax import (
    FUNCTIONS,
    NoLiteral,
    arguments,
    bare,
    body_of,
    callee,
    literal,
    statements,
    text_of,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_INLINED = 8
"""Calls of the tests' own functions within one another that are looked into."""

UNARY = {"!": "!", "-": "negate", "+": "plus", "typeof": "typeof"}
BINARY = {
    **{
        name: name
        for name in ("===", "!==", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??", "*", "/", "%", "**", "+")
    },
    "-": "subtract",
}
IDENTITIES = {"===", "!==", "==", "!=", "Object.is", "assert.equal", "contains"}
"""Operations for which it matters whether two objects are one and the same."""

FUNCTION_NAMES: Mapping[str, tuple[str, int]] = {
    **{f"Math.{name}": (f"Math.{name}", 1) for name in ("abs", "floor", "ceil", "trunc", "round", "sqrt")},
    "Math.pow": ("Math.pow", 2),
    **{name: (name, 1) for name in ("JSON.stringify", "Array.isArray", "Boolean", "Number", "String", "isNaN")},
    **{f"Number.{name}": (f"Number.{name}", 1) for name in ("isNaN", "isFinite", "isInteger")},
    "Object.is": ("Object.is", 2),
}
"""Functions of the language that are computed outside, with how many arguments they take."""

PREDICATES = {"every", "some", "includes", "has", "hasOwnProperty", "startsWith", "endsWith", "test", "match", "equals"}
"""Methods that compare; what they are asked about is then compared inside."""


class Entangled(Exception):  # what it says
    """The assertion cannot be taken apart."""


@dataclass(frozen=True)
class Part:
    """
    A part of an assertion that the sandbox computes.

    :param text: Its text where the assertion stands.
    :param nodes: The nodes of the tests that it is made of.
    :param is_promise: Whether its value is what a promise comes to, and the assertion a promise itself.
    """

    text: str
    nodes: "tuple[Node, ...]"
    is_promise: bool = False


@dataclass
class Reading:
    """
    What one assertion says, while it is read.

    :param excluded: Constants that are not taken for known, since the code is given them too.
    :param weak: Whether something is compared inside all the same.
    """

    scopes: Scopes
    equalities: Mapping[str, str]
    shadowed: frozenset[str]
    excluded: frozenset[Declaration]
    parts: list[Part] = field(default_factory=list)
    weak: bool = False
    _bound: list[dict[int, "Node"]] = field(default_factory=list)

    def expression(self, node: "Node") -> Expression:
        """Return what an expression says."""
        node = bare(node)
        known = self._known(node)
        if known is not None:
            return known
        read = {
            "identifier": self._identifier,
            "unary_expression": self._unary,
            "binary_expression": self._binary,
            "ternary_expression": self._ternary,
            "call_expression": self._call,
            "member_expression": self._member,
        }
        return read.get(node.type, self.ask)(node)

    def ask(self, node: "Node") -> Asked:
        """Return an expression as a part that the sandbox computes."""
        if any(n.type in {"yield_expression", "super"} for n in walk(node)):
            raise Entangled
        self.parts.append(Part(*self._written(node)))
        return Asked(len(self.parts) - 1)

    def called(self, node: "Node", *, is_promise: bool = False) -> Asked:
        """Return the call of a function that is written in place; or what the promise comes to that it returns."""
        text, nodes = self._written(node)
        text = f"({text})()" if node.type in FUNCTIONS else text
        self.parts.append(Part(f"await ({text})" if is_promise else text, nodes, is_promise))
        return Asked(len(self.parts) - 1)

    def operation(self, name: str, *operands: Expression) -> Expression:
        """Return an operation; where it is about the identity of two objects of the code's, the sandbox computes it."""
        asking = [operand for operand in operands if next(asked(operand), None) is not None]
        if name in IDENTITIES and len(asking) > 1:
            raise Entangled
        return Operation(name, operands)

    def _known(self, node: "Node") -> Known | None:
        try:
            return Known(literal(node))
        except NoLiteral:
            return None

    def _identifier(self, node: "Node") -> Expression:
        declared = self.scopes.of(node)
        if declared is None:
            return self.ask(node)
        given, depth = self._given(node)
        if given is not None:
            held, self._bound = self._bound, self._bound[:depth]
            try:
                return self.expression(given)
            finally:
                self._bound = held
        if declared.is_constant and declared not in self.excluded:
            return Known(declared.value)
        return self.ask(node)

    def _unary(self, node: "Node") -> Expression:
        operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("argument")
        if operator is None or operand is None or text_of(operator) not in UNARY:
            return self.ask(node)
        return Operation(UNARY[text_of(operator)], (self.expression(operand),))

    def _binary(self, node: "Node") -> Expression:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None or text_of(operator) not in BINARY:
            self.weak = True
            return self.ask(node)
        before = len(self.parts)
        operands = (self.expression(left), self.expression(right))
        try:
            return self.operation(BINARY[text_of(operator)], *operands)
        except Entangled:
            del self.parts[before:]
            self.weak = True
            return self.ask(node)

    def _ternary(self, node: "Node") -> Expression:
        parts = [node.child_by_field_name(name) for name in ("condition", "consequence", "alternative")]
        if not all(parts):
            return self.ask(node)
        return Operation("?:", tuple(self.expression(part) for part in parts if part))

    def _member(self, node: "Node") -> Expression:
        held, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if held is not None and name is not None and text_of(name) == "length":
            before = len(self.parts)
            inner = self.expression(held)
            if next(asked(inner), None) is None:
                return Operation("length", (inner,))
            del self.parts[before:]
        return self.ask(node)

    def _call(self, node: "Node") -> Expression:
        name, given = callee(node), arguments(node)
        if any(argument.type == "spread_element" for argument in given):
            return self.ask(node)
        if name in self.equalities and len(given) >= 2:
            return self.operation(self.equalities[name], *map(self.expression, given[:2]))
        function, count = FUNCTION_NAMES.get(name, ("", -1))
        if count == len(given) and name.split(".")[0] not in self.shadowed:
            return Operation(function, tuple(map(self.expression, given)))
        inlined = self._own_function(node, given)
        if inlined is not None:
            return inlined
        return self._method(node, given)

    def _method(self, node: "Node", given: "Sequence[Node]") -> Expression:
        """Read a call of a method: what a list of the tests includes is known outside."""
        function = node.child_by_field_name("function")
        method = function.child_by_field_name("property") if function and function.type == "member_expression" else None
        held = function.child_by_field_name("object") if function and method else None
        if method is not None and held is not None and text_of(method) in PREDICATES:
            before = len(self.parts)
            inner = self.expression(held)
            if text_of(method) == "includes" and len(given) == 1 and next(asked(inner), None) is None:
                return Operation("contains", (inner, self.expression(given[0])))
            del self.parts[before:]
            self.weak = True
        return self.ask(node)

    def _own_function(self, node: "Node", given: "Sequence[Node]") -> Expression | None:
        """Look into a function of the tests' own that returns one expression of what it is given."""
        function = self.function_of(node)
        result = _returned(function) if function is not None else None
        if function is None or result is None:
            return None
        before, weak = len(self.parts), self.weak
        try:
            with self.bound(function, given):
                return self.expression(result)
        except Entangled:
            del self.parts[before:]
            self.weak = weak
            return None

    def function_of(self, call: "Node") -> "Node | None":
        """Return the tests' own function that a call calls."""
        name = call.child_by_field_name("function")
        declared = self.scopes.of(name) if name is not None and name.type == "identifier" else None
        return function_in(declared) if declared is not None else None

    def bound(self, function: "Node", given: "Sequence[Node]") -> "_Binding":
        """Read what is in a function while its parameters mean what a call gives."""
        return _Binding(self, function, given)

    def _written(self, node: "Node") -> "tuple[str, tuple[Node, ...]]":
        """Return the text of a node, with what parameters of functions that are looked into mean in their place."""
        source, start = node.text or b"", node.start_byte
        written, nodes, end = b"", [node], 0
        for name in walk(node):
            given, depth = self._given(name) if name.type in NAMES else (None, 0)
            if given is None:
                continue
            if name.type != "identifier":
                raise Entangled
            held, self._bound = self._bound, self._bound[:depth]
            inner, more = self._written(given)
            self._bound = held
            written += source[end : name.start_byte - start] + f"({inner})".encode()
            end = name.end_byte - start
            nodes += more
        return (written + source[end:]).decode(errors="replace"), tuple(nodes)

    def _given(self, name: "Node") -> "tuple[Node | None, int]":
        """Return what a parameter means, and how many functions that was given through."""
        declared = self.scopes.of(name)
        for depth in range(len(self._bound) - 1, -1, -1):
            if declared is not None and id(declared) in self._bound[depth]:
                return self._bound[depth][id(declared)], depth
        return None, 0


class _Binding:
    """Parameters that mean arguments, for as long as the context lasts."""

    def __init__(self, reading: Reading, function: "Node", given: "Sequence[Node]") -> None:
        self._reading = reading
        parameters = [_parameter(each) for each in parameters_of(function)]
        if len(reading._bound) >= MAX_INLINED or len(given) < len(parameters) or None in parameters:
            raise Entangled
        declared = [reading.scopes.declared_at(function, text_of(each)) for each in parameters if each]
        if None in declared:
            raise Entangled
        self._held = {id(each): node for each, node in zip(declared, given, strict=False)}

    def __enter__(self) -> None:
        self._reading._bound.append(self._held)

    def __exit__(self, *_: object) -> None:
        self._reading._bound.pop()


def function_in(declared: Declaration) -> "Node | None":
    """Return the function that a name always means; None where it means something else."""
    node = declared.node
    if node.type == "variable_declarator":
        value = node.child_by_field_name("value")
        return value if value is not None and value.type in FUNCTIONS else None
    return node if node.type in FUNCTIONS and node.child_by_field_name("name") is not None else None


def parameters_of(function: "Node") -> "list[Node]":
    """Return the parameters of a function."""
    single = function.child_by_field_name("parameter")
    held = function.child_by_field_name("parameters")
    named = [single] if single else (held.named_children if held else [])
    return [node for node in named if node.type != "comment"]


def _parameter(node: "Node") -> "Node | None":
    inner = node.child_by_field_name("pattern") if node.type == "required_parameter" else node
    return inner if inner is not None and inner.type == "identifier" else None


def _returned(function: "Node") -> "Node | None":
    """Return the expression that a function is, where it is nothing else."""
    body = body_of(function)
    if body is None or any(child.type == "async" for child in function.children):
        return None
    if body.type != "statement_block":
        return body
    held = statements(body)
    if len(held) != 1 or held[0].type != "return_statement" or not held[0].named_children:
        return None
    return held[0].named_children[0]


def equality_names(scopes: Scopes, modules: Mapping[str, str]) -> dict[str, str]:
    """
    Return what functions that compare are called in these tests.

    :param modules: The names by which the tests know modules, and what is taken from them: "lodash", "lodash.isEqual".
    """
    known = {
        "lodash.isEqual": "deep-lodash",
        "lodash.eq": "deep-lodash",
        "util.isDeepStrictEqual": "deep-strict",
        "node:util.isDeepStrictEqual": "deep-strict",
    }
    names = {}
    for name, module in modules.items():
        for function, operation in known.items():
            if module == function:
                names[name] = operation
            elif function.startswith(f"{module}."):
                names[f"{name}.{function.removeprefix(f'{module}.')}"] = operation
    return names
