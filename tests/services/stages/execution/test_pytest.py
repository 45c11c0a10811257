"""Suites that only pytest can run, through a real sandbox: what works, and what a candidate cannot cheat with."""

import pytest
from assay.stage import Candidate, Severity, SourceFile, Stage, StageResult, StageStatus, TestSuite

from tests.services.stages.execution.conftest import Context, Judge

pytestmark = pytest.mark.docker

ADD = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
TESTS = """
import pytest
from main import add

@pytest.mark.parametrize("b, expected", [(2, 3), (3, 4)])
def test_cases(b, expected):
    assert add(1, b) == expected

def test_about():
    assert add(2, 2) == pytest.approx(4)

def test_refusal():
    with pytest.raises(TypeError):
        add(1, 2) and add(None, 1)
"""
WHOLE = """
import unittest
import pytest
from main import add, ask

events = []

def setup_module(module):
    module.started = True

@pytest.fixture(scope="module")
def numbers():
    events.append("set up")
    yield [1, 2]
    events.append("torn down")

@pytest.fixture(autouse=True)
def noted(request):
    events.append(request.node.name)

@pytest.fixture(params=[1, 2], ids=["one", "two"])
def test_number(request):
    return request.param

def test_scopes(numbers, noted, test_number):
    assert started
    assert add(test_number, numbers[0]) == test_number + 1

def test_once(numbers):
    assert events.count("set up") == 1

def test_builtin_fixtures(tmp_path, monkeypatch, capsys, caplog, recwarn):
    (tmp_path / "file").write_text("3")
    monkeypatch.setattr("builtins.input", lambda _: (tmp_path / "file").read_text())
    print(ask())
    assert capsys.readouterr().out == "3\\n"

@pytest.mark.skip(reason="later")
def test_skipped():
    assert False

def test_skips_itself():
    pytest.skip("not here")

@pytest.mark.xfail
def test_expected_to_fail():
    assert add(1, 1) == 3

@pytest.mark.slow
@pytest.mark.usefixtures("numbers")
class TestClass:
    @classmethod
    def setup_class(cls):
        cls.start = 1

    def setup_method(self, method):
        self.name = method.__name__

    @pytest.mark.parametrize("other", [1, pytest.param(2, id="two")])
    def test_method(self, other):
        assert add(self.start, other) == 1 + other
        assert self.name == "test_method"

class TestOuter:
    class TestInner:
        def test_inner(self, shared):
            assert add(1, 2) == shared

class TestNot:
    def __init__(self, value):
        self.value = value

    def test_not(self):
        assert False

class Case(unittest.TestCase):
    def setUp(self):
        self.three = 3

    def test_case(self):
        with self.subTest():
            self.assertEqual(add(1, 2), self.three)

    @unittest.skip("later")
    def test_skipped_case(self):
        self.fail()
"""


def in_call(cheat: str) -> str:
    """Return wrong code that tries something each time it is called."""
    return f"def add(a, b):\n    {cheat.replace(chr(10), chr(10) + '    ')}\n    return a - b\n"


def told(result: StageResult) -> set[str]:
    """Return the rules of the findings that decide."""
    return {finding.rule_id for finding in result.findings if finding.severity >= Severity.HIGH}


async def test_what_pytest_users_write_works(execution: Stage) -> None:
    """Fixtures of every scope, parameters, marks, classes, unittest's cases and a conftest.py that came with them."""
    beside = SourceFile("conftest.py", b"import pytest\n@pytest.fixture\ndef shared():\n    return 3\n")
    files = (
        SourceFile("main.py", f"{ADD}def ask():\n    return input('? ')\n".encode()),
        SourceFile("conftest.py", b"raise SystemExit\n"),
        SourceFile("pytest.ini", b"[pytest]\naddopts = --collect-only\n"),
        SourceFile("setup.cfg", b"[tool:pytest]\naddopts = --collect-only\n"),
        SourceFile("evil.dist-info/entry_points.txt", b"[pytest11]\nevil = conftest\n"),
    )
    suite = TestSuite((SourceFile("test_it.py", WHOLE.encode()), beside))
    result = await execution.run(Candidate(files, "python", entry_point="main.py", tests=(suite,)), Context())
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    counts = [result.details[f"tests_{name}"] for name in ("total", "passed", "failed", "skipped")]
    assert counts == ["12", "8", "0", "4"]


