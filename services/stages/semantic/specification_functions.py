"""What a specification and code say of a function: its parameters, and whether a call fits them."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from services.stages.semantic.imports import Range

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_FUNCTIONS = 100
"""Functions of one file that are looked at, in the order of the source."""
MAX_NAME_BYTES = 200
"""What is longer is no name that anybody asks for."""


class Kind(Enum):
    """How a parameter takes its arguments."""

    PLAIN = auto()
    """By place or by name."""
    NAMED = auto()
    """By name alone."""
    REST = auto()
    """All that are left by place."""
    NAMED_REST = auto()
    """All that are left by name."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; its name is empty where it is a pattern."""

    name: str
    kind: Kind = Kind.PLAIN
    required: bool = True


@dataclass(frozen=True, slots=True)
class Function:
    """
    One function or method, without its `self`.

    :param range: Of its name.
    :param is_stub: It has no body, or one that only describes it.
    :param is_plain: Nothing wraps it, and all of it could be read: a decorator may change what it takes.
    :param is_strict: A call with too few or too many arguments fails.
    :param returns: Whether a value comes out of it, by `return` or `yield`.
    :param prints: Whether it writes its answer instead.
    :param promises: Whether its annotation says that a value comes out.
    """

    name: str
    range: Range
    parameters: tuple[Parameter, ...]
    is_stub: bool = False
    is_plain: bool = True
    is_strict: bool = True
    returns: bool = False
    prints: bool = False
    promises: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """
    A call that a specification shows.

    :param positional: How many arguments it gives by place.
    :param named: The names of the others.
    :param answers: Whether it shows what comes out, and that is something.
    """

    name: str
    positional: int
    named: frozenset[str] = frozenset()
    answers: bool = False


def misfit(function: Function, call: Call) -> str:
    """Return why a call does not fit, as a clause about the function; empty where it does."""
    plain = [one for one in function.parameters if one.kind is Kind.PLAIN]
    kinds = {one.kind for one in function.parameters}
    if Kind.REST not in kinds and call.positional > len(plain):
        return f"takes {_counted(len(plain))}"
    names = {one.name for one in function.parameters}
    if function.is_strict and Kind.NAMED_REST not in kinds and (foreign := sorted(call.named - names)):
        return f"has no parameter '{foreign[0]}'"
    filled = {one.name for one in plain[: call.positional]} | call.named
    missing = [one for one in function.parameters if one.required and one.kind in _FILLED and one.name not in filled]
    if function.is_strict and missing:
        return f"needs its parameter '{missing[0].name}'"
    return ""


_FILLED = (Kind.PLAIN, Kind.NAMED)


def _counted(number: int) -> str:
    return "one argument" if number == 1 else f"{number or 'no'} arguments"


def text_of(node: "Node | None") -> str:
    """Return what a node says where it is short enough for a name, and nothing where it is not."""
    if node is None or node.end_byte - node.start_byte > MAX_NAME_BYTES:
        return ""
    return (node.text or b"").decode("utf-8", "replace")
