"""What assertions say, computed outside the sandbox."""

import math

import pytest

from services.stages.execution.javascript.equality import Undecidable
from services.stages.execution.javascript.evaluation import OPERATIONS, Raised, Threw, evaluate, is_thrown
from services.stages.execution.javascript.expression import Asked, Known, Operation, Site, Thrown
from services.stages.execution.javascript.values import UNDEFINED, Thing, Value, array, plain_object
from services.stages.execution.javascript.verdicts import is_in


@pytest.mark.parametrize(
    ("name", "operands", "result"),
    [
        ("+", (1.0, 2.0), 3.0),
        ("+", (1.0, "2"), "12"),
        ("+", (array(1.0, 2.0), "!"), "1,2!"),
        ("subtract", ("5", 2.0), 3.0),
        ("/", (1.0, 0.0), math.inf),
        ("/", (1.0, -0.0), -math.inf),
        ("%", (-7.0, 3.0), -1.0),
        ("**", (2.0, 10.0), 1024.0),
        ("<", ("10", "9"), True),
        ("<", ("10", 9.0), False),
        ("<=", (None, 0.0), True),
        ("<=", (math.nan, 0.0), False),
        (">=", ("b", "a"), True),
        ("typeof", (None,), "object"),
        ("typeof", (Thing("Opaque", "function"),), "function"),
        ("length", ("😀",), 2.0),
        ("length", (array(1.0, 2.0),), 2.0),
        ("JSON.stringify", (plain_object(a=UNDEFINED, b=array(UNDEFINED, math.nan)),), '{"b":[null,null]}'),
        ("Math.round", (-0.5,), 0.0),
        ("Math.round", (2.5,), 3.0),
        ("close", (0.1 + 0.2, 0.3, 5.0), True),
        ("contains", ("abc", "b"), True),
        ("contains", (array(math.nan), math.nan), True),
        ("isNaN", ("x",), True),
        ("Number.isNaN", ("x",), False),
        ("!", ("",), True),
        ("Number", (" 0x1F ",), 31.0),
        ("String", (1e21,), "1e+21"),
    ],
)
def test_operations_do_what_javascript_does(name: str, operands: tuple[Value, ...], result: Value) -> None:
    """Each operation gives what the language gives."""
    assert OPERATIONS[name](*operands) == result


def test_a_part_that_is_not_needed_may_have_thrown() -> None:
    """Conditions stop where JavaScript stops; a part that is needed and threw is told."""
    raised = Raised(("Error",), "no")
    either = Operation("||", (Operation("===", (Asked(0), Known(1.0))), Asked(1)))
    assert evaluate(either, [1.0, raised]) is True
    with pytest.raises(Threw) as told:
        evaluate(either, [2.0, raised])
    assert told.value.raised is raised
    assert evaluate(Operation("?:", (Known(False), Asked(0), Known("b"))), [raised]) == "b"


@pytest.mark.parametrize("name", ["+", "<", "String", "Number"])
def test_what_an_object_says_of_itself_is_undecided(name: str) -> None:
    """Where a class of the code's would be asked for a primitive, nothing is claimed."""
    count = 2 if name in {"+", "<"} else 1
    with pytest.raises(Undecidable):
        OPERATIONS[name](*[Thing("Object", "Money")] * count)


@pytest.mark.parametrize(
    ("wanted", "thrown", "is_it"),
    [
        (Thrown(), Raised(("Error",), "any"), True),
        (Thrown(), 5.0, False),
        (Thrown("RangeError"), Raised(("RangeError", "Error"), ""), True),
        (Thrown("Error"), Raised(("RangeError", "Error"), ""), True),
        (Thrown("TypeError"), Raised(("RangeError", "Error"), ""), False),
        (Thrown(message="bad"), Raised(("Error",), "very bad"), True),
        (Thrown(message="BAD"), Raised(("Error",), "bad"), False),
        (Thrown(message="BAD", folded=True), Raised(("Error",), "bad"), True),
        (Thrown(message="bad", exact=True), Raised(("Error",), "very bad"), False),
    ],
)
def test_the_wanted_error_is_told_from_others(wanted: Thrown, thrown: Raised | float, is_it: bool) -> None:
    """The class, or one that it derives from, and the message decide."""
    assert is_thrown(wanted, thrown) is is_it


@pytest.mark.parametrize(
    ("test", "written", "inside"),
    [
        ("a > b", "a > b", True),
        ("a > b", "a", False),
        ("a > 1 2", "a > … 2", True),
        ("b > 1", "a > …", False),
        ("", "", False),
    ],
)
def test_assertions_are_found_in_their_tests(test: str, written: str, inside: bool) -> None:
    """A name that is computed may be anything where it is computed, and nothing else."""
    assert is_in(test, Site(0, 1, written)) is inside
