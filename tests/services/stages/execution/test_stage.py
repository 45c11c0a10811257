"""What the stage says about candidates, through a real sandbox."""

import pytest
from assay.stage import Category, Finding, Severity, Stage, StageStatus, TestFramework

from tests.services.stages.execution.conftest import Context, Judge, candidate

pytestmark = pytest.mark.docker

ADD = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
TWO = "assert add(1, 2) == 3\nassert add(2, 2) == 4\n"
UNITTEST = (
    "import unittest\nfrom main import add\n"
    "class AddTest(unittest.TestCase):\n"
    "    def test_three(self):\n        self.assertEqual(add(1, 2), 3)\n"
    "    @unittest.skip('later')\n    def test_skipped(self):\n        self.fail()\n"
    "if __name__ == '__main__':\n    unittest.main()\n"
)


async def only(judge: Judge, *arguments: str | dict[str, str], **fields: object) -> Finding:
    """Return the one finding of a candidate that could be judged."""
    result = await judge(*arguments, **fields)
    assert result.status is StageStatus.COMPLETED
    (finding,) = result.findings
    return finding


async def test_tests_that_pass_pass(judge: Judge) -> None:
    """Right code has no finding, and the figures say what was run."""
    result = await judge(ADD, TWO)
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    assert result.details["tests_passed"] == result.details["tests_total"] == "2"
    assert (result.details["outcome"], result.details["isolation"]) == ("OK", "proof")


async def test_a_failed_assertion_tells_both_sides(judge: Judge) -> None:
    """Each failed assertion is a finding with what was got and what was expected, at the function that was called."""
    result = await judge(
        WRONG, "def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)\nassert 4 == add(2, 2)\n"
    )
    assert [finding.rule_id for finding in result.findings] == ["execution/test-failed"] * 2
    assert [(f.evidence["actual"], f.evidence["expected"]) for f in result.findings] == [("-1", "3"), ("0", "4")]
    assert all(f.location is not None and f.location.start_line == 1 for f in result.findings)


@pytest.mark.parametrize(
    "tests",
    [
        UNITTEST,
        "from main import add\ndef test_three():\n    assert add(1, 2) == 3\n",
        "import main\nclass TestAdd:\n    def test_three(self):\n        assert main.add(1, 2) == 3\n",
        "def test_three():\n    assert add(1, 2) == 3\ntest_three()\n",
    ],
    ids=["unittest", "functions", "plain class", "called"],
)
async def test_every_way_to_write_tests(judge: Judge, tests: str) -> None:
    """unittest classes, test functions and classes, and scripts are found, pass for right code and fail for wrong."""
    right = await judge(ADD, tests)
    assert (right.findings, right.details["tests_passed"]) == ((), "1")
    assert (await only(judge, WRONG, tests)).rule_id == "execution/test-failed"


async def test_assertions_can_be_forced_into_the_candidates_namespace(judge: Judge) -> None:
    """A script stands as if appended, so what it defines is the candidate's too."""
    code = "def area(r):\n    return PI * r\n"
    assert (await judge(code, "PI = 3\nassert area(2) == 6\n", framework=TestFramework.ASSERTS)).findings == ()


async def test_each_suite_is_run_by_itself(judge: Judge) -> None:
    """What one suite leaves behind is not there in the next, and all figures add up."""
    code = "import os\nseen = []\ndef count():\n    seen.append(1)\n    open('left', 'a').write('x')\n"
    code += "    return len(seen), len(open('left').read())\n"
    result = await judge(code, "assert count() == (1, 1)\n", "assert count() == (1, 1)\n")
    assert (result.findings, result.details["tests_passed"]) == ((), "2")


