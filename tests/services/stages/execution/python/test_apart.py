"""What becomes of a test file: what is sent, and what stays."""

import pytest

from services.stages.execution.python.taken import Taken
from tests.services.stages.execution.python.conftest import Apart


def sent(taken: Taken) -> list[str]:
    """Return the lines that are sent, with one name for what tells values."""
    text = taken.source.decode().replace(taken.tell or "?", "tell")
    return [line.strip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("check", "told", "expression"),
    [
        ("assert f(1) == 2", "tell(0, f(1))", "(_assay_0_ == 2)"),
        ("assert 2 == f(1), 'two'", "tell(0, f(1))", "(2 == _assay_0_)"),
        ("assert f(1)", "tell(0, f(1))", "(_assay_0_)"),
        ("assert not f(1)", "tell(0, f(1))", "(not _assay_0_)"),
        ("assert f(1) is None", "tell(0, f(1))", "(_assay_0_ is None)"),
        ("assert 'a' in f(1)", "tell(0, f(1))", "('a' in _assay_0_)"),
        ("assert 1 <= f(1) < 3", "tell(0, f(1))", "(1 <= _assay_0_ < 3)"),
        ("assert abs(f(1) - 1.5) < 1e-6", "tell(0, f(1))", "(abs(_assay_0_ - 1.5) < 1e-6)"),
        ("assert round(f(1), 2) == 1.5", "tell(0, f(1))", "(round(_assay_0_, 2) == 1.5)"),
        ("assert sorted(f(1), key=len) == ['a']", "tell(0, sorted(f(1), key=len))", "(_assay_0_ == ['a'])"),
        ("assert f(1).x[0](2) == 3", "tell(0, f(1).x[0](2))", "(_assay_0_ == 3)"),
        ("assert f(g(1)) == f(2)", "tell(0, f(g(1)), f(2))", "(_assay_0_ == _assay_1_)"),
        ("assert [n.value for n in f(1)] == [1]", "tell(0, [n.value for n in f(1)])", "(_assay_0_ == [1])"),
        ("assert (f(1), f(2)) == (1, 2)", "tell(0, f(1), f(2))", "((_assay_0_, _assay_1_) == (1, 2))"),
        ("assert isinstance(f(1), int)", "tell(0, isinstance(f(1), int))", "(_assay_0_)"),
        ("assert ', '.join(f(1)) == 'a'", "tell(0, f(1))", "(', '.join(_assay_0_) == 'a')"),
        ("assert f(1) == [i * i for i in range(3)]", "tell(0, f(1))", "(_assay_0_ == [i * i for i in range(3)])"),
        ("assert f(1) == {'a': (1, {2})}", "tell(0, f(1))", "(_assay_0_ == {'a': (1, {2})})"),
        ("assert True", "tell(0)", "(True)"),
    ],
)
def test_a_check_is_split(apart: Apart, check: str, told: str, expression: str) -> None:
    """Only what depends on the candidate is sent; what is expected, and the message, stay."""
    taken = apart(f"{check}\n")
    assert sent(taken) == [told]
    assert [each.expression for each in taken.checks] == [expression]
    assert (taken.owners, taken.sealed) == ({"line 1": (0,)}, frozenset({"line 1"}))


@pytest.mark.parametrize(
    "check",
    [
        "assert f(1) == 2 or f(1) == 3",
        "assert f(1) if f(2) else f(3)",
        "assert all(f(x) == y for x, y in [(1, 2)])",
        "assert f(1) is 5",
        "assert type(f(1)) is int",
        "assert f(1) == open('expected').read()",
        "assert f(1) == (lambda: 2)()",
        "assert (x := f(1)) == 2",
        "assert f(1) == ''.__class__",
        "assert f(1) == __import__('os').name",
    ],
)
def test_what_may_not_be_evaluated_or_reaches_further_stays_as_it_is(apart: Apart, check: str) -> None:
    """A call that may not come, identity of values that are copied, and code that does more than compute are left."""
    taken = apart(f"{check}\n")
    assert (taken.checks, taken.tell) == ((), "")


def test_a_name_may_stand_where_it_is_not_always_looked_at(apart: Apart) -> None:
    """Reading a value twice calls nothing twice."""
    taken = apart("_r = f(1)\nassert _r == 3 or (isinstance(3, float) and abs(_r - 3) < 1e-4), _r\n")
    assert sent(taken) == ["_r = f(1)", "tell(0, _r)"]


def test_a_helper_of_the_tests_does_not_decide(apart: Apart) -> None:
    """What the tests' own code makes of a value is told where it is compared with something known, and only there."""
    source = "def close(a, b):\n    return abs(a - b) < 1\ndef items(n):\n    return list(n)\n"
    assert apart(f"{source}assert close(f(1), 2)\n").checks == ()
    assert apart(f"{source}assert f(1) == close(1, 2)\n").checks == ()
    assert len(apart(f"{source}assert items(f(1)) == [1]\n").checks) == 1


