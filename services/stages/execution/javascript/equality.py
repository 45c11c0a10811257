"""
Equality of JavaScript's values, over plain data and outside the sandbox.

The primitive comparisons are those of ECMA-262 (IsStrictlyEqual, IsLooselyEqual, SameValue, SameValueZero). The deep
ones follow the documentation of Node's ``assert.deepEqual`` and ``assert.deepStrictEqual``, of lodash's ``isEqual``
and of Jest's ``toEqual`` and ``toStrictEqual``. Two objects are never identical here: one of them
was written in the tests, the other came from the code.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .conversion import to_number, to_primitive
from .values import HOLE, SYMBOL, UNDEFINED, Special, Thing, Value, is_bigint, is_number

MAX_UNORDERED = 1_000
"""Elements of a set or map that are compared each with each."""


class Undecidable(Exception):  # what it says, not that it is one
    """Plain data cannot tell what JavaScript would say."""


def is_strictly_equal(left: Value, right: Value) -> bool:
    """Return what ``===`` says."""
    if isinstance(left, Thing) or isinstance(right, Thing):
        return False
    return type(left) is type(right) and left == right


def is_same_value(left: Value, right: Value) -> bool:
    """Return what ``Object.is`` says."""
    if isinstance(left, float) and isinstance(right, float) and left == right == 0:
        return math.copysign(1, left) == math.copysign(1, right)
    return is_same_value_zero(left, right)


def is_same_value_zero(left: Value, right: Value) -> bool:
    """Return whether two primitives are equal, NaN to itself and -0 to 0."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return is_strictly_equal(left, right)


def is_loosely_equal(left: Value, right: Value) -> bool:
    """
    Return what ``==`` says.

    :raises Undecidable: It rests on how an object turns itself into a primitive.
    """
    nothing = (None, UNDEFINED)
    if left in nothing or right in nothing:
        return left in nothing and right in nothing
    if isinstance(left, Thing) and isinstance(right, Thing):
        return False
    left, right = (_primitive(side) for side in (left, right))
    if type(left) is type(right):
        return left == right
    return _as_number(left) == _as_number(right)


def _primitive(value: Value) -> Value:
    primitive = to_primitive(value)
    if isinstance(primitive, Thing):
        raise Undecidable("how an object becomes a primitive")
    return primitive


def _as_number(value: Value) -> float | int:
    return value if is_bigint(value) else to_number(value)  # type: ignore[return-value]


def is_legacy_equal(left: Value, right: Value) -> bool:
    """Return what ``assert.equal`` says: as ``==``, and NaN is equal to itself."""
    if is_number(left) and is_number(right) and left != left and right != right:  # noqa: PLR0124  # NaN alone
        return True
    return is_loosely_equal(left, right)


@dataclass(frozen=True, slots=True)
class Depth:
    """
    One way to compare deeply.

    :param primitives: How two primitives are compared.
    :param prototypes: Whether objects must be of one class.
    :param holes: Whether an element that is not there differs from one that is undefined.
    :param undefined: Whether a property that is undefined differs from one that is not there.
    :param symbols: Whether properties count whose keys are symbols.
    """

    primitives: Callable[[Value, Value], bool]
    prototypes: bool
    holes: bool
    undefined: bool
    symbols: bool


LOOSE = Depth(is_legacy_equal, prototypes=False, holes=True, undefined=True, symbols=False)
STRICT = Depth(is_same_value, prototypes=True, holes=True, undefined=True, symbols=True)
LODASH = Depth(is_same_value_zero, prototypes=True, holes=False, undefined=True, symbols=True)
JEST = Depth(is_same_value, prototypes=False, holes=False, undefined=False, symbols=True)


