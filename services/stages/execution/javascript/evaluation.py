"""Evaluates what assertions say, over what came out of the sandbox, in the stage's own process and in bounded time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .conversion import is_truthy, to_json, to_number, to_primitive, to_text, type_of
from .equality import (
    JEST,
    LODASH,
    LOOSE,
    STRICT,
    Undecidable,
    is_deeply_equal,
    is_legacy_equal,
    is_loosely_equal,
    is_same_value,
    is_same_value_zero,
    is_strictly_equal,
)
from .expression import Asked, Expression, Known, Thrown
from .values import UNDEFINED, Thing, Value, is_bigint, is_large

MAX_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class Raised:
    """
    What was thrown instead of a value.

    :param names: The class of the error and those that it derives from; ``name`` is what it calls itself.
    :param left: Of an assertion of Node's what was got, and ``right`` what was expected.
    """

    names: tuple[str, ...]
    message: str
    name: str = ""
    stack: str = ""
    code: str = ""
    assertion: bool = False
    left: Value = UNDEFINED
    right: Value = UNDEFINED
    operator: str = ""


Got = Value | Raised


class Threw(Exception):  # what it says
    """A part that is needed has no value: its computation threw."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(raised.message)
        self.raised = raised


def evaluate(expression: Expression, got: Sequence[Got]) -> Value:
    """
    Return the value of an expression.

    :param got: What came of the asked parts.
    :raises Threw: A part that is needed threw.
    :raises Undecidable: Plain data does not tell.
    """
    match expression:
        case Known(value):
            return value
        case Asked(index):
            part = got[index]
            if isinstance(part, Raised):
                raise Threw(part)
            if isinstance(part, Thing) and part.name == "not told":
                raise Undecidable("the values of the tests are too many to be told")
            return part
    name, operands = expression.name, expression.operands
    if name in {"&&", "||", "??"}:
        left = evaluate(operands[0], got)
        stops = {"&&": not is_truthy(left), "||": is_truthy(left), "??": left is not None and left is not UNDEFINED}
        return left if stops[name] else evaluate(operands[1], got)
    if name == "?:":
        return evaluate(operands[1 if is_truthy(evaluate(operands[0], got)) else 2], got)
    return OPERATIONS[name](*(evaluate(operand, got) for operand in operands))


def is_thrown(wanted: Thrown, got: Got) -> bool:
    """Return whether a part ended with the error that the tests want."""
    if not isinstance(got, Raised) or (wanted.name and wanted.name not in got.names):
        return False
    if wanted.message is None:
        return True
    message, text = (t.casefold() if wanted.folded else t for t in (got.message, wanted.message))
    return message == text if wanted.exact else text in message


def _number(value: Value) -> float:
    primitive = to_primitive(value)
    if isinstance(primitive, Thing) or is_bigint(primitive):
        raise Undecidable("what it is as a number")
    return to_number(primitive)


def _text(value: Value) -> str:
    primitive = to_primitive(value)
    if isinstance(primitive, Thing):
        raise Undecidable("what it is as a string")
    return to_text(primitive)


def _add(left: Value, right: Value) -> Value:
    left, right = to_primitive(left), to_primitive(right)
    if isinstance(left, str) or isinstance(right, str):
        return (_text(left) + _text(right))[:MAX_TEXT]
    return _number(left) + _number(right)


def _divide(left: Value, right: Value) -> Value:
    over, under = _number(left), _number(right)
    if under != 0:
        return over / under
    if over == 0 or math.isnan(over):
        return math.nan
    return math.copysign(math.inf, over) * math.copysign(1, under)


def _remainder(left: Value, right: Value) -> Value:
    over, under = _number(left), _number(right)
    if math.isinf(over) or under == 0 or math.isnan(under) or math.isnan(over):
        return math.nan
    return math.fmod(over, under)


def _power(left: Value, right: Value) -> Value:
    base, exponent = _number(left), _number(right)
    try:
        power = base**exponent
    except (OverflowError, ZeroDivisionError):
        raise Undecidable("a power beyond the numbers") from None
    return math.nan if isinstance(power, complex) else float(power)


def _is_less(left: Value, right: Value) -> bool:
    left, right = to_primitive(left), to_primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return left.encode("utf-16-be", "surrogatepass") < right.encode("utf-16-be", "surrogatepass")
    if is_bigint(left) and is_bigint(right):
        return left < right  # type: ignore[operator]
    return _number(left) < _number(right)


