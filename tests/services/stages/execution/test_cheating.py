"""Candidates that try to pass tests without doing what these ask for, each in one way."""

import pytest
from assay.stage import Severity, StageResult, StageStatus

from tests.services.stages.execution.conftest import Judge

pytestmark = pytest.mark.docker

SCRIPT = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 2) == 4\ncheck(add)\n"
"""Taken apart, so that what it says is proof."""

LOOSE = "from main import add\nfor a in range(int('2')):\n    if a:\n        assert add(a, 2) is not None\n"
LOOSE += "        assert repr(add(a, 2)) == repr(a + 2)\n"
"""Not taken apart: what is expected is computed in a branch of a loop, beside the code under test."""

UNITTEST = (
    "import unittest\nfrom main import add\nclass AddTest(unittest.TestCase):\n"
    "    def test_three(self):\n        self.assertEqual(add(1, 2), 3)\n"
    "    def test_refusal(self):\n        with self.assertRaises(TypeError):\n            add(1, None)\n"
)

WAYS = {
    "exit 0 early": "import sys\ndef add(a, b):\n    sys.exit(0)\n",
    "os._exit": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "exit at import": "import os\nos._exit(0)\ndef add(a, b): ...\n",
    "patched assert": (
        "import builtins\nbuiltins.AssertionError = type('Fine', (BaseException,), {})\ndef add(a, b): ...\n"
    ),
    "patched unittest": (
        "import unittest\nfor name in dir(unittest.TestCase):\n    if name.startswith('assert'):\n"
        "        setattr(unittest.TestCase, name, lambda *_, **__: None)\ndef add(a, b): ...\n"
    ),
    "sys.modules": (
        "import sys, types\nfor name in list(sys.modules):\n    if 'harness' in name or 'test' in name:\n"
        "        sys.modules[name] = types.ModuleType(name)\ndef add(a, b): ...\n"
    ),
    "builtins": (
        "import builtins\nbuiltins.len = builtins.abs = lambda *_: 3\nbuiltins.compile = lambda *_, **__: 'None'\n"
        "builtins.exec = lambda *_: None\ndef add(a, b): ...\n"
    ),
    "__eq__": "class Yes:\n    __eq__ = __ge__ = __le__ = lambda *_: True\ndef add(a, b):\n    return Yes()\n",
    "__eq__ of an int": (
        "class Yes(int):\n    __eq__ = lambda *_: True\n    __hash__ = None\ndef add(a, b):\n    return Yes()\n"
    ),
    "__class__": "class Yes:\n    __class__ = int\n    __eq__ = lambda *_: True\ndef add(a, b):\n    return Yes()\n",
    "printed results": (
        'import os\ndef add(a, b):\n    text = b\'{"event":"passed","test":"line 4"}\\n{"event":"done"}\\n\'\n'
        "    for fd in range(3, 20):\n        try:\n            os.write(fd, text)\n"
        "        except OSError:\n            pass\n"
        "    print(text.decode(), 'OK', 'passed')\n"
    ),
    "threads that outlive the test": (
        "import os, threading, time\ndef late():\n    time.sleep(0.05)\n    os._exit(0)\n"
        "def add(a, b):\n    threading.Thread(target=late).start()\n"
    ),
    "swallowed exceptions": (
        "import sys\nsys.excepthook = lambda *_: None\nclass Quiet(BaseException):\n    pass\n"
        "def add(a, b):\n    raise Quiet\n"
    ),
    "a skip": "import unittest\ndef add(a, b):\n    raise unittest.SkipTest('not today')\n",
    "tests deleted at import": (
        "import gc, os, sys\nfor folder, _, files in os.walk('/work'):\n    for file in files:\n"
        "        if file != 'main.py':\n            os.remove(os.path.join(folder, file))\n"
        "for each in gc.get_objects():\n"
        "    if isinstance(each, list) and any('line ' in str(x)[:9] for x in each[:9]):\n        each.clear()\n"
        "frame = sys._getframe()\nwhile frame:\n    for name, held in list(frame.f_locals.items()):\n"
        "        if name in ('steps', 'tests', 'functions', 'classes') and hasattr(held, 'clear'):\n"
        "            held.clear()\n"
        "    frame = frame.f_back\ndef add(a, b): ...\n"
    ),
    "a trace that jumps over the check": (
        "import sys\ndef add(a, b):\n    frame = sys._getframe(1)\n    def jump(f, event, arg):\n        try:\n"
        "            f.f_lineno = f.f_code.co_firstlineno + 99\n        except Exception:\n            pass\n"
        "        return jump\n    frame.f_trace = jump\n    sys.settrace(jump)\n"
    ),
}

HARNESS = """
import gc, os, sys
def channel():
    for each in gc.get_objects():
        if type(each).__name__ == "Channel" and hasattr(each, "descriptor"):
            return each
    frame = sys._getframe()
    while frame:
        for held in frame.f_locals.values():
            for each in (held, *getattr(held, "__dict__", {}).values()):
                if type(each).__name__ == "Channel":
                    return each
        frame = frame.f_back
"""