def test_what_the_candidate_defines_is_its_own_whatever_its_name(apart: Apart) -> None:
    """A function of the candidate called ``sum`` is no builtin; what it imports is nobody's to decide by."""
    code = "import math, os\nfrom json import dumps\ndef sum(a, b): ...\n"
    taken = apart("assert sum(1, 2) == 3\nassert math.isclose(f(1), 2.0)\nassert dumps(f(1), 'x')\n", code=code)
    assert sent(taken) == ["tell(0, sum(1, 2))", "tell(1, f(1))", "assert dumps(f(1), 'x')"]
    imported = apart("from main import *\nassert sum(1, 2) == 3\nassert area(1) == 3\n", code=code)
    assert sent(imported)[1:] == ["tell(0, sum(1, 2))", "tell(1, area(1))"]


def test_lines_stay_where_they_are(apart: Apart) -> None:
    """A check of several lines leaves room; comments and documentation are gone."""
    source = 'def test_it():\n    """Gives 7."""\n    assert f(\n        1\n    ) == [\n        7,  # seven\n'
    source += "    ]\n    g()  # 8\n"
    taken = apart(source)
    lines = taken.source.decode().split("\n")
    assert lines[2].strip() == f"{taken.tell}(0, f(1))"
    assert lines[7].strip() == "g()"
    assert not {"7", "8", "seven"} & set(taken.source.decode().replace(taken.tell, "").split())


def test_what_is_expected_may_have_a_name(apart: Apart) -> None:
    """A constant that only checks read is not sent; one that calls read as well is, where nothing can change it."""
    taken = apart("WANT = [1, 2]\nN = 3\nassert f(N) == WANT\nassert g() == N\n")
    assert sent(taken) == ["pass", "N = 3", "tell(0, f(N))", "tell(1, g())"]
    assert taken.sealed == {"line 3"}
    assert apart("N = 3\nassert f(N) == N\n").sealed == {"line 2"}


def test_a_value_that_the_candidate_can_change_is_told(apart: Apart) -> None:
    """What was handed over is no longer known outside."""
    taken = apart("data = [3, 1]\nsort(data)\nassert data == [1, 3]\nassert f(data) == data\n")
    assert sent(taken) == ["data = [3, 1]", "sort(data)", "tell(0, data)", "tell(1, f(data), data)"]


def test_a_name_that_is_bound_again_is_what_it_is_at_its_place(apart: Apart) -> None:
    """Each check has the value that its name has there."""
    taken = apart("want = 1\nassert f() == want\nwant = 2\nassert f() == want\n")
    keys = [dict(check.known)["want"] for check in taken.checks]
    assert [taken.bindings[key].expression for key in keys] == ["1", "2"]


def test_what_the_candidate_reads_of_the_tests_is_sent(apart: Apart) -> None:
    """Tests that stand at the end of the code may define what it uses."""
    source = "PI = [3]\nassert area() == PI\n"
    assert sent(apart(source)) == ["pass", "tell(0, area())"]
    assert sent(apart(source, wanted=("PI",)))[0] == "PI = [3]"


def test_a_name_that_functions_share_is_not_known(apart: Apart) -> None:
    """It may have been bound while the tests ran."""
    source = "want = 1\ndef change():\n    global want\n    want = 2\nassert f(change) == want\n"
    assert apart(source).checks == ()


def test_assertions_of_the_tests_own_are_not_unittests(apart: Apart) -> None:
    """A class that defines them says what they mean."""
    source = "import unittest\nfrom main import f\nclass T(unittest.TestCase):\n    def assertEqual(self, a, b): ...\n"
    assert apart(f"{source}    def test_it(self):\n        self.assertEqual(f(), 1)\n").checks == ()


def test_a_function_that_the_file_calls_once_is_one_test(apart: Apart) -> None:
    """A parameter is what it is called with; one that is called twice is left."""
    source = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 3\ncheck(f)\n"
    taken = apart(source)
    assert taken.owners == {"line 4": (0, 1)}
    assert [check.subject for check in taken.checks] == ["f", "f"]
    assert apart(f"{source}check(g)\n").checks == ()


def test_what_is_not_certain_to_be_reached_is_left(apart: Apart) -> None:
    """Branches, loops whose turns are not known, and what comes after a possible return are decided inside."""
    source = (
        "from main import f\ndef test_it():\n    assert f(1) == 1\n    if f(2):\n        assert f(3) == 3\n"
        "    for n in f(4):\n        assert n == 4\n    if f(5):\n        return\n    assert f(6) == 6\n"
    )
    taken = apart(source)
    assert [check.statement for check in taken.checks] == ["assert f(1) == 1"]
    assert (taken.owners, taken.sealed) == ({"test_it": (0,)}, frozenset())


def test_a_function_inside_a_test_may_return(apart: Apart) -> None:
    """It does not end the test."""
    source = "from main import f\ndef test_it():\n    def key(n):\n        return n\n    assert f(key) == 1\n"
    assert apart(source).sealed == {"test_it"}


