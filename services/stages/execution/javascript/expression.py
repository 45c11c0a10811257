"""What an assertion says, as a small tree: what the code is asked for, what is known, and how they are compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from .values import Value


@dataclass(frozen=True, slots=True)
class Known:
    """A value that the tests write down; it never enters the sandbox."""

    value: Value


@dataclass(frozen=True, slots=True)
class Asked:
    """A part that the sandbox computes; its value comes out. ``index`` counts the parts of one assertion from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on values, by its name in :mod:`.evaluation`."""

    name: str
    operands: "tuple[Expression, ...]"


Expression: TypeAlias = Known | Asked | Operation

COMPARISONS = frozenset(
    {"===", "==", "Object.is", "assert.equal", "deep-loose", "deep-strict", "deep-lodash", "deep-jest"}
)
"""Operations that say that both sides are equal: a failure tells what was got and what was expected."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """
    What a call must end with instead of a value.

    :param name: The class of the error, or of one that it derives from; empty: any.
    :param message: What its message must contain, or be where it is exact; None: anything.
    """

    name: str = ""
    message: str | None = None
    exact: bool = False
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """
    One assertion of the tests.

    :param number: Counts the assertions of a suite from 0.
    :param line: Where it stands in the test file, from 1.
    :param test: The names of the blocks around it, for example "area > of a square"; empty at the top.
    :param condition: What must be truthy; None where it is decided in the sandbox.
    :param thrown: What its only part must throw; None where it must not.
    :param definite: Whether it is certain to be reached, once, in a run that comes to its end.
    :param weak: Whether something is compared in the sandbox all the same.
    :param subject: The name of the function that it asks first; empty where that cannot be told.
    :param text: The assertion as it is written, bounded.
    """

    number: int
    line: int
    test: str
    condition: Expression | None = None
    thrown: Thrown | None = None
    definite: bool = False
    weak: bool = False
    subject: str = ""
    text: str = ""

    @property
    def is_apart(self) -> bool:
        """Whether its values come out and are compared outside."""
        return self.condition is not None or self.thrown is not None

    @property
    def is_proof(self) -> bool:
        """Whether code that does not do what is asked cannot pass: all is compared with what never entered."""
        if not self.is_apart or not self.definite or self.weak:
            return False
        return self.condition is None or _is_independent(self.condition)

    def sides(self) -> "tuple[Expression, Expression] | None":
        """Return what is got and what is expected, where the assertion is about that."""
        condition = self.condition
        while isinstance(condition, Operation) and condition.name == "!" and _is_negation(condition.operands[0]):
            condition = condition.operands[0].operands[0]  # type: ignore[union-attr]
        match condition:
            case Operation("!", (Operation("!==" | "!=", (left, right)),)):
                return (right, left) if isinstance(left, Known) else (left, right)
            case Operation(name, (left, right)) if name in COMPARISONS:
                return (right, left) if isinstance(left, Known) else (left, right)
        return None


def _is_negation(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.name == "!"


def asked(expression: Expression) -> Iterator[int]:
    """Yield the parts that an expression asks for."""
    match expression:
        case Asked(index):
            yield index
        case Operation(_, operands):
            for operand in operands:
                yield from asked(operand)


def _is_independent(expression: Expression) -> bool:
    """Whether no operation sets one asked part against another one."""
    match expression:
        case Operation("&&" | "||" | "?:" | "!", operands):
            return all(_is_independent(operand) for operand in operands)
        case Operation(_, operands):
            return sum(_asks(operand) for operand in operands) <= 1 and all(map(_is_independent, operands))
    return True


def _asks(expression: Expression) -> bool:
    return next(asked(expression), None) is not None
