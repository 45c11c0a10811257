"""Plain data on its way out: what the harness makes of it is what comes in."""

import math
from collections import Counter, OrderedDict, defaultdict, namedtuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any

import pytest

from services.stages.execution.events import EVENT, Told
from services.stages.execution.harness.channel import encoder
from services.stages.execution.harness.plain import MAX_DEPTH, MAX_ITEMS, MAX_TEXT, Encoder, NotPlainError
from services.stages.execution.python.values import NotPlainError as NotReadError
from services.stages.execution.python.values import decode

Pair = namedtuple("Pair", "left right")  # as code under test has it


class Level(IntEnum):
    """Numbers with names."""

    LOW = 1


def through(value: object) -> Any:
    """Return a value that was told."""
    event = EVENT.validate_json(encoder()({"event": "told", "check": 0, "values": [Encoder().encode(value)]}))
    assert isinstance(event, Told)
    return decode(event.values[0])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**200),
        pytest.param(10**5000, id="huge"),
        1.5,
        -0.0,
        0.1 + 0.2,
        5e-324,
        1.7976931348623157e308,
        123456789012345680.0,
        2**62 - 1,
        2**63,
        float("inf"),
        2 - 3j,
        "",
        "a\n\0ü€\U0001f600",
        "\ud800",
        b"\x00\xff",
        bytearray(b"a"),
        [],
        [[1, [2.0, "x"]], ()],
        (1, (2,)),
        {1: "a", (2, 3): [4], None: {}},
        {1, "a", (2,)},
        frozenset({1}),
        {"int": "0x1"},
        {"tuple": [1]},
        Decimal("1.10"),
        Fraction(-2, 3),
        date(2024, 2, 29),
        datetime(2024, 2, 29, 12, 30, 1, 5),  # noqa: DTZ001  # as code under test has it
        datetime(2024, 2, 29, tzinfo=UTC),
        timedelta(-1, 5, 7),
        range(3, 9, 2),
    ],
)
def test_plain_data_comes_out_as_it_was(value: object) -> None:
    """Values and types are the same, at any depth."""
    told = through(value)
    assert (told, type(told)) == (value, type(value))
    assert str(type(value)) == "<class 'int'>" or repr(told) == repr(value)


def test_nested_dictionaries_come_out() -> None:
    """As deep as anything else."""
    value: dict[str, Any] = {}
    for _ in range(MAX_DEPTH - 2):
        value = {"a": value}
    assert through(value) == value


def test_what_is_no_number_comes_out() -> None:
    """It equals nothing, and is what it is."""
    assert math.isnan(through(float("nan")))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Pair(1, 2), (1, 2)),
        (Level.LOW, 1),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Counter("aab"), {"a": 2, "b": 1}),
    ],
)
def test_types_that_compare_as_plain_ones_are_told_as_these(value: object, plain: object) -> None:
    """A named tuple is a tuple to whoever compares it."""
    assert through(value) == plain == value


class Yes(int):
    """A number that equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Longer(list):  # type: ignore[type-arg]
    """A list that shows other items than it has."""

    def __iter__(self) -> Any:
        return iter([3])


def deep(levels: int) -> list[Any]:
    """Return lists in one another."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


RING: list[Any] = []
RING.append(RING)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Yes(1),
        [Yes(1)],
        iter([]),
        Enum("E", "A").A,  # type: ignore[attr-defined]
        len,
        int,
        deep(MAX_DEPTH + 2),
        RING,
        [0] * (MAX_ITEMS + 1),
        "x" * (MAX_TEXT + 1),
    ],
)
def test_what_is_not_plain_is_not_told(value: object) -> None:
    """Objects, types with a comparison of their own, and what is too deep or too large."""
    with pytest.raises(NotPlainError):
        Encoder().encode(value)


def test_a_class_has_no_say_in_what_it_holds() -> None:
    """The methods are those of the plain type."""
    assert through(Longer([1, 2])) == [1, 2]


@pytest.mark.parametrize(
    "told",
    [
        {"int": 1},
        {"int": "x"},
        {"float": "x"},
        {"bytes": "xy"},
        {"str": "d8"},
        {"set": [[1]]},
        {"dict": [[1]]},
        {"dict": [1]},
        {"dict": [[[1], 2]]},
        {"complex": [1]},
        {"odd": []},
        {"Decimal": "x"},
        {"Fraction": "1/0"},
        {"Fraction": "1e999999999"},
        {"date": "today"},
        {"range": "1 2 0"},
        {"timedelta": "1"},
        {"tuple": 1},
        {},
        {"tuple": [], "list": []},
        ["x", {"y": 1}],
        deep(140),
    ],
)
def test_what_was_forged_is_refused(told: object) -> None:
    """Other tags, contents that are none, and nesting without end."""
    with pytest.raises(NotReadError):
        decode(told)
