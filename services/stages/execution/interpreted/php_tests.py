"""PHP's tests, as they are taken apart."""

import re
from typing import TYPE_CHECKING

from .dialect import EQUAL, IDENTICAL, TRUE, Condition, Helper, Helpers, applied, fields, helper_of, text_of
from .php_equality import identical, is_true, loosely_equal
from .php_literals import literal
from .plain import Plain

if TYPE_CHECKING:
    from tree_sitter import Node

TAG = re.compile(r"\A\s*<\?php\b")
LEAVING = frozenset({"exit", "die"})
ASSERT = "assert"
NOT_APART = frozenset(
    {
        "text_interpolation",
        "text",
        "php_end_tag",
        "namespace_definition",
        "namespace_use_declaration",
        "declare_statement",
    }
)
OPERATORS = {
    "==": (EQUAL, True),
    "!=": (EQUAL, False),
    "<>": (EQUAL, False),
    "===": (IDENTICAL, True),
    "!==": (IDENTICAL, False),
}


class PhpTests:
    """See :class:`services.stages.execution.interpreted.dialect.Dialect`."""

    parser = "php"
    identifier = "variable_name"
    calls = frozenset(
        {
            "function_call_expression",
            "member_call_expression",
            "scoped_call_expression",
            "object_creation_expression",
            "anonymous_function",
            "arrow_function",
        }
    )
    hoists = True
    session = re.compile(r"php > (?:echo )?(?P<typed>[^;\n]+);?\n(?P<answered>.+)")
    deciding = frozenset({"throw", "exit", "die", "assert", "trigger_error"})

    def demand(self, expression: str, value: str) -> str:
        """Return an assertion of what PHP holds for equal."""
        return f"assert({expression} == {value});\n"

    def source(self, text: str) -> str:
        """Return the text with the tag by which PHP begins."""
        return text if TAG.match(text) else f"<?php {text}"

    def statements(self, root: "Node") -> "list[Node]":
        """Return the statements; what holds for the rest of a file cannot be run so."""
        if any(node.type in NOT_APART for node in root.named_children):
            return []
        return [node for node in root.named_children if node.type not in {"comment", "php_tag", "empty_statement"}]

    def defined(self, statement: "Node") -> str:
        """Return the name of the function or class that is defined."""
        if statement.type not in {
            "function_definition",
            "class_declaration",
            "interface_declaration",
            "trait_declaration",
            "enum_declaration",
        }:
            return ""
        name = statement.child_by_field_name("name")
        return text_of(name) if name else ""

    def assigned(self, statement: "Node") -> "tuple[Node, Node] | None":
        """Return both sides of ``$name = value;``."""
        node = _expression(statement)
        if node is None or node.type != "assignment_expression":
            return None
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return (left, right) if left and right and left.type == "variable_name" else None

    def literal(self, node: "Node") -> Plain | None:
        """Return the value of a literal without interpolation."""
        return literal(node)

    def demanded(self, statement: "Node", helpers: Helpers) -> Condition | None:
        """Return what must hold for the statement not to throw."""
        if statement.type == "if_statement":
            return _guarded(statement, helpers)
        node = _expression(statement)
        if node is None:
            return None
        if node.type == "binary_expression":
            return _or_else(node, helpers)
        if _function(node) == ASSERT and (arguments := _arguments(node)):
            return _condition(arguments[0], helpers)
        return _call(node, helpers, demands=True)

    def helper(self, statement: "Node", helpers: Helpers) -> tuple[str, Helper] | None:
        """Return a function whose body is one comparison of two parameters, or a check of one."""
        body, parameters = (statement.child_by_field_name(field) for field in ("body", "parameters"))
        if statement.type != "function_definition" or body is None or parameters is None:
            return None
        names = [text_of(node.child_by_field_name("name") or node) for node in parameters.named_children]
        statements = [node for node in body.named_children if node.type != "comment"]
        if len(statements) != 1:
            return None
        found = helper_of(self.demanded(statements[0], helpers), names, demands=True)
        if found is None and statements[0].type == "return_statement" and statements[0].named_children:
            found = helper_of(_condition(statements[0].named_children[0], helpers), names, demands=False)
        return (self.defined(statement), found) if found else None

    def equal(self, operator: str, actual: Plain, expected: Plain | None) -> bool:
        """Return whether a value is true, or ``==`` or ``===`` to another."""
        if operator == TRUE or expected is None:
            return is_true(actual)
        return identical(actual, expected) if operator == IDENTICAL else loosely_equal(actual, expected)


