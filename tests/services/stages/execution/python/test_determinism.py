"""Two runs, compared."""

import pytest

from services.stages.execution.python.determinism import differing
from services.stages.execution.python.examples import Printed
from services.stages.execution.python.verdicts import Ended, Value


def ended(*values: object, passed: bool = True, test: str = "t", printed: str = "") -> Ended:
    """Return a test that told values."""
    return Ended(test, passed, (Value(0, values),), (Printed(printed),))


@pytest.mark.parametrize(
    ("second", "test"),
    [
        (ended(1), ""),
        (ended(2), "t"),
        (ended(1, passed=False), "t"),
        (ended(1, test="u"), "t"),
        (ended(1, printed="x"), "t"),
    ],
)
def test_what_is_not_the_same_is_named(second: Ended, test: str) -> None:
    """Another value, another end, another text, or another test."""
    assert differing([ended(1)], [second]) == test


def test_the_order_of_sets_and_dictionaries_is_not_the_codes() -> None:
    """Nor is what cannot be read; a list has its order."""
    assert differing([ended({"set": [1, 2]})], [ended({"set": [2, 1]})]) == ""
    assert differing([ended({"float": "nan"})], [ended({"float": "nan"})]) == ""
    assert differing([ended({"odd": 1})], [ended({"odd": 2})]) == ""
    assert differing([ended(printed="{1, 2}\n")], [ended(printed="{2, 1}\n")]) == ""
    assert differing([ended([1, 2])], [ended([2, 1])]) == "t"


def test_a_test_that_only_the_second_run_has_is_named() -> None:
    """It did not end the first time."""
    assert differing([], [ended(1)]) == "t"