def is_deeply_equal(left: Value, right: Value, depth: Depth) -> bool:
    """
    Return whether two values are equal through and through.

    :raises Undecidable: There are too many elements in no order, or ``==`` cannot tell.
    """
    if depth is LODASH:
        left, right = _unboxed(left, right), _unboxed(right, left)
    if not isinstance(left, Thing) or not isinstance(right, Thing):
        both_are_primitive = not isinstance(left, Thing) and not isinstance(right, Thing)
        return both_are_primitive and _primitives_equal(left, right, depth)
    if left.kind != right.kind or left.kind == "Opaque" or (depth.prototypes and not _same_class(left, right, depth)):
        return False
    if not _same_own_data(left, right, depth):
        return False
    return _same_properties(left, right, depth)


def _unboxed(value: Value, other: Value) -> Value:
    """Return what a box holds that is compared with a primitive."""
    is_boxed = isinstance(value, Thing) and value.kind == "Boxed" and other is not None
    return value.primitive if is_boxed and not isinstance(other, Thing | Special) else value  # type: ignore[union-attr]


def _primitives_equal(left: Value, right: Value, depth: Depth) -> bool:
    if depth.holes and (left is HOLE) != (right is HOLE):
        return False
    return depth.primitives(*(UNDEFINED if side is HOLE else side for side in (left, right)))


def _same_class(left: Thing, right: Thing, depth: Depth) -> bool:
    if depth is not LODASH:
        return left.name == right.name
    # lodash asks for the class of what is no array, where both have one.
    return left.kind == "Array" or left.name == right.name or "" in {left.name, right.name}


def _same_own_data(left: Thing, right: Thing, depth: Depth) -> bool:
    """Compare what a kind of object holds besides its properties."""
    if len(left.items) != len(right.items) or not is_same_value_zero(left.primitive, right.primitive):
        return False
    if left.kind == "Set":
        return _same_unordered([(item,) for item in left.items], [(item,) for item in right.items], depth)
    if left.kind == "Map":
        return _same_unordered(_pairs(left), _pairs(right), depth)
    if left.kind == "Typed" and left.name != right.name:
        return False
    return all(is_deeply_equal(mine, other, depth) for mine, other in zip(left.items, right.items, strict=True))


def _pairs(thing: Thing) -> list[tuple[Value, ...]]:
    return list(zip(thing.items[::2], thing.items[1::2], strict=True))


def _same_unordered(left: Sequence[tuple[Value, ...]], right: Sequence[tuple[Value, ...]], depth: Depth) -> bool:
    """Match each entry with another one that is equal and not taken yet."""
    keyed = {_key(entry[0]): entry for entry in right if not isinstance(entry[0], Thing)}
    rest = [entry for entry in right if isinstance(entry[0], Thing)]
    unmatched = []
    for entry in left:
        found = None if isinstance(entry[0], Thing) else keyed.get(_key(entry[0]))
        if found is not None and _same_entry(entry, found, depth):
            del keyed[_key(entry[0])]
        else:
            unmatched.append(entry)
    rest += keyed.values()
    if len(unmatched) != len(rest):
        return False
    if len(rest) > MAX_UNORDERED:
        raise Undecidable("too many elements in no order")
    for entry in unmatched:
        taken = next((at for at, other in enumerate(rest) if _same_entry(entry, other, depth)), None)
        if taken is None:
            return False
        del rest[taken]
    return True


def _key(value: Value) -> tuple[type, object]:
    return type(value), "NaN" if isinstance(value, float) and math.isnan(value) else value


def _same_entry(left: tuple[Value, ...], right: tuple[Value, ...], depth: Depth) -> bool:
    return all(is_deeply_equal(mine, other, depth) for mine, other in zip(left, right, strict=True))


def _same_properties(left: Thing, right: Thing, depth: Depth) -> bool:
    if depth is LODASH and left.kind == "Array":
        return True
    mine, others = (_counted(side, depth) for side in (left, right))
    return mine.keys() == others.keys() and all(is_deeply_equal(mine[name], others[name], depth) for name in mine)


def _counted(thing: Thing, depth: Depth) -> dict[str, Value]:
    return {
        name: held
        for name, held in thing.properties
        if (depth.undefined or not isinstance(held, Special)) and (depth.symbols or not name.startswith(SYMBOL))
    }
