"""The parts of a test file that run as one."""

from services.stages.execution.harness.collect import collect
from services.stages.execution.python.scope import bound_once
from services.stages.execution.python.units import Unit, units


def of(source: str) -> list[Unit]:
    """Return the parts of a file."""
    found = collect(source.encode(), "t.py")
    assert found.tree is not None
    return list(units(found, bound_once(found.tree)))


def test_statements_functions_and_methods_come_in_the_order_in_which_they_run() -> None:
    """The top level first, whatever stands between."""
    made = of(
        "def test_a():\n    f()\nx = 1\nassert x\n"
        "class TestB:\n    def test_c(self):\n        f()\n    def helper(self): pass\n"
    )
    assert [unit.test for unit in made] == ["", "", "line 4", "", "test_a", "TestB.test_c"]


def test_a_call_of_a_function_that_is_called_once_is_its_body() -> None:
    """With what it is called with; a generator, a second call or other arguments keep it a call."""
    check = "def check(c):\n    assert c\n"
    (unit,) = [unit for unit in of(f"{check}check(f)\n") if unit.test]
    assert (unit.key, len(unit.arguments or ())) == ("check", 1)
    for calls in ("check(f)\ncheck(g)\n", "check(c=f)\n", "check(*f)\n", "check(f, g)\n"):
        assert all(unit.function is None for unit in of(check + calls))
    assert all(unit.function is None for unit in of("def check(c):\n    assert c\n    yield\ncheck(f)\n"))


def test_what_may_run_more_than_once_or_not_as_written_is_left_out() -> None:
    """Decorators of others, classes that others are derived from, and functions of one name."""
    assert "test_a" not in {unit.test for unit in of("@retry\ndef test_a(): f()\n")}
    assert "test_a" in {unit.test for unit in of("@mock.patch('x')\ndef test_a(): f()\n")}
    base = "class TestA:\n    def test_a(self): f()\nclass TestB(TestA):\n    def test_b(self): f()\n"
    assert {unit.test for unit in of(base)} == {"", "TestB.test_b"}
    assert "test_a" not in {unit.test for unit in of("def test_a(): f()\ndef test_a(): g()\n")}


def test_what_other_tests_call_is_left_out() -> None:
    """Its checks would be told in their time."""
    assert {unit.test for unit in of("def test_a(): f()\ndef test_b(): test_a()\n")} == {"", "test_b"}
    calling = "class TestA:\n    def test_a(self): f()\n    def test_b(self): self.test_a()\n"
    assert {unit.test for unit in of(calling)} == {"", "TestA.test_b"}