@pytest.mark.parametrize(
    "leaving",
    [
        "import sys; sys.exit(0)",
        "raise SystemExit",
        "import os; os._exit(0)",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.kill(os.getpid(), 9)",
        "import threading, os, time; threading.Thread(target=os._exit, args=(0,)).start(); time.sleep(5)",
        "import os; [os.write(fd, b'\\n' + b'0' * 32 + b' {\"event\":\"done\"}\\n') for fd in (1, 2)]; os._exit(0)",
        "import functools, sys; functools.partial(sys.exit, 0)()",
    ],
)
@pytest.mark.parametrize("place", ["import", "call"])
async def test_leaving_early_is_never_a_pass(judge: Judge, leaving: str, place: str) -> None:
    """Whatever road the program takes out, at import or in a call, the tests that did not end are told."""
    body = f"if True:\n    {leaving}\n" if place == "import" else ""
    result = await judge(f"{body}def add(a, b):\n    {leaving}\n", TWO)
    assert result.status is StageStatus.COMPLETED
    assert {finding.rule_id for finding in result.findings} <= {"execution/exited-early", "execution/crashed"}
    assert any(finding.severity is Severity.HIGH for finding in result.findings)
    assert result.details["tests_passed"] == "0"


@pytest.mark.parametrize(
    ("trick", "rule"),
    [
        ("import atexit, os\natexit.register(os._exit, 0)\n", "execution/test-failed"),
        ("import sys\nsys.excepthook = lambda *_: None\n", "execution/test-failed"),
        ("import builtins\nbuiltins.AssertionError = SystemExit\n", "execution/replaced-builtins"),
        ("import unittest\nunittest.TestCase.assertEqual = print\n", "execution/replaced-builtins"),
        ("import unittest\nunittest.TestLoader.getTestCaseNames = lambda *_: []\n", "execution/exited-early"),
        ("import unittest\nunittest.TestSuite.run = lambda *_: None\n", "execution/exited-early"),
    ],
)
async def test_tricks_are_seen(judge: Judge, trick: str, rule: str) -> None:
    """Exit handlers and hooks change nothing; replaced builtins, assertions and runners are told."""
    result = await judge(trick + WRONG, UNITTEST)
    assert rule in {finding.rule_id for finding in result.findings if finding.severity is Severity.HIGH}


async def test_a_candidate_cannot_skip_the_tests(judge: Judge) -> None:
    """A skip counts where the tests ask for it; tests that are all skipped are no pass."""
    cheat = "import unittest\ndef add(a, b):\n    raise unittest.SkipTest\n"
    assert (await only(judge, cheat, UNITTEST)).rule_id == "execution/test-error"
    result = await judge(ADD, UNITTEST.replace("class", "@unittest.skip('because')\nclass"))
    assert result.status is StageStatus.SKIPPED
    assert "because" in result.reason


async def test_what_defines_a_test_is_the_tests_own(judge: Judge) -> None:
    """A test that the candidate puts its own function in the place of is told, though it passes."""
    code = "import sys\ndef add(a, b):\n    sys._getframe(1).f_globals['test_three'] = print\n"
    tests = "from main import add\ndef test_three():\n    assert add(1, 2) == 3\nfirst = add(1, 2)\n"
    rules = {finding.rule_id for finding in (await judge(code, tests)).findings if finding.severity is Severity.HIGH}
    assert rules == {"execution/replaced-builtins", "execution/exited-early"}


async def test_the_tests_are_nowhere_to_be_read(judge: Judge) -> None:
    """The candidate finds its own file in its folder, an empty standard input, and no trace of the tests."""
    code = "import os, sys\ndef look():\n    return sorted(os.listdir('.')), sys.stdin.read(), sys.argv\n"
    result = await judge(code, "assert look() == (['main.py'], '', ['/work/main.py'])\n")
    assert result.findings == ()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("x = []\n    while True:\n        x.append('x' * 1000000 + str(len(x)))", "execution/memory-limit"),
        ("while True:\n        print('x' * 100000)", "execution/output-limit"),
        ("import ctypes; ctypes.string_at(0)", "execution/crashed"),
        ("return add(a, b)", "execution/test-error"),
        ("return a + missing", "execution/test-error"),
        ("return a + open('no-such-file').read()", "execution/test-error"),
    ],
)
async def test_what_went_wrong_is_named(judge: Judge, body: str, rule: str) -> None:
    """Limits, crashes and exceptions each have their rule, and name the test."""
    finding = await only(judge, f"def add(a, b):\n    {body}\n", "assert add(1, 2) == 3\n")
    assert (finding.rule_id, finding.severity, finding.category) == (rule, Severity.HIGH, Category.RUNTIME)
    assert finding.evidence["test"] == "line 1"


