"""Whether two runs of the same tests told the same."""

from collections.abc import Sequence

from .examples import Printed, is_same_value
from .values import NotPlainError, decode
from .verdicts import Ended, Value


def differing(first: Sequence[Ended], second: Sequence[Ended]) -> str:
    """Return the first test that ended otherwise in the second run, or told other values; empty where there is none."""
    again = {each.test: each for each in second}
    for each in first:
        other = again.get(each.test)
        if other is None or each.passed != other.passed or not _is_same(each, other):
            return each.test
    return next((each.test for each in second if each.test not in {one.test for one in first}), "")


def _is_same(first: Ended, second: Ended) -> bool:
    if len(first.values) != len(second.values) or len(first.printed) != len(second.printed):
        return False
    values = all(map(_is_same_value, first.values, second.values))
    return values and all(map(_is_same_print, first.printed, second.printed))


def _is_same_value(first: Value, second: Value) -> bool:
    if (first.check, first.types) != (second.check, second.types):
        return False
    try:
        return repr(_told(first)) == repr(_told(second)) or bool(_told(first) == _told(second))
    except NotPlainError:
        return True


def _told(value: Value) -> list[object]:
    return [decode(each) for each in value.told]


def _is_same_print(first: Printed, second: Printed) -> bool:
    return first == second or (first.raised == second.raised and is_same_value(first.text, second.text))
