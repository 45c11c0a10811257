"""Candidates in C and C++, judged by the stage over a real sandbox."""

import pytest
from assay.stage import Finding, Severity, StageResult, StageStatus

from tests.services.stages.execution.conftest import Judge

pytestmark = pytest.mark.docker
CPP = (pytest.mark.slow, pytest.mark.languages)

TWICE = "#include <stdlib.h>\n\nint twice(int n) {\n    return 2 * n;\n}\n"
WRONG = TWICE.replace("2 *", "3 *")
TESTS = "#include <assert.h>\n\nint main(void) {\n    assert(twice(0) == 0);\n    assert(twice(2) == 4);\n}\n"
OWN_MAIN = '#include <stdio.h>\nint main(void) {\n    int n;\n    while (scanf("%d", &n) != 1) puts("?");\n}\n'


def only(result: StageResult, rule: str) -> Finding:
    """Return the one finding of a result, which has this rule and rejects."""
    assert [finding.rule_id for finding in result.findings] == [f"execution/{rule}"]
    assert (result.status, result.findings[0].severity) == (StageStatus.COMPLETED, Severity.HIGH)
    return result.findings[0]


@pytest.mark.parametrize("language", ["c", pytest.param("cpp", marks=CPP)])
async def test_pass_and_fail(judge: Judge, language: str) -> None:
    """Tests that hold pass; one that fails is named by its line, at the function that it calls."""
    result = await judge(TWICE, TESTS, language=language)
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    assert (result.details["tests_passed"], result.details["isolation"]) == ("1", "resistant")
    finding = only(await judge(WRONG, TESTS, language=language), "test-failed")
    assert finding.message == "The test in line 5 fails: twice(2) == 4."
    assert finding.location is not None
    assert finding.location.start_line == 3


ALIKE = {
    "a main function of its own": TWICE + OWN_MAIN,
    "functions called like the system's": TWICE + "int read(void) { return 1; }\nint write(int n) { return n; }\n",
    "assertions switched off": "#define NDEBUG\n" + TWICE,
    "a macro for a type": "#define real double\n" + TWICE,
}


@pytest.mark.parametrize("name", ALIKE)
async def test_right_code_passes(judge: Judge, name: str) -> None:
    """Code that does what its tests say passes, whatever else it holds."""
    result = await judge(ALIKE[name], TESTS, language="c")
    assert (result.status, result.findings, result.details["tests_passed"]) == (StageStatus.COMPLETED, (), "1")


