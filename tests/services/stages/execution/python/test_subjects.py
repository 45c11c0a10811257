"""What statements of tests are about."""

import ast

from services.stages.execution.harness.collect import collect
from services.stages.execution.python.subjects import Statement, definitions, statements


def first(source: str) -> Statement:
    """Return the first statement that has no others in it."""
    return statements(collect(source.encode(), "t.py"))[0]


def test_definitions_have_lines() -> None:
    """Functions, methods and classes; of several the outermost, and none where the file cannot be read."""
    tree = ast.parse("class A:\n    def f(self): pass\ndef f(): pass\n")
    assert definitions(tree) == {"A": 1, "f": 3}
    assert definitions(None) == {}


def test_a_statement_names_what_it_calls() -> None:
    """The outermost call stands first, a parameter for what it is called with."""
    assert first("assert f(g.h(1)) == 2\n").calls == ("f", "h")
    source = "def check(candidate):\n    assert candidate(1) == 2\ncheck(area)\n"
    assert first(source).calls == ("area",)


def test_an_assertion_has_an_operator_and_may_be_turned() -> None:
    """A literal on the left is what is expected."""
    plain, turned, other = first("assert f() == 2\n"), first("assert 2 < f()\n"), first("assert f()\n")
    assert (plain.operator, plain.is_turned) == ("Eq", False)
    assert (turned.operator, turned.is_turned) == ("Lt", True)
    assert (other.operator, other.is_assertion, first("f()\n").is_assertion) == ("", True, False)


def test_a_file_that_is_no_python_has_none() -> None:
    """There is nothing to say of it."""
    assert statements(collect(b"x = = 1\n", "t.py")) == ()
