"""What is counted in the syntax of files."""

import math

import pytest

from services.stages.placeholder.grammars import LANGUAGES
from services.stages.scoring.features import BY_NAME, SYNTAX
from services.stages.scoring.syntax import measure

PYTHON = b'''
def area(width, height):
    """Return the area of a rectangle, in square metres."""
    # Nobody has sides of less than nothing.
    if width < 0 or height < 0:
        raise ValueError("a side is negative")
    return width * height


def perimeter(width, height):
    pass


def colour(width):
    return "red"
'''


def of(source: bytes, language: str = "python", path: str = "a.py") -> dict[str, float]:
    """Return the features of one file."""
    return measure([(source, path, language)])


def test_names() -> None:
    """Every feature of syntax is measured, and no other."""
    assert set(of(PYTHON)) == {name for name, feature in BY_NAME.items() if feature.source == SYNTAX}


def test_python() -> None:
    """Functions, bodies, branches, comments and parameters are counted as a person would."""
    told = of(PYTHON)
    assert (told["functions"], told["code_lines"], told["deepest_branch"]) == (3, 9, 1)
    assert told["hollow_share"] == told["constant_share"] == pytest.approx(1 / 3)
    assert told["unused_parameter_share"] == pytest.approx(3 / 5)
    assert told["comment_share"] == pytest.approx(1 / 10)
    assert told["longest_function"] == 6
    assert told["broken_places"] == 0


@pytest.mark.parametrize(
    ("language", "path", "source"),
    [
        ("go", "a.go", b"package a\nfunc f(n int) int {\n for n > 9 {\n if n%2 == 0 {\n n--\n }\n }\n return n\n}\n"),
        ("javascript", "a.js", b"function f(n) {\n while (n > 9) {\n if (n % 2) {\n n--;\n }\n }\n return n;\n}\n"),
        ("java", "A.java", b"class A { int f(int n) { while (n > 9) { if (n > 3) { n--; } } return n; } }\n"),
        ("rust", "a.rs", b"fn f(mut n: u32) -> u32 {\n while n > 9 {\n if n > 3 {\n n -= 1;\n }\n }\n n\n}\n"),
        ("ruby", "a.rb", b"def f(n)\n  while n > 9\n    if n.odd?\n      n -= 1\n    end\n  end\n  n\nend\n"),
        (
            "php",
            "a.php",
            b"<?php\nfunction f($n) {\n while ($n > 9) {\n if ($n > 3) {\n $n--;\n }\n }\n return $n;\n}\n",
        ),
        ("cpp", "a.cpp", b"int f(int n) {\n do {\n if (n % 2) {\n n--;\n }\n } while (n > 9);\n return n;\n}\n"),
    ],
    ids=["go", "javascript", "java", "rust", "ruby", "php", "cpp"],
)
def test_languages(language: str, path: str, source: bytes) -> None:
    """A branch in a loop of one function is the same in every language."""
    told = of(source, language, path)
    assert (told["functions"], told["deepest_branch"], told["broken_places"]) == (1, 2, 0)
    assert told["hollow_share"] == told["unused_parameter_share"] == 0


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("source", [b"", b"\xff\xfe\x00", b"(((((", b"def f(:\n  '''", b"\x00" * 10])
def test_anything(language: str, source: bytes) -> None:
    """Whatever bytes come, features are numbers or not known."""
    assert all(math.isnan(value) or value >= 0 for value in of(source, language, "a").values())


def test_empty_by_design() -> None:
    """Methods that others are to write are no hollow functions, and their parameters are not unused."""
    told = of(
        b"import abc\n\n\nclass Shape(abc.ABC):\n    @abc.abstractmethod\n    def area(self, unit):\n        ...\n"
    )
    assert (told["functions"], told["hollow_share"]) == (1, 0)
    assert math.isnan(told["unused_parameter_share"])


def test_nothing_to_take_a_share_of() -> None:
    """Where there is no function, shares of functions are not known."""
    assert math.isnan(of(b"print(1)\n")["hollow_share"])


def test_nothing_read() -> None:
    """Of no file, and of files that are no text, nothing is known."""
    assert measure([]) == {}
    assert of(b"\xff\xff\xff\xff") == {}


def test_files_add_up() -> None:
    """Several files are one candidate: what is counted adds up, the longest is the longest of all."""
    told = measure([(PYTHON, "a.py", "python"), (b"def f():\n    return g()\n", "b.py", "python")])
    assert (told["functions"], told["longest_function"]) == (4, 6)


def test_a_file_that_does_not_end() -> None:
    """What does not parse is counted as far as it goes, and the places where it breaks are told."""
    told = of(b"def f(a):\n    return (a + \n")
    assert told["broken_places"] >= 1
