"""What the languages call equal, held against the languages themselves."""

from collections.abc import Callable
from itertools import product

import pytest
from assay.stage import StageStatus

from services.stages.execution.interpreted.apart import take_apart
from services.stages.execution.interpreted.dialect import TRUE, Dialect
from services.stages.execution.interpreted.php_equality import identical, is_true, loosely_equal
from services.stages.execution.interpreted.php_tests import PhpTests
from services.stages.execution.interpreted.plain import Plain
from services.stages.execution.interpreted.ruby_tests import RubyTests, equal
from tests.services.stages.execution.conftest import Judge

NAN = ("f", float("nan"))

PHP_LITERALS = (
    "null | true | false | 0 | 1 | -1 | 7 | 1.0 | 0.5 | -0.0 | 1e3 | 1e100 | 9223372036854775807 | "
    "9.2233720368547758e18 | '' | '0' | '1' | '1.0' | ' 1' | '1 ' | '1x' | 'x' | '1e3' | '0x1' | '-0' | 'INF' | "
    "'.5' | 'é' | 'null' | '00' | '+1' | '1e1000' | '9223372036854775808' | '9223372036854775807' | "
    "'9223372036854775809' | [] | [0] | [1] | [1.0] | ['1'] | [true] | [null] | ['a' => 1] | [1, 2] | "
    "[1 => 2, 0 => 1] | [[]] | [[1]]"
)
RUBY_LITERALS = (
    "nil | true | false | 0 | 1 | -1 | 1.0 | 0.5 | -0.0 | 1e100 | 9007199254740993 | 9007199254740992.0 | '' | "
    "'a' | '1' | 'é' | :a | :'' | [] | [1] | [1.0] | ['a'] | [:a] | [nil] | [1, 2] | [2, 1] | {} | {1 => 1} | "
    "{1.0 => 1} | {1 => 1.0} | {'a' => 1} | {a: 1} | {a: 1, b: 2} | {b: 2, a: 1} | {a: [1.0]} | {[1] => 1} | "
    "{[1.0] => 1} | {nil => 1}"
)
PHP = PHP_LITERALS.split(" | ")
RUBY = RUBY_LITERALS.split(" | ")


def values(dialect: Dialect, check: str, texts: list[str]) -> list[Plain]:
    """Return the values of literals."""
    script = take_apart(dialect, "\n".join(check.format(text) for text in texts))
    found = [check.expected for check in script.checks.values() if check.expected is not None]
    assert len(found) == len(texts)
    return found


def table(texts: list[Plain], holds: Callable[[Plain, Plain], bool]) -> str:
    """Return for each pair whether a relation holds, as a text of digits."""
    return "".join(str(int(holds(one, other))) for one, other in product(texts, repeat=2))


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.languages
async def test_php_agrees(judge: Judge) -> None:
    """Every pair of values is equal, or identical, or not, exactly where PHP says so; so is what it takes for true."""
    code = (
        f"<?php\nfunction values() {{ return [{', '.join(PHP)}]; }}\n"
        "function table($holds) {\n  $rows = '';\n  foreach (values() as $one) {\n    foreach (values() as $other) {\n"
        "      $rows .= (int) $holds($one, $other);\n    }\n  }\n  return $rows;\n}\n"
    )
    known = values(PhpTests(), "assert(f(1) === {});", PHP)
    tests = (
        f"$equal = table(fn($x, $y) => $x == $y);\nassert($equal === '{table(known, loosely_equal)}');\n"
        f"$same = table(fn($x, $y) => $x === $y);\nassert($same === '{table(known, identical)}');\n"
        f"$true = table(fn($x, $y) => (bool) $x);\nassert($true === '{table(known, lambda one, _: is_true(one))}');\n"
    )
    result = await judge(code, tests, language="php")
    assert (result.status, result.findings, result.details["tests_passed"]) == (StageStatus.COMPLETED, (), "3")


def truth(one: Plain, _: Plain) -> bool:
    """Return what Ruby takes a value for."""
    return RubyTests().equal(TRUE, one, None)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.languages
async def test_ruby_agrees(judge: Judge) -> None:
    """Every pair of values is equal exactly where Ruby says so, and as true as it says."""
    code = (
        f"def values = [{', '.join(RUBY)}]\n"
        "def table\n  values.flat_map { |one| values.map { |other| yield(one, other) ? '1' : '0' } }.join\nend\n"
    )
    known = values(RubyTests(), "raise 'no' unless f(1) == {}", RUBY)
    tests = (
        f"got = table {{ |x, y| x == y }}\nraise 'no' if got != '{table(known, equal)}'\n"
        f"got = table {{ |x, y| x }}\nraise 'no' if got != '{table(known, truth)}'\n"
    )
    result = await judge(code, tests, language="ruby")
    assert (result.status, result.findings, result.details["tests_passed"]) == (StageStatus.COMPLETED, (), "2")


@pytest.mark.parametrize("holds", [equal, loosely_equal, identical])
def test_what_is_no_number_equals_nothing(holds: Callable[[Plain, Plain], bool]) -> None:
    """NaN is not equal to itself, alone or in a list; text that is its name is no number."""
    assert not holds(NAN, NAN)
    assert not holds(("h", ((("i", 0), NAN),)), ("h", ((("i", 0), NAN),)))
    assert not holds(NAN, ("s", "NAN"))


def test_bytes_that_are_no_text() -> None:
    """PHP's strings are bytes: those that are no text are equal to the same ones alone."""
    assert loosely_equal(("b", b"\xff"), ("b", b"\xff"))
    assert not loosely_equal(("b", b"\xff"), ("s", "a"))
    assert is_true(("b", b"\xff"))
    assert not identical(("b", b"\xff"), ("b", b"\xfe"))