async def test_each_case_that_fails_is_told(judge: Judge) -> None:
    """A parametrised case has its own finding, with both sides and the function that was called."""
    result = await judge(WRONG, TESTS)
    assert [finding.evidence["test"] for finding in result.findings] == [
        "test_cases[2-3]",
        "test_cases[3-4]",
        "test_about",
    ]
    first = result.findings[0]
    assert (first.rule_id, first.evidence["actual"], first.evidence["expected"]) == ("execution/test-failed", "-1", "3")
    assert first.location is not None
    assert first.location.start_line == 1
    missing = await judge("def add(a, b):\n    return (a or 0) + b\n", TESTS)
    assert [finding.message for finding in missing.findings] == ["test_refusal fails: TypeError is not raised."]


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        (ADD, "import pytest\nfrom main import *\n@pytest.fixture\ndef one():\n    return 1\ndef test(one):\n"),
        (ADD, "def test(tmp_path):\n    one = 1\n"),
        (ADD, "one = 1\nif one:\n  def test():\n"),
        ("try:\n    import pytest\nexcept ImportError:\n" + f"    {ADD}".replace("\n", "\n    "), ""),
    ],
    ids=["star", "candidate's namespace", "in a block", "no pytest for the candidate"],
)
async def test_names_come_from_where_they_should(judge: Judge, code: str, tests: str) -> None:
    """Tests that import nothing stand in the candidate's namespace; the candidate itself can import no pytest."""
    tests = tests or "import pytest\ndef test():\n    one = 1\n"
    assert (await judge(code, f"{tests}    assert add(one, 2) == 3\n")).details["tests_passed"] == "1"


async def test_a_script_may_use_pytest(judge: Judge) -> None:
    """Statements of the top level are the tests where there is no other."""
    script = "import pytest\nfrom main import add\nwith pytest.raises(TypeError):\n    add(None, 1)\n"
    assert (await judge(ADD, f"{script}assert add(1, 2) == 3\n")).details["tests_passed"] == "2"
    assert told(await judge("def add(a, b):\n    return 3\n", script)) == {"execution/test-failed"}


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        (
            "pytestmark = pytest.mark.skip(reason='because')\ndef test():\n    assert add(1, 2)\n",
            "all skipped: because",
        ),
        ("pytest.skip('because', allow_module_level=True)\ndef test():\n    pass\n", "skip themselves: because"),
        ("if not add:\n    def test():\n        pass\n", "pytest finds none"),
        ("import numpy\ndef test():\n    pass\n", "needs numpy"),
        ("numpy = pytest.importorskip('numpy')\ndef test():\n    pass\n", "could not import 'numpy'"),
        ("def test(mocker):\n    assert add(1, 2)\n", "the fixture mocker"),
        ("@pytest.mark.parametrize('a', [1])\ndef test(b):\n    pass\n", "the collection raises"),
        ("async def test():\n    assert add(1, 2)\n", "coroutine"),
        ("class Test:\n    async def test(self):\n        assert add(1, 2)\n", "coroutine"),
        ("@pytest.mark.parametrize('a', range(3000))\ndef test(a):\n    pass\n", "3000 tests"),
        (
            "class Test:\n    def test(self):\n        pass\nTest.__test__ = False\n",
            "does not take Test.test for a test",
        ),
    ],
)
async def test_tests_that_do_not_run_are_no_pass(judge: Judge, tests: str, reason: str) -> None:
    """Skipped by their own will, or not runnable here: the stage is skipped and says why."""
    result = await judge(WRONG, f"import pytest\nfrom main import add\n{tests}")
    assert (result.status, result.findings) == (StageStatus.SKIPPED, ())
    assert reason in result.reason


@pytest.mark.parametrize(
    "cheat",
    [
        "import pytest; pytest.skip('no')",
        "import pytest; pytest.xfail('no')",
        "import unittest; raise unittest.SkipTest",
        "import pytest\nclass Mine(pytest.skip.Exception):\n    __traceback__ = None\nraise Mine('no')",
        "import pytest; pytest.exit('no', returncode=0)",
        "raise KeyboardInterrupt",
        "raise SystemExit",
        "import os; os._exit(0)",
    ],
)
async def test_no_call_skips_or_ends_a_test(judge: Judge, cheat: str) -> None:
    """A skip, an expected failure or an end that the candidate asks for is a failure, in unittest's cases too."""
    tests = "import unittest, pytest\nfrom main import add\nclass Case(unittest.TestCase):\n    def test(self):\n"
    tests += f"        self.assertEqual(add(1, 2), 3)\n{TESTS}"
    result = await judge(in_call(cheat), tests)
    assert result.status is StageStatus.COMPLETED
    assert (result.details["tests_passed"], result.details["tests_skipped"]) == ("0", "0")
    assert told(result) <= {"execution/test-error", "execution/exited-early"}
    assert told(result)


