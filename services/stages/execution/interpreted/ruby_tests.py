"""Ruby's tests, as they are taken apart, and what Ruby calls equal."""

import re
from typing import TYPE_CHECKING

from .dialect import EQUAL, TRUE, Condition, Helper, Helpers, applied, fields, helper_of, text_of
from .plain import Plain
from .ruby_literals import literal

if TYPE_CHECKING:
    from tree_sitter import Node

RAISING = frozenset({"raise", "fail", "abort", "exit", "exit!", "throw"})
PRINTING = frozenset({"puts", "print", "p", "pp", "warn", "printf"})
NOT_APART = frozenset({"heredoc_body", "uninterpreted", "begin_block", "end_block"})


class RubyTests:
    """See :class:`services.stages.execution.interpreted.dialect.Dialect`."""

    parser = "ruby"
    identifier = "identifier"
    calls = frozenset({"call", "block", "do_block", "lambda", "element_reference"})
    hoists = False
    session = re.compile(r"(?:irb(?:\([^()\n]*\)[:\d]*)?>|>>) *(?P<typed>.+)\n=> ?(?P<answered>.+)")
    deciding = RAISING | {"assert", "refute"}

    def demand(self, expression: str, value: str) -> str:
        """Return a statement that raises otherwise."""
        return f"raise unless {expression} == {value}\n"

    def source(self, text: str) -> str:
        """Return the text as it is."""
        return text

    def statements(self, root: "Node") -> "list[Node]":
        """Return the statements; what stands apart from the statement that it belongs to cannot be run so."""
        if any(node.type in NOT_APART for node in root.named_children):
            return []
        return [node for node in root.named_children if node.type != "comment"]

    def defined(self, statement: "Node") -> str:
        """Return the name of the method, class or module that is defined."""
        if statement.type not in {"method", "singleton_method", "class", "module"}:
            return ""
        name = statement.child_by_field_name("name")
        return text_of(name) if name else ""

    def assigned(self, statement: "Node") -> "tuple[Node, Node] | None":
        """Return both sides of ``name = value``."""
        if statement.type != "assignment":
            return None
        left, right = statement.child_by_field_name("left"), statement.child_by_field_name("right")
        return (left, right) if left and right and left.type == "identifier" else None

    def literal(self, node: "Node") -> Plain | None:
        """Return the value of a literal without interpolation."""
        return literal(node)

    def demanded(self, statement: "Node", helpers: Helpers) -> Condition | None:
        """Return what must hold for the statement not to raise."""
        if statement.type in {"if", "if_modifier", "unless", "unless_modifier"}:
            return _guarded(statement, helpers)
        if statement.type == "binary":
            left, operator, right = _binary(statement)
            if operator in {"or", "||", "and", "&&"} and _is_raising(right):
                condition = _condition(left, helpers)
                return condition.negated() if condition and operator in {"and", "&&"} else condition
            return None
        return _call(statement, helpers, demands=True)

    def helper(self, statement: "Node", helpers: Helpers) -> tuple[str, Helper] | None:
        """Return a method whose body is one comparison of two parameters, or a check of one."""
        body, parameters = (statement.child_by_field_name(field) for field in ("body", "parameters"))
        if statement.type != "method" or body is None or parameters is None:
            return None
        names = [text_of(node.child_by_field_name("name") or node) for node in parameters.named_children]
        statements = [node for node in body.named_children if node.type != "comment"]
        if len(statements) != 1:
            return None
        demanded = helper_of(self.demanded(statements[0], helpers), names, demands=True)
        found = demanded or helper_of(_condition(_returned(statements[0]), helpers), names, demands=False)
        return (self.defined(statement), found) if found else None

    def equal(self, operator: str, actual: Plain, expected: Plain | None) -> bool:
        """Return whether a value is true, or ``==`` to another."""
        if operator == TRUE or expected is None:
            return actual not in {("c", "nil"), ("c", "false")}
        return equal(actual, expected)


def equal(one: Plain, other: Plain) -> bool:
    """Return whether Ruby's ``==`` holds: numbers by value, hashes in any order with keys of the same class."""
    kinds = {one[0], other[0]}
    if kinds <= {"i", "f"}:
        return bool(one[1] == other[1])
    if len(kinds) > 1:
        return False
    if one[0] == "a":
        return len(one[1]) == len(other[1]) and all(map(equal, one[1], other[1]))
    if one[0] == "h":
        theirs = dict(other[1])
        return len(one[1]) == len(theirs) and all(key in theirs and equal(value, theirs[key]) for key, value in one[1])
    return bool(one[1] == other[1])


def _guarded(statement: "Node", helpers: Helpers) -> Condition | None:
    condition = statement.child_by_field_name("condition")
    body = statement.child_by_field_name("body") or statement.child_by_field_name("consequence")
    if condition is None or body is None or statement.child_by_field_name("alternative") or not _is_raising(body):
        return None
    found = _condition(condition, helpers)
    return found.negated() if found and statement.type.startswith("if") else found


def _condition(node: "Node", helpers: Helpers) -> Condition | None:
    if node.type == "parenthesized_statements" and node.named_child_count == 1:
        return _condition(node.named_children[0], helpers)
    if node.type == "unary":
        operand = fields(node, "operand")[0]
        found = _condition(operand, helpers) if text_of(node).startswith(("!", "not")) else None
        return found.negated() if found else None
    if node.type == "binary":
        left, operator, right = _binary(node)
        return Condition(EQUAL, left, right, operator == "==") if operator in {"==", "!="} else None
    if node.type != "call":
        return None
    return _call(node, helpers, demands=False) or Condition(TRUE, node, None)


def _call(node: "Node", helpers: Helpers, *, demands: bool) -> Condition | None:
    """Return what a call of one of the tests' own helpers means."""
    helper = helpers.get(_method(node))
    arguments = node.child_by_field_name("arguments")
    if helper is None or helper.demands != demands or arguments is None:
        return None
    return applied(helper, arguments.named_children)


def _method(node: "Node") -> str:
    """Return the name of what is called on no receiver; empty where it is another call, or none."""
    if node.type == "identifier":
        return text_of(node)
    if node.type != "call" or node.child_by_field_name("receiver") or node.child_by_field_name("block"):
        return ""
    method = node.child_by_field_name("method")
    return text_of(method) if method else ""


def _is_raising(node: "Node") -> bool:
    """Return whether a body does nothing but raise, or leave, after saying why."""
    if node.type == "then":
        statements = [each for each in node.named_children if each.type != "comment"]
        return (
            bool(statements)
            and _is_raising(statements[-1])
            and all(_method(each) in PRINTING for each in statements[:-1])
        )
    return _method(node) in RAISING


def _binary(node: "Node") -> "tuple[Node, str, Node]":
    left, operator, right = fields(node, "left", "operator", "right")
    return left, text_of(operator), right


def _returned(node: "Node") -> "Node":
    """Return what ``return value`` returns, and any other node as it is."""
    if node.type != "return" or not node.named_children:
        return node
    inner = node.named_children[0]
    return inner.named_children[0] if inner.type == "argument_list" and inner.named_child_count == 1 else inner
