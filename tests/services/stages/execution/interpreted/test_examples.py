"""Examples that a specification states as a session of a language's shell."""

import pytest

from services.stages.execution.interpreted.dialect import Dialect
from services.stages.execution.interpreted.examples import MAX_EXAMPLES, read_examples
from services.stages.execution.interpreted.php_tests import PhpTests
from services.stages.execution.interpreted.ruby_tests import RubyTests

RUBY = RubyTests()
PHP = PhpTests()


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (RUBY, "Adds.\n\nirb> add(1, 2)\n=> 3\n"),
        (RUBY, "# irb(main):001:0> add(1, 2)\n# => 3\n"),
        (RUBY, ">> add(1, 2)\n=> 3"),
        (PHP, "/**\n * php > add(1, 2)\n * 3\n */"),
        (PHP, "php > echo add(1, 2);\n3\n"),
    ],
)
def test_sessions(dialect: Dialect, text: str) -> None:
    """What is typed becomes a test that is decided outside, whatever marks a comment before it."""
    script = read_examples(dialect, text)
    (test,) = script.tests
    check = script.checks[test.id]
    assert (test.value, check.example, check.expected) == ("add(1, 2)", "add(1, 2)", ("i", 3))
    assert text.splitlines()[test.line - 1].endswith(("add(1, 2)", "add(1, 2);"))


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (RUBY, ""),
        (RUBY, "irb> add(1, 2)"),
        (RUBY, "irb> add(1, 2)\n3\n"),
        (RUBY, "irb> add(1, 2)\n=> #<Sum:0x01 @value=3>\n"),
        (RUBY, "irb> x = add(1, 2)\n=> 3\n"),
        (RUBY, "irb> add(1, 2); exit\n=> 3\n"),
        (RUBY, "irb> def add(a, b)\n=> :add\n"),
        (RUBY, "irb> 1 + 2\n=> add(1, 2)\n"),
        (PHP, "php > add(1, 2)\nthree\n"),
        (PHP, "php > $x = 3; add($x)\n3\n"),
        (PHP, "php > add(1, 2\n3\n"),
    ],
)
def test_what_says_nothing(dialect: Dialect, text: str) -> None:
    """What is typed must be one expression, and what came back a literal."""
    assert read_examples(dialect, text).tests == ()


def test_their_number_is_bounded() -> None:
    """A long specification gives no more examples than are run."""
    assert len(read_examples(RUBY, "irb> add(1, 2)\n=> 3\n" * 100).tests) == MAX_EXAMPLES
    assert read_examples(RUBY, "irb> " + "(" * 100_000 + "\n=> 3\n").tests == ()
