"""
Takes tests apart: of a check such as ``raise "no" if area(2) != 4`` only ``area(2)`` goes into the sandbox.

What it expects stays outside, and the comparison is made there. What stands between the checks, set-up and definitions,
goes in as it is, so that everything runs in the order of the file. A file that is not understood goes in whole.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .dialect import TRUE, Condition, Dialect, Helper, text_of
from .job import Test
from .plain import Plain

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BYTES = 256 * 1024
MAX_STATEMENTS = 5_000
"""Tests of more bytes or statements go in whole."""

WORD = re.compile(r"[A-Za-z_]\w*[?!]?")


@dataclass(frozen=True, slots=True)
class Check:
    """
    What is decided outside about the value of one test.

    :param operator: EQUAL, IDENTICAL or TRUE.
    :param expected: None where the value is only to be true.
    :param holds: Whether the comparison is to hold.
    :param statement: The check as it was written.
    :param example: Where it is an example of the specification, what that calls; otherwise empty.
    """

    operator: str
    expected: Plain | None
    holds: bool
    statement: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """
    Tests, ready to be run.

    :param text: The tests as they were written.
    :param checks: What is decided outside, by the test's id.
    :param isolation: "proof" where everything is, "resistant" where nothing is, else "mixed".
    """

    text: str
    tests: tuple[Test, ...]
    checks: Mapping[str, Check] = field(default_factory=dict)
    isolation: str = "resistant"


def take_apart(dialect: Dialect, text: str, keep: frozenset[str] = frozenset()) -> Script:
    """
    Return the tests of a script. It parses, so it is called in a worker.

    :param keep: Ids of tests that are left as they were written, since their values are not plain data.
    """
    from tree_sitter_language_pack import get_parser

    whole = Script(text, (Test(1, text),))
    source = dialect.source(text).encode("utf-8", "surrogateescape")
    if len(source) > MAX_BYTES:
        return whole
    root = get_parser(dialect.parser).parse(source).root_node  # type: ignore[arg-type]
    statements = dialect.statements(root)
    if root.has_error or not 0 < len(statements) <= MAX_STATEMENTS:
        return whole
    try:
        script = _Reader(dialect, root, statements, keep).read(text)
    except (RecursionError, ValueError):
        return whole
    return script if script.checks else whole


class _Reader:
    """Reads one file, statement by statement."""

    def __init__(self, dialect: Dialect, root: "Node", statements: "list[Node]", keep: frozenset[str]) -> None:
        self._dialect = dialect
        self._statements = statements
        self._keep = keep
        self._helpers: dict[str, Helper] = {}
        for statement in statements:
            if helper := dialect.helper(statement, self._helpers):
                self._helpers[helper[0]] = helper[1]
        self._bound = {node.id: bound for node in statements if (bound := self._binding(node))}
        self._names = {name for name, _ in self._bound.values()}
        self._demanded = {node.id: found for node in statements if (found := self._condition(node))}
        self._outside = self._names - self._used_inside(root)
        self._tests: list[Test] = []
        self._checks: dict[str, Check] = {}

    def read(self, text: str) -> Script:
        """Return the script."""
        known: dict[str, Plain] = {}
        pending = [each for each in self._statements if self._is_hoisted(each)]
        mixed = False
        for statement in self._statements:
            bound = self._bound.get(statement.id)
            if bound is not None and bound[0] in self._outside:
                known[bound[0]] = bound[1]
            elif self._take(statement, pending, known):
                pending = []
            elif not self._is_hoisted(statement):
                pending.append(statement)
                mixed = mixed or self._decides(statement)
        if pending:
            self._tests.append(_test(pending[0], pending, None))
        return Script(text, tuple(self._tests), self._checks, "mixed" if mixed else "proof")

    def _take(self, statement: "Node", pending: "list[Node]", known: Mapping[str, Plain]) -> bool:
        """Take a check apart, and say whether it could be."""
        condition = self._demanded.get(statement.id)
        if condition is None:
            return False
        value, expected = condition.left, None
        if condition.operator != TRUE:
            value, other = self._sides(condition)
            expected = self._expected(other, known)
            if expected is None:
                return False
        test = _test(statement, pending, value)
        if test.id in self._checks:
            return False
        self._tests.append(test)
        self._checks[test.id] = Check(condition.operator, expected, condition.holds, text_of(statement))
        return True

    def _expected(self, node: "Node", known: Mapping[str, Plain]) -> Plain | None:
        if node.type == self._dialect.identifier:
            name = text_of(node)
            return known.get(name) if name in self._outside else None
        return self._dialect.literal(node)

    def _binding(self, statement: "Node") -> tuple[str, Plain] | None:
        """Return the name and value of an assignment of a literal."""
        found = self._dialect.assigned(statement)
        if found is None or (value := self._dialect.literal(found[1])) is None:
            return None
        return text_of(found[0]), value

    def _condition(self, statement: "Node") -> Condition | None:
        """Return what a statement demands, where one side of it is known here and the other is not."""
        condition = self._dialect.demanded(statement, self._helpers)
        if condition is None or f"line {statement.start_point[0] + 1}" in self._keep:
            return None
        if condition.right is None:
            return condition if self._is_lone_call(condition.left) else None
        return condition if self._is_known(condition.left) != self._is_known(condition.right) else None

    def _is_lone_call(self, node: "Node") -> bool:
        """Return whether a node is one call with arguments that are known here, so that nothing is compared inside."""
        called = node.child_by_field_name("method") or node.child_by_field_name("function")
        within = [each for each in _walk(node) if each.id not in {node.id, called.id if called else 0}]
        names = {text_of(each) for each in within if each.type == self._dialect.identifier}
        return names <= self._names and not any(each.type in self._dialect.calls for each in within)

    def _is_known(self, node: "Node") -> bool:
        if node.type == self._dialect.identifier:
            return text_of(node) in self._names
        return self._dialect.literal(node) is not None

    def _sides(self, condition: Condition) -> "tuple[Node, Node]":
        """Return the side whose value is asked for, and the side that is expected."""
        assert condition.right is not None
        if self._is_known(condition.left):
            return condition.right, condition.left
        return condition.left, condition.right

    def _used_inside(self, root: "Node") -> set[str]:
        """Return the names of variables that something needs besides the checks that are taken apart."""
        apart = {found[0].id for node in self._statements if (found := self._dialect.assigned(node))}
        for statement in self._statements:
            condition = self._demanded.get(statement.id)
            if condition is not None and condition.operator != TRUE:
                apart.add(self._sides(condition)[1].id)
        reassigned = (found for node in self._statements if (found := self._dialect.assigned(node)))
        inside = {text_of(name) for name, value in reassigned if self._dialect.literal(value) is None}
        identifiers = (node for node in _walk(root) if node.type == self._dialect.identifier)
        return inside | {text_of(node) for node in identifiers if node.id not in apart}

    def _is_hoisted(self, statement: "Node") -> bool:
        return self._dialect.hoists and bool(self._dialect.defined(statement))

    def _decides(self, statement: "Node") -> bool:
        """Return whether a statement that goes in can fail the test."""
        if self._dialect.defined(statement):
            return False
        words = set(WORD.findall(text_of(statement)))
        return bool(words & (self._dialect.deciding | self._deciding_functions()))

    def _deciding_functions(self) -> set[str]:
        definitions = ((self._dialect.defined(node), node) for node in self._statements)
        return {
            name for name, node in definitions if name and set(WORD.findall(text_of(node))) & self._dialect.deciding
        }


def _test(named: "Node", code: "list[Node]", value: "Node | None") -> Test:
    """Return the test that a statement names: the statements before it, and the expression that is asked for."""
    text, line = _joined(code)
    if value is None:
        return Test(named.start_point[0] + 1, text, line)
    return Test(named.start_point[0] + 1, text, line, text_of(value), value.start_point[0] + 1)


def _joined(statements: "list[Node]") -> tuple[str, int]:
    """Return the text of statements, each on its own line of the file, and the first line."""
    if not statements:
        return "", 1
    first = row = statements[0].start_point[0]
    parts: list[str] = []
    for statement in statements:
        gap = statement.start_point[0] - row
        parts += ["\n" * gap if gap or not parts else "; ", text_of(statement)]
        row = statement.end_point[0]
    return "".join(parts), first + 1


def _walk(node: "Node") -> "Iterator[Node]":
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(current.children)
