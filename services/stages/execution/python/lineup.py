"""
Values that stand beside the expected one where a comparison has to be made inside.

An object of the candidate's own class may rightly equal a list or a number, and only its class can tell. It is compared
with several values of one shape, of which one is expected: what equals all of them equals nothing.
"""

import ast
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

MAX_DECOYS = 6
MAX_TEXT = 20_000
"""Characters of all values, written out."""


@dataclass(frozen=True, slots=True)
class Lineup:
    """
    Values to compare with.

    :param text: The values, as the expression of a list.
    :param answers: What comparing with each of them has to give.
    """

    text: str
    answers: tuple[bool, ...]


def lineup(expected: Any) -> Lineup | None:
    """Return values with the expected one at a place that nobody can know; None where they cannot be written down."""
    decoys = [each for each in islice(_variants(expected), MAX_DECOYS) if each != expected]
    place = secrets.randbelow(len(decoys) + 1)
    values = [*decoys[:place], expected, *decoys[place:]]
    text = repr(values)
    try:
        # Not by the text: a set that is read again may go through its items in another order.
        is_literal = len(text) <= MAX_TEXT and _is_same(ast.literal_eval(text), values)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return Lineup(text, tuple(each is expected for each in values)) if is_literal and decoys else None


def _is_same(read: list[Any], values: list[Any]) -> bool:
    return [type(each) for each in read] == [type(each) for each in values] and read == values


def _variants(value: Any) -> Iterator[Any]:
    """Yield values of the same shape that are others."""
    match value:
        case bool():
            yield not value
        case int() | float() | complex():
            yield from (value + step for step in (1, -1, 2, 10, -3, 7))
        case str():
            yield from (value + "a", value[:-1], f" {value}", value.swapcase(), value[::-1], "0")
        case bytes():
            yield from (value + b"a", value[:-1], value[::-1])
        case list() | tuple():
            yield from _variants_of_items(value)
        case set():
            yield from (value | {secrets.token_hex(4)}, set(list(value)[1:]))
        case dict():
            yield {**value, secrets.token_hex(4): None}
            for key, held in value.items():
                yield from ({**value, key: other} for other in islice(_variants(held), 1))
        case None:
            yield from (0, "", False)


def _variants_of_items(value: "list[Any] | tuple[Any, ...]") -> Iterator[Any]:
    kind = type(value)
    for index, held in enumerate(value):
        for other in islice(_variants(held), 1):
            yield kind([*value[:index], other, *value[index + 1 :]])
    yield kind([*value, 0])
    yield kind(value[:-1])
    yield kind(value[::-1])
