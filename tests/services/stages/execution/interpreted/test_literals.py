"""The values of literals, as the languages themselves read them."""

import pytest

from services.stages.execution.interpreted.apart import take_apart
from services.stages.execution.interpreted.php_tests import PhpTests
from services.stages.execution.interpreted.plain import Plain
from services.stages.execution.interpreted.ruby_tests import RubyTests


def ruby(text: str) -> Plain | None:
    """Return the value of a literal in Ruby."""
    checks = take_apart(RubyTests(), f"raise 'no' unless f(1) == {text}\n").checks
    return next((check.expected for check in checks.values()), None)


def php(text: str) -> Plain | None:
    """Return the value of a literal in PHP."""
    checks = take_apart(PhpTests(), f"assert(f(1) === {text});\n").checks
    return next((check.expected for check in checks.values()), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nil", ("c", "nil")),
        ("-1_000", ("i", -1000)),
        ("0x1f", ("i", 31)),
        ("0b101", ("i", 5)),
        ("017", None),
        ("2.5e3", ("f", 2500.0)),
        ("3r", None),
        (r'"a\n\u00e9\u{1F600}\x41\e"', ("s", "a\né😀A\x1b")),
        (r"'it\'s \\ \n'", ("s", "it's \\ \\n")),
        ('"a#{1}"', None),
        (r'"\377"', None),
        (":name", ("y", "name")),
        (':"two words"', ("y", "two words")),
        ("%w[a b]", ("a", (("s", "a"), ("s", "b")))),
        ("%i[a b]", ("a", (("y", "a"), ("y", "b")))),
        ("[1, [nil]]", ("a", (("i", 1), ("a", (("c", "nil"),))))),
        ('{"a" => 1, b: 2, "c": 3}', ("h", ((("s", "a"), ("i", 1)), (("y", "b"), ("i", 2)), (("y", "c"), ("i", 3))))),
        ("{1 => 1, 1 => 2}", ("h", ((("i", 1), ("i", 2)),))),
        ("[1, x]", None),
        ("{**x}", None),
        ("1..2", None),
    ],
)
def test_ruby(text: str, expected: Plain | None) -> None:
    """A literal of Ruby has its value; what must be computed, or is read in another way, has none here."""
    assert ruby(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NULL", ("c", "null")),
        ("True", ("c", "true")),
        ("-1_000", ("i", -1000)),
        ("0x1F", ("i", 31)),
        ("017", None),
        ("9223372036854775808", ("f", 2.0**63)),
        ("1.5e3", ("f", 1500.0)),
        (r'"a\n\u{e9}\x41\101\$"', ("s", "a\néAA$")),
        (r'"\q"', ("s", "\\q")),
        (r"'it\'s \\ \n'", ("s", "it's \\ \\n")),
        ('"a $b"', None),
        (r'"\xff"', None),
        (
            "[1, 'a' => 2, '7' => 3, 4]",
            ("h", ((("i", 0), ("i", 1)), (("s", "a"), ("i", 2)), (("i", 7), ("i", 3)), (("i", 8), ("i", 4)))),
        ),
        ("array('07' => 1)", ("h", ((("s", "07"), ("i", 1)),))),
        ("[true => 1]", None),
        ("[...$a]", None),
        ("[]", ("h", ())),
        ("PHP_INT_MAX", None),
    ],
)
def test_php(text: str, expected: Plain | None) -> None:
    """A literal of PHP has its value, arrays with the keys that PHP gives them."""
    assert php(text) == expected
