"""Test files that need no pytest any more."""

import pytest

from services.stages.execution.python.unneeded import without_pytest


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("import pytest\ndef test_a():\n    f()\n", False),
        ("from pytest import (\n  raises,\n)\ndef test_a():\n    f()\n", False),
        ("import pytest\ndef test_a():\n    pytest.skip()\n", True),
        ("import pytest, os\ndef test_a():\n    f()\n", True),
        ("import pytest\ndef test_a(tmp_path):\n    f()\n", True),
        ("import pytest\nf()\ndef test_a():\n    f()\n", True),
        ("import pytest\nif f:\n    def test_b(): f()\ndef test_a():\n    f()\n", True),
        ("import pytest\nclass Test:\n    def test_a(self): f()\nTest.__test__ = False\n", True),
    ],
)
def test_pytest_is_left_out_where_nothing_uses_it(source: str, needed: bool) -> None:
    """Its names, fixtures, tests on a condition, and what only it takes for a test or for none, need it."""
    left = without_pytest(source.encode(), "t.py", ["test_a"])
    assert (left is None) is needed
    if left is not None:
        assert left.source.count(b"\n") == source.count("\n")
        assert b"pytest" not in left.source
