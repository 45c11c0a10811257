"""Patterns of files and rules."""

import time

import pytest
from assay.globs import covers, names


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("main.py", "main.py", True),
        ("main.py", "a/b/main.py", True),
        ("main.py", "main.pyi", False),
        ("*.py", "a/b/main.py", True),
        ("tests", "tests/a/b.py", True),
        ("tests", "a/tests/b.py", True),
        ("tests", "a/tests.py", False),
        ("tests/", "tests/a.py", True),
        ("tests/", "a/tests", False),
        ("/tests", "tests/a.py", True),
        ("/tests", "a/tests/b.py", False),
        ("a/b", "a/b/c.py", True),
        ("a/b", "x/a/b/c.py", False),
        ("a/*", "a/b/c.py", True),
        ("a/*.py", "a/b/c.py", False),
        ("a/**", "a/b/c.py", True),
        ("a/**/c.py", "a/c.py", True),
        ("a/**/c.py", "a/x/y/c.py", True),
        ("a/**/c.py", "a/x/y/d.py", False),
        ("**/c.py", "c.py", True),
        ("**/tests/**/*.py", "x/tests/y/z.py", True),
        ("m?in.py", "main.py", True),
        ("[lm]ain.py", "main.py", True),
        ("a*c.py", "a/c.py", False),
        ("Main.py", "main.py", False),
        ("**", "a/b.py", True),
    ],
)
def test_covers(pattern: str, path: str, covered: bool) -> None:
    """A pattern covers what it would in a .gitignore."""
    assert covers(pattern, path) is covered


@pytest.mark.parametrize(
    ("pattern", "rule", "named"),
    [
        ("placeholder/*", "placeholder/todo-comment", True),
        ("*", "static/syntax-error", True),
        ("static/syntax-error", "static/syntax-error", True),
        ("static", "static/syntax-error", False),
    ],
)
def test_names(pattern: str, rule: str, named: bool) -> None:
    """A pattern of rules is matched over the whole identifier."""
    assert names(pattern, rule) is named


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 250 + "b", "a" * 500), ("**/" * 160 + "b", "a/" * 250 + "a"), ("**/*a*" * 80 + "b", "aa/" * 160 + "a")],
)
def test_hostile_patterns(pattern: str, path: str) -> None:
    """A pattern made to be slow is not: it ends, and matches nothing."""
    started = time.monotonic()
    assert not covers(pattern, path)
    assert time.monotonic() - started < 10