async def test_an_endless_loop_is_named_with_its_line(judge: Judge) -> None:
    """A loop without end is a time limit at the line where the program stood, and no other suite is waited for."""
    result = await judge("def add(a, b):\n    while True:\n        a += b\n", TWO, TWO)
    (finding,) = result.findings
    assert (finding.rule_id, finding.evidence["test"]) == ("execution/time-limit", "line 1")
    assert finding.location is not None
    assert finding.location.start_line in {2, 3}
    assert result.details["tests_total"] == "2"


async def test_an_exception_has_the_candidates_line(judge: Judge) -> None:
    """The deepest line of the candidate is told, though the standard library raised."""
    finding = await only(judge, "import json\ndef add(a, b):\n    return json.loads('{')\n", "assert add(1, 2) == 3\n")
    assert (finding.rule_id, finding.evidence["exception"]) == ("execution/test-error", "JSONDecodeError")
    assert finding.location is not None
    assert finding.location.start_line == 3


async def test_an_import_that_fails(judge: Judge) -> None:
    """Code that cannot be imported is told with its line, with or without tests."""
    for tests in ((), (TWO,)):
        finding = await only(judge, f"from json import nope\n{ADD}", *tests)
        assert (finding.rule_id, finding.severity) == ("execution/import-error", Severity.HIGH)
        assert finding.location is not None
        assert finding.location.start_line == 1


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (f"import no_such_package\n{ADD}", "execution/missing-module"),
        (f"from . import sibling\n{ADD}", "execution/missing-module"),
        (f"import os\nKEY = os.environ['NO_SUCH_KEY']\n{ADD}", "execution/environment"),
        (f"data = open('no-such-file').read()\n{ADD}", "execution/environment"),
        (f"name = input()\n{ADD}", "execution/environment"),
        ("def add(a, b):\n    import no_such_package\n", "execution/missing-module"),
        ("import socket\ndef add(a, b):\n    socket.create_connection(('192.0.2.1', 80))\n", "execution/environment"),
    ],
)
async def test_what_the_environment_lacks_leaves_the_tests_open(judge: Judge, code: str, rule: str) -> None:
    """Missing here is not wrong: the stage is skipped with the reason, and the finding only informs."""
    result = await judge(code, "assert add(1, 2) == 3\n")
    assert result.status is StageStatus.SKIPPED
    assert result.reason
    assert [(finding.rule_id, finding.severity) for finding in result.findings] == [(rule, Severity.INFO)]


@pytest.mark.parametrize(
    "tests", ["assert sub(1, 2) == 3\n", "from main import sub\n" + TWO, "import main\nmain.sub(1)\n"]
)
async def test_a_function_that_is_not_there(judge: Judge, tests: str) -> None:
    """What the tests ask of the candidate is the candidate's to have."""
    finding = await only(judge, ADD, tests)
    assert (finding.rule_id, finding.severity) == ("execution/missing-name", Severity.HIGH)


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("from solution import add\n" + TWO, "solution"),
        ("from main import add\nassert add(1, 2) == helper()\n", "helper"),
        ("assert add(1, 2) = 3\n", "not Python"),
        ("# nothing here\n", "holds no test"),
    ],
)
async def test_tests_that_cannot_run_say_nothing_about_the_code(judge: Judge, tests: str, reason: str) -> None:
    """A fault of the tests is told as theirs, and the stage is skipped."""
    result = await judge(ADD, tests)
    assert (result.status, result.findings) == (StageStatus.SKIPPED, ())
    assert reason in result.reason


