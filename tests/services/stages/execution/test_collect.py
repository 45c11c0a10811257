"""What the harness reads from a test file."""

import pytest

from services.stages.execution.harness.collect import MAX_TESTS, Collection, collect


def read(source: str) -> Collection:
    """Return what a test file holds."""
    return collect(source.encode(), "tests.py")


def test_every_top_level_assertion_and_call_is_a_test() -> None:
    """Assertions, calls and blocks of them are tests; imports, definitions and assignments prepare."""
    found = read(
        "import math\nx = f(1)\nassert x == 1\n"
        "def check(c):\n    assert c(1)\ncheck(f)\nfor i in 1, 2:\n    assert f(i)\n"
    )
    assert found.tests() == ["line 3", "line 6", "line 7"]


def test_two_tests_in_one_line_have_two_ids() -> None:
    """An id names one test."""
    assert read("assert f(1); assert f(2)\n").tests() == ["line 1", "line 1:14"]


def test_a_script_that_only_assigns_is_one_test_a_call() -> None:
    """Where nothing asserts, a call that raises is what can fail."""
    assert read("x = f(1)\n").tests() == ["line 1"]


def test_functions_and_classes_are_found() -> None:
    """Test functions, unittest classes, classes derived from them, and plain Test classes are collected."""
    found = read(
        "import unittest\n"
        "class Base(unittest.TestCase):\n    pass\n"
        "class Derived(Base):\n    def test_a(self): pass\n    def helper(self): pass\n"
        "class TestPlain:\n    def test_b(self): pass\n"
        "class Plain:\n    def test_c(self): pass\n"
        "def test_d(): pass\n"
    )
    assert found.tests() == ["test_d", "Derived.test_a", "TestPlain.test_b"]


def test_a_function_that_the_file_calls_itself_is_not_run_twice() -> None:
    """The call is the test."""
    assert read("def test_a():\n    assert f()\ntest_a()\n").tests() == ["line 3"]


def test_a_main_block_stands_back_for_collected_tests() -> None:
    """It is a runner where there are tests to collect, and the script's body where there are none."""
    assert read("def test_a(): pass\nif __name__ == '__main__':\n    test_a()\n").tests() == ["test_a"]
    assert read("if __name__ == '__main__':\n    assert f()\n").tests() == ["line 2"]


def test_a_runner_is_no_test() -> None:
    """unittest.main() would leave the program."""
    source = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\nunittest.main()\n"
    assert read(source).tests() == ["T.test_a"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("x = = 1\n", "SyntaxError in line 1"),
        ("x = '\0'\n", "not Python"),
        ("async def test_a(): pass\n", "coroutine"),
        ("x = 1\n", "holds no test"),
        ("", "holds no test"),
        ("assert f()\n" * (MAX_TESTS + 1), "more than the 2000"),
    ],
)
def test_what_cannot_be_run_says_why(source: str, problem: str) -> None:
    """A test file that is broken, empty, too long, or that has coroutines for tests has a problem."""
    assert problem in read(source).problem


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("import pytest\nx = f()\nassert x\ndef test_a(): pass\n", ["test_a"]),
        ("from pytest import raises\ndef test_a(): pass\n", ["test_a"]),
        ("def test_a(tmp_path): pass\n", ["test_a"]),
        ("class TestA:\n    def test_a(self, tmp_path): pass\n", ["TestA.test_a"]),
        ("class TestA:\n    def setup_class(cls): pass\n    def test_a(self): pass\n", ["TestA.test_a"]),
        ("def setup_module(): pass\ndef test_a(): pass\n", ["test_a"]),
        ("import pytest\n@pytest.fixture()\ndef test_a(): pass\ndef test_b(test_a): pass\n", ["test_b"]),
        (
            "import pytest\nclass TestA:\n    def __init__(self): pass\n    def test_a(self): pass\nassert 1\n",
            ["line 5"],
        ),
        ("import pytest\nclass TestA(Base):\n    def test_a(self): pass\n", ["TestA.test_a"]),
        ("import pytest\nclass A(TestCase):\n    def test_a(self): pass\n", ["A.test_a"]),
        ("import pytest\nassert f()\n", ["line 2"]),
        ("if f():\n    def test_a():\n        assert g()\n", []),
        ("class A:\n    def test_a(self): pass\nclass TestA(A): pass\n", []),
    ],
)
def test_what_only_pytest_can_run_is_told(source: str, tests: list[str]) -> None:
    """Imports of pytest and fixtures need it; what it would collect is planned, by its rules."""
    found = read(source)
    assert (found.needs_pytest, found.problem, found.tests()) == (True, "", tests)


@pytest.mark.parametrize(
    "source",
    [
        "def test_a(x=1): pass\n",
        "def test_a(f):\n    assert f()\ntest_a(f)\n",
        "class TestA:\n    def setup_method(self): pass\n    def test_a(self): pass\n",
        "class A(unittest.TestCase):\n    @mock.patch('f')\n    def test_a(self, f): pass\n",
        "class TestError(Exception): pass\nif f():\n    def check(): pass\nassert f()\n",
        "class A(unittest.IsolatedAsyncioTestCase):\n    async def test_a(self): pass\n",
    ],
)
def test_what_needs_no_pytest_is_run_without(source: str) -> None:
    """Plain functions and classes, and unittest's, take the quicker way."""
    found = read(source)
    assert (found.needs_pytest, found.problem) == (False, "")
