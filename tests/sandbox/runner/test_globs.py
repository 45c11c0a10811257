"""Globs over paths."""

import pytest

from sandbox.runner.globs import matcher

CASES = [
    ("*.txt", "a.txt", True),
    ("*.txt", "d/a.txt", False),
    ("**/*.txt", "a.txt", True),
    ("**/*.txt", "d/e/a.txt", True),
    ("out/**", "out/d/a", True),
    ("out/**", "outer/a", False),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[ab]x", "ax", True),
    ("[!ab]x", "ax", False),
    ("[!ab]x", "/x", False),
    ("a[", "a[", True),
    ("a.c", "abc", False),
    ("**", "any/thing\nodd", True),
    ("a\\b", "a\\b", True),
]


@pytest.mark.parametrize(("glob", "path", "wanted"), CASES)
def test_glob(glob: str, path: str, wanted: bool) -> None:
    """A glob matches the whole path, its stars no folder's end, its double stars any."""
    assert matcher([glob])(path.encode()) is wanted