def _is_at_most(left: Value, right: Value) -> bool:
    left, right = to_primitive(left), to_primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return not _is_less(right, left)
    if is_bigint(left) and is_bigint(right):
        return left <= right  # type: ignore[operator]
    return _number(left) <= _number(right)


def _round(value: Value) -> Value:
    number = _number(value)
    return number if not math.isfinite(number) else float(math.floor(number + 0.5))


def _whole(by: Callable[[float], int]) -> Callable[[Value], Value]:
    def whole(value: Value) -> Value:
        number = _number(value)
        return float(by(number)) if math.isfinite(number) else number

    return whole


def _root(value: Value) -> Value:
    number = _number(value)
    return math.sqrt(number) if number >= 0 else math.nan


def _length(value: Value) -> Value:
    if isinstance(value, str):
        return float(len(value.encode("utf-16-be", "surrogatepass")) // 2)
    if isinstance(value, Thing) and value.kind in {"Array", "Typed"}:
        return float(len(value.items))
    if isinstance(value, Thing) and not is_large(value):
        return dict(value.properties).get("length", UNDEFINED)
    raise Undecidable("how long it is")


def _json(value: Value) -> Value:
    if is_large(value):
        return value
    try:
        return to_json(value)
    except ValueError as error:
        raise Undecidable(str(error)) from None


def _contains(held: Value, item: Value) -> bool:
    if isinstance(held, str) and isinstance(item, str):
        return item in held
    if isinstance(held, Thing) and held.kind in {"Array", "Set", "Typed"}:
        return any(is_same_value_zero(each, item) for each in held.items)
    raise Undecidable("what it contains")


def _contains_equal(held: Value, item: Value) -> bool:
    if isinstance(held, Thing) and held.kind in {"Array", "Set", "Typed"}:
        return any(is_deeply_equal(each, item, JEST) for each in held.items)
    raise Undecidable("what it contains")


def _is_close(left: Value, right: Value, digits: Value) -> bool:
    """Say what Jest's ``toBeCloseTo`` says."""
    mine, other = _number(left), _number(right)
    return mine == other or abs(mine - other) < 10 ** -_number(digits) / 2


def _is_integer(value: Value) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value == math.floor(value)


def _negated(operation: Callable[[Value, Value], bool]) -> Callable[[Value, Value], bool]:
    return lambda left, right: not operation(left, right)


OPERATIONS: dict[str, Callable[..., Value]] = {
    "!": lambda value: not is_truthy(value),
    "Boolean": is_truthy,
    "negate": lambda value: -value if is_bigint(value) else -_number(value),
    "+": _add,
    "plus": _number,
    "subtract": lambda left, right: _number(left) - _number(right),
    "*": lambda left, right: _number(left) * _number(right),
    "/": _divide,
    "%": _remainder,
    "**": _power,
    "typeof": type_of,
    "===": is_strictly_equal,
    "!==": _negated(is_strictly_equal),
    "==": is_loosely_equal,
    "!=": _negated(is_loosely_equal),
    "<": _is_less,
    "<=": _is_at_most,
    ">": lambda left, right: _is_less(right, left),
    ">=": lambda left, right: _is_at_most(right, left),
    "Object.is": is_same_value,
    "assert.equal": is_legacy_equal,
    "deep-loose": lambda left, right: is_deeply_equal(left, right, LOOSE),
    "deep-strict": lambda left, right: is_deeply_equal(left, right, STRICT),
    "deep-lodash": lambda left, right: is_deeply_equal(left, right, LODASH),
    "deep-jest": lambda left, right: is_deeply_equal(left, right, JEST),
    "close": _is_close,
    "contains": _contains,
    "contains-equal": _contains_equal,
    "length": _length,
    "Array.isArray": lambda value: isinstance(value, Thing) and value.kind == "Array",
    "JSON.stringify": _json,
    "Math.abs": lambda value: abs(_number(value)),
    "Math.floor": _whole(math.floor),
    "Math.ceil": _whole(math.ceil),
    "Math.trunc": _whole(math.trunc),
    "Math.round": _round,
    "Math.sqrt": _root,
    "Math.pow": _power,
    "Number": _number,
    "String": _text,
    "isNaN": lambda value: math.isnan(_number(value)),
    "Number.isNaN": lambda value: isinstance(value, float) and math.isnan(value),
    "Number.isFinite": lambda value: isinstance(value, float) and math.isfinite(value),
    "Number.isInteger": _is_integer,
}
"""What can be computed outside, by the names that :mod:`.reading` gives."""
