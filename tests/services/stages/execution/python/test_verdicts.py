"""Decisions about values that were told."""

from typing import Any

import pytest

from services.stages.execution.python.examples import Printed, in_specification
from services.stages.execution.python.taken import Taken
from services.stages.execution.python.verdicts import Ended, Value, Verdict, decide
from tests.services.stages.execution.python.conftest import Apart


def said(taken: Taken, *values: Value, test: str = "line 1", passed: bool = True) -> Verdict:
    """Return the verdict on one test of a file."""
    ((verdict,), _) = decide(taken, (), (Ended(test, passed, values),))
    return verdict


@pytest.mark.parametrize(
    ("check", "told", "holds"),
    [
        ("f() == [1, (2, 3)]", [1, {"tuple": [2, 3]}], True),
        ("f() == [1, (2, 3)]", [1, [2, 3]], False),
        ("f() == 1", True, True),
        ("f() == 1", 1.0, True),
        ("f() == {1, 2}", {"set": [2, 1]}, True),
        ("f() == {'a': 1}", {"dict": [["a", 1]]}, True),
        ("f() is True", True, True),
        ("f() is True", 1, False),
        ("f() is None", None, True),
        ("not f()", [], True),
        ("f() > 3", None, False),
        ("abs(f() - 1.5) < 1e-3", 1.5001, True),
        ("f() != f()", {"float": "nan"}, True),
    ],
)
def test_a_value_is_compared_as_python_compares(apart: Apart, check: str, told: Any, holds: bool) -> None:
    """True equals 1 and a list equals no tuple; a value that cannot be compared fails the check."""
    taken = apart(f"assert {check}\n")
    values = (told,) * len(taken.checks[0].values)
    assert (said(taken, Value(0, values)).failed is None) is holds


def test_a_failure_shows_both_sides(apart: Apart) -> None:
    """What was got stands on the left, on whichever side the test has it."""
    for check in ("f() == [2]", "[2] == f()"):
        failed = said(apart(f"assert {check}\n"), Value(0, (1,))).failed
        assert failed is not None
        assert (failed.left, failed.right, failed.operator) == ("1", "[2]", "Eq")


@pytest.mark.parametrize("told", [{"odd": 1}, [{"set": [[1]]}], {"int": "zz"}])
def test_what_is_no_plain_data_decides_nothing(apart: Apart, told: Any) -> None:
    """Such a check is to be made inside."""
    taken = apart("assert f() == 1\n")
    assert said(taken, Value(0, (told,))) == Verdict(odd=((1, 0),))
    assert said(taken, Value(0, problem="a value is of the type X")) == Verdict(odd=((1, 0),))
    assert said(taken, Value(0, (1, 2))) == Verdict(odd=((1, 0),))


@pytest.mark.parametrize(
    "values",
    [(), (Value(0, (1,)),), (Value(0, (1,)), Value(1, (1,)), Value(1, (1,))), (Value(7, (1,)),)],
)
def test_a_test_that_passed_has_told_every_check_once(apart: Apart, values: tuple[Value, ...]) -> None:
    """A check that was left out, told twice, or made up, shows that the run was tampered with."""
    taken = apart("def check(c):\n    assert c() == 1\n    assert c() == 1\ncheck(f)\n")
    assert said(taken, *values, test="line 4").is_short


def test_a_test_that_failed_has_told_what_came_before(apart: Apart) -> None:
    """What raised in between is its failure, unless a check before it failed."""
    taken = apart("def check(c):\n    assert c() == 1\n    assert c() == 1\ncheck(f)\n")
    assert said(taken, Value(0, (1,)), test="line 4", passed=False) == Verdict()
    assert said(taken, Value(0, (2,)), test="line 4", passed=False).failed is not None


def test_each_turn_of_a_loop_is_one_check(apart: Apart) -> None:
    """The values of the turn are what is expected; no turn may be missing."""
    taken = apart("for n, want in [(1, 2), (2, 3)]:\n    assert f(n) == want\n")
    assert said(taken, Value(0, (2,)), Value(0, (3,))) == Verdict()
    assert said(taken, Value(0, (2,)), Value(0, (2,))).failed is not None
    assert said(taken, Value(0, (2,))).is_short
    assert said(taken, Value(0, (2,)), Value(0, (3,)), Value(0, (3,))).is_short


@pytest.mark.parametrize(
    ("types", "message", "holds"),
    [
        (("ValueError", "Exception"), "it is bad", True),
        (("UnicodeError", "ValueError", "Exception"), "bad", True),
        (("ValueError", "Exception"), "fine", False),
        (("TypeError", "Exception"), "bad", False),
        ((), "", False),
    ],
)
def test_an_exception_is_the_one_that_is_expected(
    apart: Apart, types: tuple[str, ...], message: str, holds: bool
) -> None:
    """By its type or one that it is derived from, and by its message where the test says one."""
    source = "import pytest\nfrom main import f\ndef test_it():\n"
    source += "    with pytest.raises(ValueError, match='b.d'):\n        f()\n"
    verdict = said(apart(source), Value(0, types=types, message=message), test="test_it")
    assert (verdict.failed is None) is holds


def test_a_test_with_parameters_is_one_of_its_function(apart: Apart) -> None:
    """Brackets and numbers behind a name do not make it another test."""
    taken = apart("from main import f\ndef test_it():\n    assert f() == 1\n")
    for test in ("test_it", "test_it[1-(2)]", "test_it (2)"):
        (verdict,), proof = decide(taken, (), (Ended(test, passed=True, values=(Value(0, (1,)),)),))
        assert (verdict, proof) == (Verdict(), frozenset({test}))


def test_examples_are_decided_too() -> None:
    """The first example that is wrong decides, and each must have been run."""
    groups = in_specification(">>> f()\n1\n>>> g()\n2\n")
    right, wrong = (Printed("1\n"), Printed("2\n")), (Printed("1\n"), Printed("3\n"))
    (fine, failed, short), proof = decide(
        Taken(b""), groups, [Ended("example", passed=True, printed=each) for each in (right, wrong, right[:1])]
    )
    assert (fine, short, proof) == (Verdict(), Verdict(is_short=True), frozenset({"example"}))
    assert failed.failed is not None
    assert (failed.failed.check, failed.failed.left, failed.failed.right) == (1, "3\n", "2\n")


def test_a_number_that_cannot_be_written_out_is_shown_as_such(apart: Apart) -> None:
    """Its digits are more than Python writes."""
    failed = said(apart("assert f() == 1\n"), Value(0, ({"int": hex(10**5000)},))).failed
    assert failed is not None
    assert failed.left == "a very long int"