CHEATS = {
    "leaves in the function": ("#include <stdlib.h>\nint twice(int n) {\n    exit(0);\n}\n", "exited-early"),
    "leaves without its handlers": ("#include <unistd.h>\nint twice(int n) {\n    _exit(0);\n}\n", "exited-early"),
    "leaves before main": (
        WRONG + "__attribute__((constructor)) static void first(void) { exit(0); }\n",
        "exited-early",
    ),
    "leaves where an assertion fails": (
        WRONG + "#include <signal.h>\nstatic void leave(int n) { exit(0); }\n"
        "__attribute__((constructor)) static void first(void) { signal(SIGABRT, leave); }\n",
        "test-failed",
    ),
    "prints that all is well": (
        "#include <stdio.h>\n#include <stdlib.h>\n"
        'int twice(int n) {\n    puts("0123456789abcdef ended");\n    exit(0);\n}\n',
        "exited-early",
    ),
    "defines assertions away": (WRONG + "#undef assert\n#define assert(held) ((void)0)\n", "test-failed"),
    "changes the words of the tests": (WRONG + "#define main other\n#define if(held) if (0)\n", "test-failed"),
    "defines the library's failing": (
        WRONG + "void __assert_fail(const char *a, const char *b, unsigned c, const char *d) {}\n",
        "compile-error",
    ),
    "has a main function by another name": (
        WRONG + "#define NAME main\nint NAME(void) { return 0; }\n",
        "compile-error",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
async def test_cheating(judge: Judge, name: str) -> None:
    """Code that does not do what its tests say does not pass by what it does to them."""
    code, rule = CHEATS[name]
    result = await judge(code, TESTS, language="c")
    assert result.findings[0].rule_id == f"execution/{rule}"
    assert result.details["tests_passed"] == "0"


async def test_a_crash(judge: Judge) -> None:
    """A signal that ends the tests is a crash."""
    result = await judge("int twice(int n) {\n    return *(volatile int *)0;\n}\n", TESTS, language="c")
    assert "signal 11" in only(result, "crashed").message


async def test_a_failing_assertion_of_the_code(judge: Judge) -> None:
    """An assertion in the code itself is the code's own failure, at its line."""
    code = "#include <assert.h>\nint twice(int n) {\n    assert(n < 0);\n    return n;\n}\n"
    finding = only(await judge(code, TESTS, language="c"), "test-error")
    assert finding.location is not None
    assert finding.location.start_line == 3


async def test_a_status_of_the_tests(judge: Judge) -> None:
    """Tests that end with another status than 0 fail."""
    tests = "int main(void) {\n    return twice(2) == 4 ? 0 : 3;\n}\n"
    assert "exit status 3" in only(await judge(WRONG, tests, language="c"), "test-failed").message
    assert (await judge(TWICE, tests, language="c")).findings == ()


async def test_tests_that_leave_themselves(judge: Judge) -> None:
    """An exit in the tests' own text is their end, with its status."""
    tests = "#include <stdlib.h>\nint main(void) {\n    exit(twice(2) == 4 ? EXIT_SUCCESS : 3);\n}\n"
    result = await judge(TWICE, tests, language="c")
    assert (result.findings, result.details["tests_passed"]) == ((), "1")
    assert "exit status 3" in only(await judge(WRONG, tests, language="c"), "test-failed").message


async def test_compiled_only(judge: Judge) -> None:
    """Without tests nothing runs: programs that would wait, parts of projects and headers are compiled."""
    for code in (
        {"main.c": OWN_MAIN.replace("n;", "n; for (;;) {}")},
        {"part.c": "int other(int);\nint part(void) { return other(1); }\n"},
        {"main.c": '#include "lib/sum.h"\nint main(void) { return sum(1); }\n', "lib/sum.h": "int sum(int);\n",
         "lib/sum.c": '#include "sum.h"\nint sum(int n) { return n; }\n'},
        {"sum.h": "#pragma once\nstatic inline int sum(int n) { return n; }\n"},
    ):  # fmt: skip
        result = await judge(code, language="c")
        assert (result.status, result.findings, result.details["outcome"]) == (StageStatus.COMPLETED, (), "OK")


async def test_compile_errors(judge: Judge) -> None:
    """An error stands at its line; a header that is not there is no error of the code's."""
    finding = only(await judge("int one;\nint two(void) { return on; }\n", language="c"), "compile-error")
    assert finding.location is not None
    assert finding.location.start_line == 2
    result = await judge("#include <conio.h>\nint main(void) { return getch(); }\n", language="c")
    assert result.status is StageStatus.SKIPPED
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]


async def test_code_that_is_cut_off(judge: Judge) -> None:
    """A function that is not closed is the code's error, not its tests'."""
    code = "int twice(int n) {\n    if (n) {\n        return n;\n"
    finding = only(await judge(code, TESTS, language="c"), "compile-error")
    assert "not closed" in finding.message
    assert finding.location is not None
    assert finding.location.start_line == 3


async def test_names_that_the_tests_miss(judge: Judge) -> None:
    """What the code should define and does not is the code's fault; what only the tests forgot to include is not."""
    finding = only(await judge("int thrice(int n) { return 3 * n; }\n", TESTS, language="c"), "missing-name")
    assert "twice" in finding.message
    forgetful = TESTS.replace("assert(twice(2) == 4)", 'assert(strlen("a") == 1)')
    result = await judge("int twice(int n) { return 2 * n; }\n", forgetful, language="c")
    assert (result.status, result.findings) == (StageStatus.SKIPPED, ())
    assert "strlen" in result.reason


async def test_tests_that_include_the_code(judge: Judge) -> None:
    """Tests may include the entry point; they need a main function."""
    result = await judge(TWICE, '#include "main.c"\n' + TESTS, language="c")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    result = await judge(TWICE, "void test_twice(void) {}\n", language="c")
    assert "no main function" in result.reason


async def test_two_runs_that_differ(judge: Judge) -> None:
    """Where it is asked for, tests are run twice."""
    code = TWICE + "#include <stdio.h>\n#include <time.h>\n"
    tests = "int main(void) {\n    struct timespec now;\n    clock_gettime(CLOCK_REALTIME, &now);\n"
    tests += '    printf("%ld\\n", now.tv_nsec);\n    return twice(0);\n}\n'
    result = await judge(code, tests, language="c", check_determinism=True)
    assert [finding.rule_id for finding in result.findings] == ["execution/not-deterministic"]
    assert (await judge(TWICE, TESTS, language="c", check_determinism=True)).findings == ()


@pytest.mark.slow
@pytest.mark.languages
async def test_exceptions(judge: Judge) -> None:
    """An exception of the code is an error; one that the tests throw themselves is a failed test."""
    throws = '#include <stdexcept>\nint twice(int n) {\n    throw std::out_of_range("far out");\n}\n'
    finding = only(await judge(throws, TESTS, language="cpp"), "test-error")
    assert finding.message == "The tests raise std::out_of_range: far out"
    tests = "int main() {\n    int x0 = twice(2);\n    if (x0 != 4) {\n"
    tests += '        throw std::runtime_error("case 0 failed");\n    }\n}\n'
    finding = only(await judge("#include <stdexcept>\n" + WRONG, tests, language="cpp"), "test-failed")
    assert finding.message == "The test in line 4 fails: case 0 failed."
    assert finding.location is not None
    assert finding.location.start_line == 4


@pytest.mark.slow
@pytest.mark.languages
async def test_suffixes_of_cpp(judge: Judge) -> None:
    """Sources are compiled whatever suffix of C++ they have, and messages have their own paths."""
    code = {
        "main.cc": '#include "sum.hpp"\nint twice(int n) { return sum(n, n); }\n',
        "sum.hpp": "int sum(int, int);\n",
        "sum.cxx": "int sum(int a, int b) { return a + b; }\n",
    }
    result = await judge(code, TESTS, language="cpp")
    assert (result.findings, result.details["tests_passed"]) == ((), "1")
    finding = only(await judge({"main.cc": "int one() { return two; }\n"}, language="cpp"), "compile-error")
    assert finding.location is not None
    assert finding.location.path == "main.cc"
