"""What of a language must be known to take its tests apart: nodes are those of its tree-sitter grammar."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from .plain import Plain

if TYPE_CHECKING:
    from tree_sitter import Node

EQUAL = "=="
IDENTICAL = "==="
TRUE = "is true"


@dataclass(frozen=True, slots=True)
class Condition:
    """
    A condition, as far as it can be decided outside.

    :param operator: EQUAL or IDENTICAL between both sides, or TRUE of the left one alone.
    :param holds: Whether it is to hold; False where it is negated.
    """

    operator: str
    left: "Node"
    right: "Node | None"
    holds: bool = True

    def negated(self) -> "Condition":
        """Return the opposite."""
        return replace(self, holds=not self.holds)


@dataclass(frozen=True, slots=True)
class Helper:
    """
    A function of the tests that does nothing but compare two of its parameters.

    :param left: The number of the parameter on the left side, and ``right`` of that on the right.
    :param demands: Whether it ends the test where the condition does not hold; else it returns whether it holds.
    """

    operator: str
    left: int
    right: int
    holds: bool
    demands: bool


Helpers = Mapping[str, Helper]


class Dialect(Protocol):
    """One language."""

    @property
    def parser(self) -> str:
        """The grammar's name."""

    @property
    def identifier(self) -> str:
        """The type of the nodes that are a variable's name."""

    @property
    def calls(self) -> frozenset[str]:
        """The types of the nodes that call something."""

    @property
    def deciding(self) -> frozenset[str]:
        """Words of statements that can fail a test, for example "raise"."""

    @property
    def session(self) -> "re.Pattern[str]":
        """Two lines of a session of the language's shell: the groups are what was ``typed``, and ``answered``."""

    def demand(self, expression: str, value: str) -> str:
        """Return a statement that demands that an expression has a value."""

    @property
    def hoists(self) -> bool:
        """Whether functions can be called before the line that defines them."""

    def source(self, text: str) -> str:
        """Return the tests' text as the grammar reads it, line for line."""

    def statements(self, root: "Node") -> "list[Node]":
        """Return the statements of a file, comments left out; none where it cannot be run statement by statement."""

    def defined(self, statement: "Node") -> str:
        """Return the name of the function or class that a statement defines; empty where it defines none."""

    def assigned(self, statement: "Node") -> "tuple[Node, Node] | None":
        """Return the name and the value of a plain assignment of one variable."""

    def literal(self, node: "Node") -> Plain | None:
        """Return the value of a literal; None where it is none."""

    def demanded(self, statement: "Node", helpers: Helpers) -> Condition | None:
        """Return the condition that a statement demands; None where it does something else."""

    def helper(self, statement: "Node", helpers: Helpers) -> "tuple[str, Helper] | None":
        """Return the name and the meaning of a function that is a :class:`Helper`."""

    def equal(self, operator: str, actual: Plain, expected: Plain | None) -> bool:
        """Return whether a comparison holds by the language's own rules."""


def text_of(node: "Node") -> str:
    """Return the source of a node."""
    return (node.text or b"").decode("utf-8", "surrogateescape")


def fields(node: "Node", *names: str) -> "tuple[Node, ...]":
    """Return children of a node that its grammar requires, by the names of their fields."""
    found = tuple(node.child_by_field_name(name) for name in names)
    if any(each is None for each in found):
        raise ValueError(f"a node of type {node.type} lacks one of {', '.join(names)}")
    return tuple(each for each in found if each is not None)


def applied(helper: Helper, arguments: "list[Node]") -> Condition | None:
    """Return what a call of a helper with these arguments means."""
    if max(helper.left, helper.right) >= len(arguments):
        return None
    return Condition(helper.operator, arguments[helper.left], arguments[helper.right], helper.holds)


def helper_of(condition: Condition | None, parameters: "list[str]", *, demands: bool) -> Helper | None:
    """Return the helper whose body is a condition; None where it compares anything but two parameters."""
    if condition is None or condition.right is None:
        return None
    left, right = text_of(condition.left), text_of(condition.right)
    if left == right or left not in parameters or right not in parameters:
        return None
    return Helper(condition.operator, parameters.index(left), parameters.index(right), condition.holds, demands)
