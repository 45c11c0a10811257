"""What a run of Go tells about its tests."""

from assay.stage import SourceFile, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult, OutputStream

from services.stages.execution.compiled_toolchain import Failure, Ran
from services.stages.execution.go.report import ran
from tests.services.stages.execution.conftest import candidate

NONCE = "f" * 32
CODE = "package main\n\nfunc First(n []int) int {\n\treturn n[0]\n}\n"
TESTS = """func TestFirst(t *testing.T) {
\tassert.Equal(t, 4, First([]int{3}))
}

func TestTrue(t *testing.T) {
\tassert.True(t, First([]int{0}) > 0)
}
"""


def _ran(told: str = "", stderr: str = "", stdout: str = "") -> Ran:
    suite = TestSuite((SourceFile("area_test.go", TESTS.encode()),))
    lines = "".join(f"\n{NONCE} {event}\n" for event in told.split(", ") if event)
    result = ExecutionResult(
        stdout=OutputStream(content=(stdout + lines).encode()), stderr=OutputStream(content=stderr.encode())
    )
    return ran(candidate(CODE, language="go"), suite, result, NONCE)


def test_passed() -> None:
    """Only tests of which the harness tells count, and only all of them are the end."""
    assert _ran("started TestFirst, passed TestFirst, started TestTrue, skipped TestTrue") == Ran(
        True, planned=2, passed=1, skipped=1, failures=[]
    )
    stopped = _ran("started TestFirst, passed TestFirst, started TestTrue")
    assert (stopped.ended, stopped.under_way) == (False, "TestTrue")
    assert not _ran(stdout="passed TestFirst\npassed TestTrue\nPASS\n").ended
    assert not _ran("passed TestFirst, passed TestOther").ended


def test_failed() -> None:
    """A failed test says what was said first in it, with both sides where they are told."""
    stderr = """--- FAIL: TestFirst (0.00s)
    assay-tests.go:2:\x20
        \tError Trace:\t/work/assay-tests.go:2
        \tError:      \tNot equal:\x20
        \t            \texpected: 4
        \t            \tactual  : 3
        \tTest:       \tTestFirst
    assay-tests.go:3: more
--- FAIL: TestTrue (0.00s)
    --- FAIL: TestTrue/zero (0.00s)
        assay-tests.go:6:\x20
            \tError:      \tShould be true
FAIL
"""
    seen = _ran("failed TestFirst, failed TestTrue", stderr)
    assert seen.ended
    assert list(seen.failures) == [
        Failure("TestFirst", "Not equal", test_line=2, actual="3", expected="4"),
        Failure(
            "TestTrue/zero",
            "Should be true",
            test_line=6,
            statement="Should be true: assert.True(t, First([]int{0}) > 0)",
        ),
    ]


def test_failed_without_a_word() -> None:
    """A test that failed and said nothing is a failure all the same."""
    assert list(_ran("failed TestFirst, passed TestTrue").failures) == [Failure("TestFirst")]


def test_panic() -> None:
    """A panic belongs to the test that was under way, and names the candidate's line and the test's."""
    stderr = """--- FAIL: TestTrue (0.00s)
panic: runtime error: index out of range [0] with length 0 [recovered]
\tpanic: runtime error: index out of range [0] with length 0

goroutine 8 [running]:
testing.tRunner.func1.2({0x5f9300, 0xc0000ce3d8})
\t/usr/lib/go-1.24/src/testing/testing.go:1734 +0x21c
main.First(...)
\t/work/main.go:4
main.TestTrue(0xc0000a5a40?)
\t/work/assay-tests.go:6 +0x18
"""
    seen = _ran("started TestFirst, passed TestFirst, started TestTrue", stderr)
    message = "runtime error: index out of range [0] with length 0"
    assert list(seen.failures) == [Failure("TestTrue", message, "panic", test_line=6, path="main.go", line=4)]
    assert not seen.ended