@pytest.mark.parametrize(
    ("files", "entry_point", "tests"),
    [
        (
            {"pkg/__init__.py": "", "pkg/mod.py": "from .other import add\n", "pkg/other.py": ADD},
            "pkg/mod.py",
            "pkg.mod",
        ),
        ({"src/area.py": "from other import add\n", "src/other.py": ADD}, "src/area.py", "area"),
        ({"random.py": ADD}, "random.py", "random"),
    ],
)
async def test_candidates_of_several_files(judge: Judge, files: dict[str, str], entry_point: str, tests: str) -> None:
    """The entry point is known to the tests by its module name, in packages and in folders."""
    result = await judge(files, f"from {tests} import add\n{TWO}", entry_point=entry_point)
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())


async def test_a_main_block_is_not_run(judge: Judge) -> None:
    """Importing a script does not start it."""
    assert (await judge(f"{ADD}if __name__ == '__main__':\n    raise ValueError\n", TWO)).findings == ()


async def test_a_script_may_end_by_itself(judge: Judge) -> None:
    """Without tests a program that ends by sys.exit has done nothing wrong."""
    finding = await only(judge, "import sys\nprint('hello')\nsys.exit(2)\n")
    assert (finding.rule_id, finding.severity) == ("execution/exits-on-import", Severity.INFO)


async def test_threads_and_children_left_behind_do_not_matter(judge: Judge) -> None:
    """A thread that never ends and a child that returns into the harness keep nothing from its end."""
    code = "import os, threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    code += "def add(a, b):\n    os.fork()\n    return a + b\n"
    result = await judge(code, TWO)
    assert (result.findings, result.details["tests_passed"]) == ((), "2")


async def test_examples_are_run(judge: Judge) -> None:
    """Examples of docstrings and of the specification are run where they can be."""
    code = 'def add(a, b):\n    """\n    >>> add(1, 2)\n    3\n    """\n    return a {} b\n'
    assert (await judge(code.format("+"))).details["tests_passed"] == "1"
    own = await only(judge, code.format("-"))
    assert (own.rule_id, own.severity) == ("execution/doctest-failed", Severity.MEDIUM)
    asked = await only(judge, WRONG, specification="Add two numbers:\n\n>>> add(1, 2)\n3\n")
    assert (asked.rule_id, asked.severity) == ("execution/example-failed", Severity.HIGH)
    assert asked.category is Category.SPECIFICATION


