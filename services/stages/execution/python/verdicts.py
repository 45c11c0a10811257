"""What is decided outside: whether the values that came out of a run are those that its tests expect."""

import ast
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .examples import Examples, Printed, is_right
from .loops import values_of
from .pure import Outside
from .taken import Check, Place, Taken
from .values import NotPlainError, decode

SUFFIXES = re.compile(r"(\[.*\]|( \(\d+\))+)+$", re.DOTALL)
"""What a test's id has behind the name of its function: parameters, and a number where it ended more than once."""


@dataclass(frozen=True, slots=True)
class Value:
    """
    What was told of a check.

    :param told: Its values, as they came.
    :param problem: Why they could not be told.
    :param types: The builtin types of what it raised, the nearest first.
    :param message: The message of what it raised.
    """

    check: int
    told: tuple[Any, ...] = ()
    problem: str = ""
    types: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A test that ended inside, with what was told until then."""

    test: str
    passed: bool
    values: tuple[Value, ...] = ()
    printed: tuple[Printed, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """
    A check or an example that failed.

    :param check: The number of the check, or of the example in its group.
    :param left: What was got; None where there is no such thing.
    :param right: What was expected.
    :param operator: How both are compared, as the syntax tree calls it.
    :param message: What else there is to say.
    """

    check: int
    left: str | None = None
    right: str | None = None
    operator: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What was decided about one test.

    :param odd: The checks whose values are not plain data, so that nothing could be decided.
    :param is_short: Whether it passed inside, though not all of its checks were told as often as they must be.
    """

    failed: Failed | None = None
    odd: tuple[Place, ...] = ()
    is_short: bool = False


def decide(
    taken: Taken, examples: Sequence[Examples], ended: Sequence[Ended]
) -> tuple[tuple[Verdict, ...], frozenset[str]]:
    """Return a verdict for each test, and the ids of those of which all was decided here."""
    judge = _Judge(taken)
    groups = {each.test: each for each in examples}
    verdicts = []
    proof = set()
    for each in ended:
        if each.test in groups and not each.values:
            verdicts.append(_example(groups[each.test], each))
            proof.add(each.test)
            continue
        name = SUFFIXES.sub("", each.test)
        owner = each.test if each.test in taken.owners else name
        verdicts.append(judge.verdict(owner, each))
        if owner in taken.sealed:
            proof.add(each.test)
    return tuple(verdicts), frozenset(proof)


def _example(group: Examples, ended: Ended) -> Verdict:
    for number, printed in enumerate(ended.printed):
        if number < len(group.examples) and not is_right(group.examples[number], printed):
            example = group.examples[number]
            return Verdict(Failed(number, printed.text, example.want))
    return Verdict(is_short=ended.passed and len(ended.printed) != len(group.examples))


class _Judge:
    """Decides the checks of one test file."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._outside = Outside(taken.imports)
        self._rows: dict[str, list[Mapping[str, Any]]] = {}
        self._repr = reprlib.Repr()
        self._repr.maxlevel = 6
        self._repr.maxstring = self._repr.maxother = self._repr.maxlong = 600
        self._repr.maxlist = self._repr.maxtuple = self._repr.maxdict = self._repr.maxset = 50

    def verdict(self, owner: str, ended: Ended) -> Verdict:
        """Return what the values of a test say; the first check that fails decides."""
        wanted = self._taken.owners.get(owner, ())
        counts = dict.fromkeys(wanted, 0)
        odd: list[Place] = []
        for value in ended.values:
            if value.check not in counts:
                return Verdict(is_short=True)
            check = self._taken.checks[value.check]
            turn = counts[value.check]
            counts[value.check] += 1
            if turn >= self._turns(check):
                return Verdict(is_short=True)
            try:
                failed = self._failed(value, check, turn)
            except NotPlainError:
                odd.append(check.place)
                continue
            if failed is not None:
                return Verdict(failed)
        is_short = ended.passed and any(count != self._turns(self._taken.checks[n]) for n, count in counts.items())
        return Verdict(odd=tuple(odd), is_short=is_short)

    def _turns(self, check: Check) -> int:
        return self._taken.loops[check.loop].turns if check.loop else 1

    def _failed(self, value: Value, check: Check, turn: int) -> Failed | None:
        """Return how a check fails, or None; raise NotPlainError where its values are none that can be compared."""
        if check.types:
            return self._not_raised(value, check)
        if value.problem or len(value.told) != len(check.values):
            raise NotPlainError
        told = dict(zip(check.values, map(decode, value.told), strict=True))
        try:
            names = self._names(check, turn) | told
            if self._outside.evaluate(check.expression, names):
                return None
        except Exception as error:  # noqa: BLE001  # whatever a value that does not fit makes it raise
            return Failed(value.check, message=f"the check raises {type(error).__name__}")
        return self._shown(value.check, check, names)

    def _not_raised(self, value: Value, check: Check) -> Failed | None:
        expected = " or ".join(check.types)
        if not value.types:
            return Failed(value.check, message=f"{expected} is not raised")
        if not set(value.types) & set(check.types):
            return Failed(value.check, value.types[0], expected)
        if check.match:
            pattern = str(self._outside.evaluate(check.match, {}))
            if re.search(pattern, value.message) is None:
                return Failed(value.check, message=f"the message of the {value.types[0]} is another one")
        return None

    def _names(self, check: Check, turn: int) -> dict[str, Any]:
        names = values_of(check.known, self._taken.bindings, self._outside)
        if check.loop:
            row = self._row(check.loop, turn)
            names |= {name: row[name] for name, key in check.known if key == f"{check.loop}:{name}"}
        return names

    def _row(self, key: str, turn: int) -> Mapping[str, Any]:
        """Return the values of a loop's names in one of its turns."""
        if key not in self._rows:
            loop = self._taken.loops[key]
            known = values_of(loop.known, self._taken.bindings, self._outside)
            values = list(self._outside.evaluate(loop.values, known))
            rows = [tuple(each) if loop.is_tuple else (each,) for each in values]
            self._rows[key] = [dict(zip(loop.names, row, strict=True)) for row in rows]
        return self._rows[key][turn]

    def _shown(self, number: int, check: Check, names: Mapping[str, Any]) -> Failed:
        """Return a failure with both sides of the comparison, what was got on the left."""
        sides = self._outside.sides(check.expression)
        if check.note:
            return Failed(number, message=check.note)
        if sides is None:
            return Failed(number, left=self._text(names[check.values[0]]) if check.values else None)
        left, operator, right = sides
        is_turned = not self._reads(left, check.values) and self._reads(right, check.values)
        shown = [self._text(self._outside.evaluate(side, names)) for side in (left, right)]
        if is_turned and operator in {"Eq", "NotEq", "Is", "IsNot"}:
            shown.reverse()
        return Failed(number, shown[0], shown[1], operator)

    def _text(self, value: object) -> str:
        try:
            return self._repr.repr(value)
        except ValueError:
            # A number of more digits than Python writes out.
            return f"a very long {type(value).__name__}"

    @staticmethod
    def _reads(side: ast.expr, names: Sequence[str]) -> bool:
        return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(side))
