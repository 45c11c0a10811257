"""Whether a run that comes to its end must have reached an assertion, and in which block of tests it stands."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from .assertions import path_of
from .reading import function_in
from .scopes import Scopes
from .syntax import FUNCTIONS, WRAPPERS, above, arguments, body_of, callee, literal, own_nodes, statements

if TYPE_CHECKING:
    from tree_sitter import Node

TESTS = {"test", "it", "specify"}
SUITES = {"describe", "suite", "context"}
HOOKS = {"before", "after", "beforeEach", "afterEach", "beforeAll", "afterAll"}
STRAIGHT = {
    "expression_statement",
    "statement_block",
    "program",
    "await_expression",
    "return_statement",
    "arguments",
    "lexical_declaration",
    "variable_declaration",
    "variable_declarator",
    *WRAPPERS,
}
MAX_CALLS = 20


class Certainty:
    """Tells of the nodes of one test file."""

    def __init__(self, scopes: Scopes, known: Mapping[str, str]) -> None:
        self._scopes = scopes
        self._known = known

    def is_definite(self, node: "Node", depth: int = 0) -> bool:
        """Whether a node is reached, once, in every run that neither throws nor leaves before its end."""
        if depth > MAX_CALLS:
            return False
        below = node
        for holder in above(node):
            if holder.type in FUNCTIONS:
                return _runs_through(holder) and self._is_called(holder, depth + 1)
            if holder.type == "call_expression" and not self._is_own_call(holder, below):
                return False
            if holder.type not in STRAIGHT | {"call_expression"}:
                return False
            below = holder
        return True

    def blocks(self, node: "Node") -> Iterator[str]:
        """Yield the names of the tests and suites around a node, the innermost first."""
        for holder in above(node):
            if (
                holder.type == "call_expression"
                and self.kind(holder) in TESTS | SUITES
                and (given := arguments(holder))
            ) and given[0].type in {"string", "template_string"}:
                yield _name(given[0])

    def kind(self, call: "Node") -> str:
        """Return which of the runner's functions a call calls; empty where it is none, or it skips what it is given."""
        name = path_of(call, self._known)
        first = callee(call).partition(".")[0]
        if first not in self._known and first in self._scopes.names:
            return ""
        last = name.removesuffix(".only").rpartition(".")[2]
        return last if last in TESTS | SUITES | HOOKS else ""

    def _is_own_call(self, call: "Node", below: "Node") -> bool:
        """Whether a call stands in the straight line: the assertion itself, or what defines a test."""
        return below.type != "arguments" or bool(self.kind(call))

    def _is_called(self, function: "Node", depth: int) -> bool:
        """Whether a function is certain to be called once."""
        holder = function.parent
        if holder is None:
            return False
        if holder.type == "arguments" and holder.parent is not None:
            call = holder.parent
            return self._defines(call, function) and self.is_definite(call, depth)
        if holder.type == "parenthesized_expression":
            call_of = holder.parent
            return call_of is not None and call_of.type == "call_expression" and self.is_definite(call_of, depth)
        return self._is_called_by_name(function, depth)

    def _defines(self, call: "Node", function: "Node") -> bool:
        """Whether a call defines a test, or a block of them, that is not skipped."""
        kind = self.kind(call)
        given = arguments(call)
        has_options = any(argument.type == "object" for argument in given)
        return (
            kind in TESTS | SUITES | {"before", "after", "beforeAll", "afterAll"}
            and not has_options
            and function in given
        )

    def _is_called_by_name(self, function: "Node", depth: int) -> bool:
        node = function.parent if function.parent and function.parent.type == "variable_declarator" else function
        name = node.child_by_field_name("name")
        declared = next((d for d in self._scopes.all_declared() if d.node == node), None) if name is not None else None
        if declared is None or len(declared.uses) != 1 or function_in(declared) != function:
            return False
        (use,) = declared.uses
        call = use.parent
        if call is None or call.type != "call_expression" or call.child_by_field_name("function") != use:
            # A named function that is handed to the runner: test("adds", testAdds).
            holder = call.parent if call is not None and call.type == "arguments" else None
            return holder is not None and self._defines(holder, use) and self.is_definite(holder, depth)
        return self.is_definite(call, depth)


def _runs_through(function: "Node") -> bool:
    """Whether a function cannot return before its end."""
    body = body_of(function)
    if body is None or body.type != "statement_block":
        return body is not None
    last = statements(body)[-1:]
    returns = [node for node in own_nodes(body) if node.type == "return_statement"]
    return all(node in last for node in returns) and not any(
        node.type == "yield_expression" for node in own_nodes(body)
    )


def _name(node: "Node") -> str:
    return str(literal(node)) if not any(c.type == "template_substitution" for c in node.named_children) else "…"