async def test_how_much_of_the_code_ran_is_told(judge: Judge) -> None:
    """Lines count once; functions that nothing called are named."""
    code = f"{ADD}def sub(a, b):\n    if a:\n        return a - b\n    return -b\n"
    code += "class Box:\n    def open(self):\n        pass\n"
    result = await judge(code, "assert add(1, 2) == 3\nassert sub(1, 1) == 0\n")
    assert (result.details["lines_covered"], result.details["lines_total"]) == ("7", "9")
    assert result.details["functions_not_called"] == "Box.open"


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("0 * random.random()", []),
        ("{'x', 'y', 'z', str(b)}", []),
        ("random.random()", ["execution/not-deterministic"]),
        ("list({'x', 'y', 'z', 'v', 'w', str(b)})", ["execution/not-deterministic"]),
    ],
)
async def test_determinism_is_checked_where_it_is_asked_for(execution: Stage, value: str, rules: list[str]) -> None:
    """Values that are others in a second run are a finding of MEDIUM, whatever the tests say of them."""
    code = f"import random\ndef add(a, b):\n    return {value} if b else a\n"
    tests = "assert add(1, 0) == 1\nassert add(0, 1) is not None\n"
    result = await execution.run(candidate(code, tests), Context(check_determinism=True))
    assert [(finding.rule_id, finding.severity) for finding in result.findings] == [
        (rule, Severity.MEDIUM) for rule in rules
    ]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("return sum(prices)", []),
        ("return prices.sum()", ["execution/call-failed"]),
        ("return total + sum(prices)", ["execution/call-failed"]),
        ("raise ValueError(prices)", []),
        ("raise TypeError(prices)", []),
        ("import re\n    return float(re.match('x', str(prices)).group())", []),
        ("while True: pass", []),
        ("import os\n    os.abort()", []),
        ("return open('x').read()", []),
    ],
)
async def test_code_without_tests_is_called_by_its_types(judge: Judge, body: str, rules: list[str]) -> None:
    """Only what the code itself does wrong with values of its own types is told, and never as more than MEDIUM."""
    result = await judge(f"def total(prices: list[float]) -> float:\n    {body}\n")
    assert result.status is StageStatus.COMPLETED
    assert [(finding.rule_id, finding.severity) for finding in result.findings] == [
        (rule, Severity.MEDIUM) for rule in rules
    ]
    assert result.details.get("proved", "nothing") == "nothing"


async def test_a_call_says_that_it_proves_nothing(judge: Judge) -> None:
    """The functions that were called are named; where there are tests or examples none is."""
    code = "def area(radius: float) -> float:\n    return 3 * radius * radius\n"
    called = await judge(code)
    assert (called.details["smoke_called"], called.details["proved"]) == ("area", "nothing")
    assert "smoke_called" not in (await judge(code, "assert area(1.0) == 3.0\n")).details


@pytest.mark.parametrize(
    ("code", "tests", "isolation"),
    [
        (
            "from decimal import Decimal\ndef add(a, b):\n    return Decimal(a + b)\n",
            "assert add(1, 2) == 3\n",
            "proof",
        ),
        ("def add(a, b):\n    return (a + b for _ in '1')\n", "assert list(add(1, 2)) == [3]\n", "proof"),
        (
            "class Sum:\n    def __init__(self, n): self.n = n\n    def __eq__(self, other): return self.n == other\n"
            "def add(a, b):\n    return Sum(a + b)\n",
            "assert add(1, 2) == 3\n",
            "resistant",
        ),
        ("def add(a, b):\n    return [a + b] * 30_000\n", "assert add(1, 2) == [3] * 30_000\n", "resistant"),
        (ADD, "for a, b, want in [(1, 2, 3), (2, 2, 4)]:\n    assert add(a, b) == want\n", "proof"),
        (ADD, "from main import *\nassert add(1, 2) == 3\nif add(1, 1):\n    assert add(2, 2) == 4\n", "mixed"),
    ],
    ids=["decimal", "generator", "object", "large", "loop", "branch"],
)
async def test_right_values_pass_however_they_are_compared(judge: Judge, code: str, tests: str, isolation: str) -> None:
    """Plain data outside, the rest inside; the result says which."""
    result = await judge(code, tests)
    assert (result.status, result.findings, result.details["isolation"]) == (StageStatus.COMPLETED, (), isolation)
    wrong = await judge(code.replace("a + b", "a - b"), tests)
    assert {finding.rule_id for finding in wrong.findings} == {"execution/test-failed"}


async def test_tests_may_import_from_the_future(judge: Judge) -> None:
    """Their documentation goes, and what must stand after it still does."""
    tests = '"""Says 3."""\nfrom __future__ import annotations\nfrom main import add\ndef test_it(n: Unknown = 3):\n'
    tests += '    """Gives 3."""\n    assert add(1, 2) == n\n    assert add(1, 2) == 3\n'
    result = await judge(ADD, tests)
    assert (result.status, result.findings, result.details["tests_passed"]) == (StageStatus.COMPLETED, (), "1")
