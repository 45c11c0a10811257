"""How tests are taken apart: what goes into the sandbox, what stays, and what that is called."""

import pytest

from services.stages.execution.interpreted.apart import Script, take_apart
from services.stages.execution.interpreted.dialect import Dialect
from services.stages.execution.interpreted.php_tests import PhpTests
from services.stages.execution.interpreted.ruby_tests import RubyTests

RUBY = RubyTests()
PHP = PhpTests()


def inside(script: Script) -> str:
    """Return everything that goes into the sandbox."""
    return "\n".join(f"{test.code}\n{test.value}" for test in script.tests)


def taken(script: Script) -> list[tuple[str, object, bool]]:
    """Return the checks that stay outside: what is asked for, what is expected, and whether that is to hold."""
    values = {test.id: test.value for test in script.tests}
    return [(values[test], check.expected, check.holds) for test, check in script.checks.items()]


THREE = ("i", 3)


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("raise 'no' unless add(1, 2) == 3", True),
        ("raise 'no' if add(1, 2) != 3", True),
        ("if add(1, 2) != 3\n  puts 'bad'\n  raise StandardError, 'no'\nend", True),
        ("unless add(1, 2) == 3 then abort('no') end", True),
        ("add(1, 2) == 3 or raise 'no'", True),
        ("add(1, 2) == 3 || fail('no')", True),
        ("raise 'no' unless 3 == add(1, 2)", True),
        ("raise 'no' if !(add(1, 2) == 3)", True),
        ("exit 1 if not (add(1, 2) == 3)", True),
        ("raise 'no' if add(1, 2) == 3", False),
    ],
)
def test_the_ways_to_demand_in_ruby(statement: str, holds: bool) -> None:
    """Whatever words demand an equality, the call goes in and what it should give does not."""
    script = take_apart(RUBY, f"{statement}\n")
    assert (taken(script), script.isolation) == ([("add(1, 2)", THREE, holds)], "proof")
    assert "no" not in inside(script)


@pytest.mark.parametrize(
    ("statement", "operator", "holds"),
    [
        ("assert(add(1, 2) === 3);", "===", True),
        ("assert(add(1, 2) == 3, 'no');", "==", True),
        ("if (add(1, 2) !== 3) { echo 'bad'; throw new Exception('no'); }", "===", True),
        ("if (3 != add(1, 2)) throw new Exception('no');", "==", True),
        ("if (!(add(1, 2) === 3)) { die('no'); }", "===", True),
        ("add(1, 2) === 3 or die('no');", "===", True),
        ("add(1, 2) === 3 || throw new Exception('no');", "===", True),
        ("if (add(1, 2) <> 3) exit(1);", "==", True),
        ("assert(add(1, 2) !== 3);", "===", False),
    ],
)
def test_the_ways_to_demand_in_php(statement: str, operator: str, holds: bool) -> None:
    """The same holds in PHP, where two equalities are told apart."""
    script = take_apart(PHP, f"<?php\n{statement}\n")
    assert (taken(script), script.isolation) == ([("add(1, 2)", THREE, holds)], "proof")
    assert [check.operator for check in script.checks.values()] == [operator]


@pytest.mark.parametrize(
    ("dialect", "text", "value"),
    [
        (RUBY, "given = [1, 2]\ngot = total(given)\nwanted = 3\nraise 'no' if got != wanted\n", "got"),
        (
            PHP,
            "$given = [];\n$got = total($given);\n$wanted = 3;\nif ($got != $wanted) throw new Error;\n",
            "$got",
        ),
    ],
    ids=["ruby", "php"],
)
def test_expectations_that_have_a_name(dialect: Dialect, text: str, value: str) -> None:
    """A variable that only says what is expected stays outside; set-up goes in, on its own lines."""
    script = take_apart(dialect, text)
    assert (taken(script), script.isolation) == ([(value, THREE, True)], "proof")
    (test,) = script.tests
    assert (test.line, test.code_line, test.value_line) == (4, 1, 4)
    assert ("given" in test.code, "wanted" in inside(script)) == (True, False)


def test_a_name_that_is_bound_anew_for_each_check() -> None:
    """What was bound last is what is expected."""
    text = "wanted = 3\nraise 'no' if add(1, 2) != wanted\nwanted = 4\nraise 'no' if add(2, 2) != wanted\n"
    assert [expected for _, expected, _ in taken(take_apart(RUBY, text))] == [THREE, ("i", 4)]