def _expression(statement: "Node") -> "Node | None":
    if statement.type != "expression_statement" or not statement.named_children:
        return None
    return statement.named_children[0]


def _guarded(statement: "Node", helpers: Helpers) -> Condition | None:
    condition, body = fields(statement, "condition", "body")
    if statement.child_by_field_name("alternative") or not _is_leaving(body):
        return None
    found = _condition(condition, helpers)
    return found.negated() if found else None


def _or_else(node: "Node", helpers: Helpers) -> Condition | None:
    left, operator, right = _binary(node)
    if operator not in {"or", "||", "and", "&&"} or not _is_leaving(right):
        return None
    found = _condition(left, helpers)
    return found.negated() if found and operator in {"and", "&&"} else found


def _condition(node: "Node", helpers: Helpers) -> Condition | None:
    if node.type == "parenthesized_expression" and node.named_child_count == 1:
        return _condition(node.named_children[0], helpers)
    if node.type == "unary_op_expression" and text_of(node).startswith("!"):
        found = _condition(node.named_children[-1], helpers)
        return found.negated() if found else None
    if node.type == "binary_expression":
        left, operator, right = _binary(node)
        if operator not in OPERATORS:
            return None
        kind, holds = OPERATORS[operator]
        return Condition(kind, left, right, holds)
    if node.type != "function_call_expression":
        return None
    return _call(node, helpers, demands=False) or Condition(TRUE, node, None)


def _call(node: "Node", helpers: Helpers, *, demands: bool) -> Condition | None:
    """Return what a call of one of the tests' own helpers means."""
    helper = helpers.get(_function(node))
    if helper is None or helper.demands != demands:
        return None
    return applied(helper, _arguments(node))


def _function(node: "Node") -> str:
    """Return the name of a function that is called; empty for any other node."""
    function = node.child_by_field_name("function") if node.type == "function_call_expression" else None
    return text_of(function).lstrip("\\") if function and function.type in {"name", "qualified_name"} else ""


def _arguments(node: "Node") -> "list[Node]":
    """Return the arguments of a call; none where one is named, or spread."""
    arguments = node.child_by_field_name("arguments")
    found = [each for each in arguments.named_children if each.type != "comment"] if arguments else []
    if any(each.type != "argument" or each.named_child_count != 1 for each in found):
        return []
    inner = [each.named_children[0] for each in found]
    return [] if any(each.type == "variadic_unpacking" for each in inner) else inner


def _is_leaving(node: "Node") -> bool:
    """Return whether a body does nothing but throw, or leave, after saying why."""
    if node.type == "compound_statement":
        statements = [each for each in node.named_children if each.type != "comment"]
        return bool(statements) and _is_leaving(statements[-1]) and all(map(_is_output, statements[:-1]))
    if node.type == "expression_statement":
        return _is_leaving(node.named_children[0])
    if node.type in {"throw_expression", "exit_statement"}:
        return True
    return _function(node).lower() in LEAVING


def _is_output(statement: "Node") -> bool:
    node = _expression(statement)
    return statement.type == "echo_statement" or (
        node is not None and _function(node) in {"printf", "error_log", "var_dump"}
    )


def _binary(node: "Node") -> "tuple[Node, str, Node]":
    left, operator, right = fields(node, "left", "operator", "right")
    return left, text_of(operator).lower(), right
