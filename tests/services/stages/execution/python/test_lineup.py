"""Values beside the expected one."""

import pytest

from services.stages.execution.python.lineup import MAX_DECOYS, lineup


@pytest.mark.parametrize(
    "expected", [True, 3, 0.5, "abc", "", b"a", [1, "b"], (), (1, (2, [3])), {1, 2}, {"a": [1]}, {}, None, 2j]
)
def test_one_of_several_is_the_expected_one(expected: object) -> None:
    """The others are different, and few."""
    made = lineup(expected)
    assert made is not None
    values = eval(made.text)
    assert values[made.answers.index(True)] == expected
    assert made.answers.count(True) == 1
    assert sum(value == expected for value in values) == 1
    assert 1 < len(values) <= MAX_DECOYS + 1


def test_a_set_is_a_literal_in_whatever_order_it_is_read() -> None:
    """Items of a set may come in another order when they are read again: that does not keep it from being one."""
    assert all(lineup({1, 2}) is not None for _ in range(500))


def test_its_place_is_not_always_the_same() -> None:
    """Nobody can know it."""
    made = [lineup([1, 2, 3]) for _ in range(64)]
    assert len({each.answers for each in made if each is not None}) > 1


@pytest.mark.parametrize("expected", [object(), float("nan"), [float("inf")], "x" * 100_000, range(3), frozenset({1})])
def test_what_cannot_be_written_down_has_none(expected: object) -> None:
    """Values without a literal, and long ones, are compared as they were written."""
    assert lineup(expected) is None
