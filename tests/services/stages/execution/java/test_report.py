"""What a run of Java tells about its tests."""

import pytest
from assay.errors import PluginFailed
from assay.stage import SourceFile, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome, OutputStream

from services.stages.execution.compiled_toolchain import Failure, Ran
from services.stages.execution.java.report import ran
from tests.services.stages.execution.conftest import candidate

NONCE = "f" * 32
UNIT = f"Assay{'0' * 16}.java"
CODE = {"shapes/Area.java": "package shapes;\n\nclass Area {\n}\n", "shapes/Flat.java": "package shapes;\n"}
TESTS = """class Main {
    public static void main(String[] arguments) {
        if (Area.of(1) != 2) {
            throw new AssertionError();
        }
        int size = Area.size();
    }
}
"""


def _ran(stdout: str = "", *stderr: str) -> Ran:
    suite = TestSuite((SourceFile("Main.java", TESTS.encode()),))
    result = ExecutionResult(
        outcome=Outcome.OUTCOME_OK,
        stdout=OutputStream(content=f"\n{NONCE} begun\n{stdout}".encode()),
        stderr=OutputStream(content="\n".join(stderr).encode()),
    )
    return ran(candidate(CODE, language="java"), suite, result, NONCE)


def test_ended() -> None:
    """Only the line behind the nonce is the end."""
    assert _ran(f"more\n{NONCE} ended\n") == Ran(True, passed=1)
    for stdout in ("ended\n", f"{NONCE} ended or not\n", f"x{NONCE} ended\n", ""):
        assert _ran(stdout) == Ran(False)


def test_harness_that_did_not_begin() -> None:
    """Where nothing of the candidate ran, what happened is no fault of it."""
    suite = TestSuite((SourceFile("Main.java", TESTS.encode()),))
    result = ExecutionResult(outcome=Outcome.OUTCOME_NONZERO_EXIT, exit_code=1)
    with pytest.raises(PluginFailed, match="exit status 1"):
        ran(candidate(CODE, language="java"), suite, result, NONCE)
    killed = ExecutionResult(outcome=Outcome.OUTCOME_MEMORY_LIMIT)
    assert not ran(candidate(CODE, language="java"), suite, killed, NONCE).ended


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        ("java.lang.AssertionError", Failure(test_line=4, statement="throw new AssertionError();")),
        ("java.lang.AssertionError: one\ntwo", Failure(message="one two", test_line=4)),
    ],
)
def test_thrown_by_the_tests(message: str, failure: Failure) -> None:
    """What the tests throw is a failure of theirs; what the exception says tells more than their line."""
    told = f'Exception in thread "main" {message}\n\tat shapes.Main.main({UNIT}:9)\n\tat shapes.Assay.main({UNIT}:30)'
    assert list(_ran("", told).failures) == [failure]


def test_thrown_by_the_code() -> None:
    """An exception of the code, or of what it calls, is told with the innermost line of its files."""
    (failure,) = _ran(
        "",
        'Exception in thread "main" java.lang.NumberFormatException: For input string: "x"',
        "\tat java.base/java.lang.Integer.parseInt(Integer.java:661)",
        "\tat shapes.Flat.of(Flat.java:3)",
        f"\tat shapes.Area.of({UNIT}:4)",
        f"\tat shapes.Main.main({UNIT}:8)",
    ).failures
    assert (failure.exception, failure.message) == ("NumberFormatException", 'For input string: "x"')
    assert (failure.path, failure.line, failure.test_line) == ("shapes/Flat.java", 3, 3)


def test_raised_by_a_result() -> None:
    """What the machine raises in a line of the tests is an error of the code, not a failure that they tell of."""
    (failure,) = _ran(
        "", 'Exception in thread "main" java.lang.NullPointerException: null', f"\tat shapes.Main.main({UNIT}:11)"
    ).failures
    assert (failure.exception, failure.test_line, failure.path) == ("NullPointerException", 6, "")


def test_cause() -> None:
    """Of an exception that only tells of another one, that one is told."""
    (failure,) = _ran(
        "",
        'Exception in thread "main" java.lang.ExceptionInInitializerError',
        f"\tat shapes.Main.main({UNIT}:8)",
        "Caused by: java.lang.ArithmeticException: / by zero",
        f"\tat shapes.Area.<clinit>({UNIT}:4)",
        "\t... 1 more",
    ).failures
    assert (failure.exception, failure.message, failure.line) == ("ArithmeticException", "/ by zero", 4)
