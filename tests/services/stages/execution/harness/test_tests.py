"""The tests of a file, as the job says them."""

import pytest

from services.stages.execution.harness.collect import collect
from services.stages.execution.harness.tests import Tests

SOURCE = b"""\
from __future__ import annotations
x = 1
def test_a(): assert x
assert x
if __name__ == "__main__":
    assert x
"""


def test_what_was_read_outside_is_what_is_run() -> None:
    """The statements come back by their places, with their ids and the tests that they define."""
    tests = Tests(collect(SOURCE, "t.py").as_job(), SOURCE, "t.py")
    steps = tests.steps()
    assert [(step.line, step.test, step.defines) for step in steps] == [
        (1, "", []),
        (2, "", []),
        (3, "", ["test_a"]),
        (4, "line 4", []),
    ]
    names: dict[str, object] = {}
    for step in steps:
        exec(step.code, names)
    assert "test_a" in names
    assert tests.tests == ["line 4", "test_a"]


def test_the_body_of_a_main_block_is_the_script_where_there_are_no_tests() -> None:
    """Its statements are found below it."""
    source = b"x = []\nif __name__ == '__main__':\n    x.append(1)\n    assert x\n"
    steps = Tests(collect(source, "t.py").as_job(), source, "t.py").steps()
    assert [step.line for step in steps] == [1, 3, 4]


@pytest.mark.parametrize("source", [b"x = = 1\n", b"x = 1\n"])
def test_a_file_with_a_problem_has_no_tests(source: bytes) -> None:
    """It says why."""
    tests = Tests(collect(source, "t.py").as_job(), source, "t.py")
    assert tests.tests == []
    assert tests.problem