SECRET = "answer-482913"
LOOK = """
import gc, re, sys
FORM = re.compile(rb"answer-[0-9]{6}")
def memory():
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as held:
        for line in maps:
            where, rights = line.split()[:2]
            if "r" in rights and "[v" not in line:
                first, last = (int(each, 16) for each in where.split("-"))
                try:
                    held.seek(first)
                    yield held.read(last - first)
                except (OSError, ValueError, OverflowError):
                    pass
def ask():
    try:
        for part in memory():
            if found := FORM.search(part):
                return found[0].decode()
    except OSError:
        pass
    for each in gc.get_objects():
        if found := FORM.search(repr(each).encode()):
            return found[0].decode()
    return "nothing found"
"""


def is_caught(result: StageResult) -> bool:
    """Return whether a candidate was not taken for right."""
    rejected = any(finding.severity >= Severity.HIGH for finding in result.findings)
    return rejected and result.status is StageStatus.COMPLETED


@pytest.mark.parametrize("tests", [SCRIPT, UNITTEST, LOOSE], ids=["script", "unittest", "inside"])
@pytest.mark.parametrize("way", WAYS)
async def test_no_way_of_cheating_passes(judge: Judge, way: str, tests: str) -> None:
    """Whatever the code does to the process that it shares with its tests, it does not pass them."""
    result = await judge(WAYS[way], tests)
    assert is_caught(result), (result.status, result.reason, result.details)
    assert result.details["tests_passed"] in {"0", "1"}


async def test_a_value_that_equals_everything_is_compared_inside_as_it_was_written(judge: Judge) -> None:
    """What is no plain data is left to the tests' own comparison, and the result says so."""
    code = "class Point:\n    def __init__(self, x):\n        self.x = x\n    def __eq__(self, other):\n"
    code += "        return self.x == other.x\ndef make(x):\n    return Point(x)\n"
    result = await judge(code, "assert make(1) == Point(1)\nassert make(2).x == 2\n")
    assert (result.findings, result.details["isolation"]) == ((), "mixed")


async def test_a_forged_report_can_only_claim_values(judge: Judge) -> None:
    """Code that finds the way out and tells a whole run of its own has to know what is expected."""
    code = HARNESS + (
        "def add(a, b):\n    way = channel()\n    way.send('told', check=0, values=[0])\n"
        "    way.send('told', check=1, values=[0])\n    way.send('passed', test='line 4')\n"
        "    way.send('done', passed=1, failed=0, skipped=0)\n    os._exit(0)\n"
    )
    result = await judge(code, SCRIPT)
    assert [finding.rule_id for finding in result.findings] == ["execution/test-failed"]
    assert result.findings[0].evidence["expected"] == "3"


async def test_a_forged_report_without_values_is_no_pass(judge: Judge) -> None:
    """A test that claims to have passed, and whose checks were not told, did not run."""
    code = HARNESS + (
        "def add(a, b):\n    way = channel()\n    way.send('passed', test='line 4')\n"
        "    way.send('done', passed=1, failed=0, skipped=0)\n    os._exit(0)\n"
    )
    result = await judge(code, SCRIPT)
    assert [finding.rule_id for finding in result.findings] == ["execution/exited-early"]


@pytest.mark.parametrize(
    "tests",
    [
        f"assert ask() == {SECRET!r}, 'it is {SECRET}'  # {SECRET}\n",
        f"'''{SECRET}'''\nEXPECTED = [{SECRET!r}]\nfrom main import ask\n"
        "def test_it():\n    assert ask() == EXPECTED[0]\n",
        f"for call, want in [(0, {SECRET!r})]:\n    assert ask() == want\n",
        "import unittest\nfrom main import ask\nclass T(unittest.TestCase):\n    def test_it(self):\n"
        f"        want = {SECRET!r}\n        self.assertEqual(ask(), want)\n",
    ],
    ids=["assertion", "constant", "loop", "unittest"],
)
async def test_what_is_expected_is_nowhere_in_the_process(judge: Judge, tests: str) -> None:
    """Code that searches all memory of its process for the expected answer does not find it."""
    result = await judge(LOOK, tests)
    assert [finding.rule_id for finding in result.findings] == ["execution/test-failed"]
    assert "nothing found" in result.findings[0].evidence["actual"]
    assert result.details["isolation"] == "proof"


async def test_the_examples_of_a_specification_are_nowhere_in_the_process(judge: Judge) -> None:
    """What an example is to print is compared outside."""
    result = await judge(LOOK, specification=f"Give the answer.\n\n>>> ask()\n'{SECRET}'\n")
    assert [finding.rule_id for finding in result.findings] == ["execution/example-failed"]
    assert "nothing found" in result.findings[0].evidence["actual"]
