"""Which tests decide nothing inside."""

import pytest

from tests.services.stages.execution.python.conftest import Apart

HEAD = "import unittest\nfrom main import f\n"


@pytest.mark.parametrize(
    ("body", "sealed"),
    [
        ("assert f() == 1", True),
        ("x = f()\n    assert x == 1", True),
        ("assert f() == 1\n    f.close()", True),
        ("assert f() == 1\n    if f():\n        assert f() == 2", False),
        ("assert f() == 1\n    if f():\n        raise ValueError", False),
        ("assert f() == 1\n    helper(f)", False),
        ("assert f() == 1\n    plain(f)", True),
        ("assert f() == 1\n    f.assert_called_once()", False),
        ("f()", False),
    ],
)
def test_a_test_is_proof_where_all_it_decides_was_taken_out(apart: Apart, body: str, sealed: bool) -> None:
    """A branch, a helper with an assertion, or a call that asserts leaves it open; and so does no check at all."""
    helpers = "def helper(f):\n    assert f() == 3\ndef plain(f):\n    return f()\n"
    taken = apart(f"{HEAD}{helpers}def test_it():\n    {body}\n")
    assert (taken.sealed == {"test_it"}) is sealed