@pytest.mark.parametrize(
    "use",
    ["wanted << 4\n", "add(wanted)\n", "wanted = other\n", "puts wanted\n", "[1].each { |x| wanted = x }\n"],
)
def test_a_name_that_is_used_otherwise_goes_in(use: str) -> None:
    """What anything else reads or changes is no expectation that could stay outside."""
    script = take_apart(RUBY, f"wanted = [3]\n{use}raise 'no' if add(1, 2) != wanted\nraise 'no' if add(2, 2) != 4\n")
    assert [value for value, _, _ in taken(script)] == ["add(2, 2)"]
    assert (script.isolation, "!= wanted" in inside(script)) == ("mixed", True)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (RUBY, "def same(a, b)\n  a == b\nend\nraise 'no' unless same(add(1, 2), 3)\n"),
        (RUBY, "def check(want, got, why = nil)\n  raise why unless got == want\nend\ncheck 3, add(1, 2), 'why'\n"),
        (
            PHP,
            "function same($x, $y) { return $x == $y; }\nif (!same(add(1, 2), 3)) { throw new Error('no'); }\n",
        ),
        (
            PHP,
            "check(3, add(1, 2), 'why');\n"
            "function check($want, $got, $why = '') { if ($got !== $want) { throw new Exception($why); } }\n",
        ),
    ],
    ids=["ruby predicate", "ruby check", "php predicate", "php check"],
)
def test_helpers_of_the_tests_own(dialect: Dialect, text: str) -> None:
    """A function that does nothing but compare two of its parameters is read as what it does."""
    script = take_apart(dialect, text)
    assert (taken(script), script.isolation) == ([("add(1, 2)", THREE, True)], "proof")


def test_a_bare_call_is_to_be_true() -> None:
    """A call is asked for its truth; one around another call compares by itself, so it stays as it was written."""
    script = take_apart(RUBY, "raise 'no' unless even?(4)\nraise 'no' if even?(3)\n")
    assert taken(script) == [("even?(4)", None, True), ("even?(3)", None, False)]
    script = take_apart(PHP, "assert(in_array(add(1, 2), [3]));\nassert(add(1, 2) === 3);\n")
    assert ([value for value, _, _ in taken(script)], script.isolation) == (["add(1, 2)"], "mixed")


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (RUBY, "raise 'no' unless add(1, 2) > 2\n"),
        (RUBY, "raise 'no' unless add(1, 2) == 3 && add(2, 2) == 4\n"),
        (RUBY, "raise 'no' unless add(1, 2) == add(2, 1)\n"),
        (RUBY, "text = <<~TEXT\n  3\nTEXT\nraise 'no' unless add(1, 2) == 3\n"),
        (RUBY, "raise 'no' unless add(1, 2) == 3\n__END__\nmore\n"),
        (RUBY, "raise 'no' unless add(1, 2) == \"#{three}\"\n"),
        (RUBY, "[1].each { |x| raise 'no' unless add(x, 2) == 3 }\n"),
        (RUBY, "raise 'no' unless add(1, 2 == 3\n"),
        (PHP, "<?php\nnamespace A;\nassert(add(1, 2) === 3);\n"),
        (PHP, "<?php assert(add(1, 2) === 3); ?>\nmore\n"),
        (PHP, "foreach ([1] as $x) { assert(add($x, 2) === 3); }\n"),
        (PHP, ""),
    ],
)
def test_what_is_left_whole(dialect: Dialect, text: str) -> None:
    """What is not an equality with something known, or cannot be run piece by piece, goes in as it was written."""
    script = take_apart(dialect, text)
    assert (script.checks, script.isolation) == ({}, "resistant")
    assert [test.code for test in script.tests] == [text]


def test_a_check_that_is_kept() -> None:
    """A check whose value is not plain data goes in with what it expects, and the rest stays apart."""
    text = "wanted = 3\nraise 'no' if add(1, 2) != wanted\nraise 'no' if add(2, 2) != 4\n"
    script = take_apart(RUBY, text, frozenset({"line 2"}))
    assert ([value for value, _, _ in taken(script)], script.isolation) == (["add(2, 2)"], "mixed")
    assert "if add(1, 2) != wanted" in inside(script)


def test_functions_that_php_knows_before_they_are_defined() -> None:
    """PHP may call what the file defines further down, so that definitions go in first."""
    script = take_apart(PHP, "assert(add(one(), 2) === 3);\nfunction one() { return 1; }\n")
    assert "function one()" in script.tests[0].code


def test_comments_stay_outside() -> None:
    """What a comment between statements says is not for the code under test."""
    script = take_apart(RUBY, "# the sum must be 3\nx = 1\n# really\nraise 'no' unless add(x, 2) == 3\n")
    assert "sum" not in inside(script)
    assert "really" not in inside(script)


def test_sources_beyond_the_bounds() -> None:
    """Tests that are too long, or nested too deep, go in whole and harm nobody."""
    long = "raise 'no' unless add(1, 2) == 3\n" * 6_000
    deep = f"raise 'no' unless add(1, 2) == {'[' * 3_000}{']' * 3_000}\n"
    for text in (long, deep, "x = 1\n" * 60_000):
        assert take_apart(RUBY, text).checks == {}