def test_a_loop_through_known_values_is_gone_through_without_those_that_are_expected(apart: Apart) -> None:
    """Each turn is one check; what only checks read is not sent."""
    taken = apart("for n, want in [(1, [2]), (3, [4])]:\n    assert f(n) == want\n")
    assert sent(taken) == ["for n, want in [(1, None), (3, None)]:", "tell(0, f(n))"]
    (loop,) = taken.loops.values()
    assert (loop.names, loop.turns) == (("n", "want"), 2)


def test_a_test_that_is_to_fail_is_left(apart: Apart) -> None:
    """Whether it fails decides inside how it ends."""
    for mark in ("@pytest.mark.xfail\n", "@unittest.expectedFailure\n"):
        assert (
            apart(f"import pytest, unittest\nfrom main import f\n{mark}def test_it():\n    assert f() == 1\n").checks
            == ()
        )


def test_unittests_assertions_are_checks(apart: Apart) -> None:
    """Methods of a class are tests; what set-up keeps in ``self`` is the candidate's."""
    taken = apart(
        "import unittest\nfrom main import Box\nclass T(unittest.TestCase):\n    def setUp(self):\n"
        "        self.box = Box()\n    def test_it(self):\n        self.assertEqual(self.box.size(), 3)\n"
        "        self.assertAlmostEqual(self.box.weight, 1.5, places=3)\n"
        "        with self.assertRaises(ValueError):\n            self.box.open()\n"
        "        self.assertRaises(KeyError, self.box.get, 1)\n        with self.subTest('in'):\n"
        "            self.assertIn(1, self.box.items)\n"
    )
    assert sent(taken)[6:] == [
        "tell(0, self.box.size())",
        "tell(1, self.box.weight)",
        "with tell.raising(2):",
        "self.box.open()",
        "with tell.raising(3): self.box.get(1)",
        "with self.subTest():",
        "tell(4, self.box.items)",
    ]
    assert [check.types for check in taken.checks if check.types] == [("ValueError",), ("KeyError",)]
    assert taken.sealed == {"T.test_it"}


def test_what_only_describes_a_part_of_a_test_is_not_sent(apart: Apart) -> None:
    """A loop of subtests tells what is expected to nobody."""
    taken = apart(
        "import unittest\nfrom main import f\nclass T(unittest.TestCase):\n    def test_it(self):\n"
        "        for n, want in [(1, 'ab'), (2, 'cd')]:\n            with self.subTest(n=n, want=want):\n"
        "                self.assertEqual(f(n), want)\n"
    )
    assert "ab" not in taken.source.decode()
    assert taken.sealed == {"T.test_it"}


def test_pytests_approx_and_raises_are_checks(apart: Apart) -> None:
    """Exceptions of Python's own are expected outside; those of the candidate are left."""
    taken = apart(
        "import pytest\nfrom main import f, Odd\ndef test_it():\n    assert f() == pytest.approx(1.5)\n"
        "    with pytest.raises((ValueError, KeyError), match='no'):\n        f(1)\n"
        "    with pytest.raises(Odd):\n        f(2)\n"
    )
    assert sent(taken)[3:] == ["tell(0, f())", "with tell.raising(1):", "f(1)", "with pytest.raises(Odd):", "f(2)"]
    check = taken.checks[1]
    assert (check.types, check.match, taken.sealed) == (("ValueError", "KeyError"), "'no'", frozenset())


def test_comparisons_that_stay_keep_both_sides(apart: Apart) -> None:
    """A failing comparison leaves its values in the frame, a passing one nothing; each side is evaluated once."""
    taken = apart("from main import f\nif f:\n    assert f(1) == f(2), 'no'\n")
    calls: list[int] = []

    def call(value: int) -> int:
        calls.append(value)
        return value

    code = compile(taken.source.replace(b"from main import f", b""), "t", "exec")
    names: dict[str, object] = {"f": call}
    with pytest.raises(AssertionError, match="no"):
        exec(code, names)
    assert (names["_assay_left"], names["_assay_right"], calls) == (1, 2, [1, 2])
    names = {"f": lambda _: 1}
    exec(code, names)
    assert names["_assay_left"] is None


def test_checks_that_are_kept_are_left_or_compared_with_more(apart: Apart) -> None:
    """What was no plain data is compared inside, with several values where those can be made."""
    source = "assert f(1) == 2\nassert f(2) == f(3)\nassert f(4) == 5\n"
    taken = apart(source, kept=((1, 0), (2, 0)))
    lines = sent(taken)
    assert lines[0].startswith("tell.among(0, f(1), [")
    assert lines[1].startswith("if True: _assay_left = f(2)")
    assert lines[2] == "tell(1, f(4))"
    assert taken.sealed == {"line 3"}


@pytest.mark.parametrize("source", [b"# coding: latin-1\nassert f() == '\xe4'\n", b"_assay_x = 1\nassert f() == 1\n"])
def test_a_file_that_cannot_be_rewritten_is_sent_as_it_is(apart: Apart, source: bytes) -> None:
    """Another encoding, or names that are ours, leave it alone."""
    assert apart(source.decode("latin-1")).checks == () if b"_assay" in source else True
