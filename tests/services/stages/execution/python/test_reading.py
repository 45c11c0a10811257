"""What is read before a candidate runs."""

import pickle

from assay.stage import Candidate, ProgramCase, SourceFile, TestSuite

from services.stages.execution.python.reading import read


def candidate(code: str, *tests: str, specification: str = "") -> Candidate:
    """Return a candidate in one file."""
    suites = tuple(TestSuite((SourceFile("tests.py", text.encode()),)) for text in tests)
    return Candidate((SourceFile("main.py", code.encode()),), "python", tests=suites, specification=specification)


def test_a_reading_can_leave_its_worker() -> None:
    """It is plain data."""
    read_one = read(candidate("def f(): return 1\n", "from main import f\nassert f() == 1\n"))
    assert pickle.loads(pickle.dumps(read_one)) == read_one
    suite = read_one.suites[0]
    assert suite is not None
    assert (len(suite.taken.checks), read_one.definitions, "main" in suite.modules) == (1, {"f": 1}, True)


def test_tests_of_a_later_python_are_read_by_the_harness() -> None:
    """What this interpreter cannot parse is sent as it is, and nothing is taken apart."""
    (suite,) = read(candidate("x = 1\n", "assert f() = 1\n")).suites
    assert suite is not None
    assert (suite.tests, suite.taken.checks, suite.taken.source) == (None, (), b"assert f() = 1\n")


def test_calls_are_made_up_only_where_nothing_else_is_there() -> None:
    """Tests and examples say more."""
    code = "def f(n: int) -> int:\n    return n\n"
    assert [call.function for call in read(candidate(code)).calls] == ["f"]
    assert read(candidate(code, "assert f(1) == 1\n")).calls == ()
    assert read(candidate(code, specification=">>> f(1)\n1\n")).calls == ()


def test_pytest_is_loaded_only_where_something_is_left_for_it() -> None:
    """A file that has checks of pytest's alone needs none once these are taken out; fixtures and marks do."""
    head = "import pytest\nfrom main import f\n"
    plain = "def test_it():\n    with pytest.raises(ValueError):\n        f()\n    assert f() == pytest.approx(2)\n"
    marked = "@pytest.mark.parametrize('n', [1])\ndef test_it(n):\n    assert f(n) == 1\n"
    for tests, needed in (
        (head + plain, False),
        (head + marked, True),
        (head + "def test_it(tmp_path):\n    f()\n", True),
    ):
        (suite,) = read(candidate("def f(n=0): return n\n", tests)).suites
        assert suite is not None
        assert suite.tests is not None
        assert (suite.tests["needs_pytest"], suite.tests["functions"]) == (needed, ["test_it"])


def test_a_suite_of_cases_has_no_file_to_read() -> None:
    """Its place stays empty."""
    cases = TestSuite(cases=(ProgramCase(b"", b""),))
    assert read(Candidate((SourceFile("main.py", b"x = 1\n"),), "python", tests=(cases,))).suites == (None,)


def test_checks_that_are_kept_belong_to_one_suite() -> None:
    """The other suites are taken apart as before."""
    both = candidate("def f(): return 1\n", "assert f() == 1\n", "assert f() == 1\n")
    first, second = read(both, [frozenset({(1, 0)}), frozenset()]).suites
    assert first is not None
    assert second is not None
    assert (len(first.taken.sealed), len(second.taken.sealed)) == (0, 1)
