"""A test file as it was taken apart: what is sent, and what stays here to be compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[int, int]
"""The line and column at which a statement of the tests begins."""


@dataclass(frozen=True, slots=True)
class Check:
    """
    A check that is decided outside.

    :param expression: What holds where it passes, over the names of its values; empty for one that is to raise.
    :param values: The names of the values that are told for it, in their order.
    :param known: Names with values known here, each with what it is bound to (a key of :attr:`Taken.bindings`).
    :param types: The exceptions of which one is expected, by name.
    :param match: What the message of the exception is to match, as an expression; empty where that is open.
    :param statement: What the test says, as it was written.
    :param subject: The function of the candidate that it calls; empty where that is not plain.
    :param note: What its failure means, where its values do not show it.
    :param loop: The loop that it stands in, a key of :attr:`Taken.loops`; empty where it stands in none.
    """

    place: Place
    expression: str = ""
    values: tuple[str, ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    types: tuple[str, ...] = ()
    match: str = ""
    statement: str = ""
    subject: str = ""
    note: str = ""
    loop: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """
    A loop through values that are known here.

    :param names: The names that it binds; one, or those of a tuple.
    :param is_tuple: Whether each value is a tuple with a value for each name.
    :param values: What it goes through, as an expression.
    :param known: Names in that expression, as those of :class:`Check`.
    :param turns: How often it is gone through.
    """

    names: tuple[str, ...]
    is_tuple: bool
    values: str
    known: tuple[tuple[str, str], ...]
    turns: int


@dataclass(frozen=True, slots=True)
class Binding:
    """A value that the tests bind a name to, as an expression, with the names in it."""

    expression: str
    known: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What became of a test file.

    :param source: What is sent in its place.
    :param tell: The name of the function in it that tells values; empty where nothing was taken apart.
    :param checks: The checks that are decided here, by the number that the sent file has for them.
    :param owners: The numbers of the checks of each test, by its id.
    :param sealed: The tests that decide nothing inside the sandbox.
    :param imports: What the file imports that can be used here: module and name, by the name it is bound to.
    """

    source: bytes
    tell: str = ""
    checks: tuple[Check, ...] = ()
    owners: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    loops: Mapping[str, Loop] = field(default_factory=dict)
    imports: Mapping[str, tuple[str, str]] = field(default_factory=dict)