@pytest.mark.parametrize(
    ("trick", "replaced"),
    [
        ("import sys\nsys.modules['pytest'] = sys\n", "pytest"),
        ("import sys\nsys.path.insert(0, '/opt/assay/pytest')\nimport pytest\npytest.raises = print\n", "pytest"),
        ("import os\nos.environ['PYTEST_ADDOPTS'] = '--collect-only'\nos.environ['PYTEST_PLUGINS'] = 'main'\n", ""),
        (
            "import sys\nclass Finder:\n    def find_spec(self, name, *_):\n        if 'pytest' in name:\n"
            "            raise SystemExit\nsys.meta_path.insert(0, Finder())\n",
            "",
        ),
        ("import argparse, importlib\nargparse.ArgumentParser.parse_args = importlib.import_module = print\n", ""),
        (
            "def setup_module():\n    import pytest; pytest.skip('no')\npytest_plugins = ['main']\n"
            "def pytest_pyfunc_call(pyfuncitem):\n    return True\npytest_runtest_setup = pytest_pyfunc_call\n"
            "def pytest_generate_tests(metafunc):\n    raise SystemExit\n",
            "",
        ),
        (
            "class pytest:\n    approx = staticmethod(lambda value: value - 4)\n    class raises:\n"
            "        def __init__(self, *_): pass\n        def __enter__(self): pass\n"
            "        def __exit__(self, *_): return True\n    class mark:\n"
            "        parametrize = staticmethod(lambda *_: lambda function: function)\n",
            "pytest",
        ),
        (
            "__all__ = ['add', 'pytestmark']\ndef __getattr__(name):\n    if name == 'pytestmark':\n"
            "        import pytest; return pytest.mark.xfail\n    raise AttributeError\n",
            "",
        ),
    ],
    ids=["module", "early", "environment", "finder", "library", "star hooks", "star pytest", "star mark"],
)
async def test_no_import_bends_pytest(judge: Judge, trick: str, replaced: str) -> None:
    """What a candidate leaves behind when it is loaded changes no test; what it puts in pytest's place is told."""
    result = await judge(trick + WRONG, TESTS.replace("import add", "import *"))
    assert result.details["tests_skipped"] == "0"
    assert told(result) & {"execution/test-failed", "execution/replaced-builtins"}
    names = [f.evidence["names"] for f in result.findings if f.rule_id == "execution/replaced-builtins"]
    assert all(replaced and replaced in each for each in names)
    assert bool(names) is bool(replaced)


@pytest.mark.parametrize(
    "cheat",
    [
        "import pytest\nclass Any:\n    __init__ = lambda *_: None\n    __eq__ = lambda *_: True\npytest.approx = Any",
        "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None",
        "import _pytest.outcomes\n_pytest.outcomes.fail.__code__ = (lambda *_, **__: None).__code__",
        "import sys\nfor name in ('test_cases', 'test_about'): setattr(sys.modules['assay_tests'], name, lambda: None)",
    ],
    ids=["approx", "runtest", "code", "tests"],
)
async def test_what_is_replaced_in_a_call_is_seen(judge: Judge, cheat: str) -> None:
    """pytest's functions and the tests are looked at after each test: a change is told whatever the results are."""
    code = f"calls = []\n{in_call(f'calls or calls.append(1) or exec({cheat!r}, {{}})')}"
    result = await judge(code, f"{TESTS}FIRST = add(1, 2)\n")
    assert "execution/replaced-builtins" in told(result)


async def test_no_plug_in_is_within_easy_reach(judge: Judge) -> None:
    """What a candidate can import while the tests run does not lead to the plug-ins."""
    cheat = "from _pytest.mark.structures import MARK_GEN\nMARK_GEN._config.pluginmanager.register(object())"
    assert told(await judge(in_call(cheat), TESTS)) == {"execution/test-error"}
