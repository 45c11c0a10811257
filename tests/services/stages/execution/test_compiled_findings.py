"""What compilers and runs of tests say, as findings."""

from assay.stage import Finding, Severity, SourceFile, TestSuite
from assay.v1.sandbox_pb2 import Compilation, ExecutionResult, Outcome, OutputStream

from services.stages.execution.account import MAX_FAILURES
from services.stages.execution.compiled_findings import MAX_ERRORS, compile_findings, run_findings
from services.stages.execution.compiled_toolchain import Failure, Problem, Ran
from tests.services.stages.execution.conftest import candidate

CODE = candidate("int first;\nint area(int side) {\n    return side;\n}\n", language="c")
SUITE = TestSuite((SourceFile("tests.c", b"int main(void) {\n    assert(area(2) == 4);\n}\n"),))
Told = tuple[list[Finding], str]
REJECTED = Compilation(outcome=Outcome.OUTCOME_NONZERO_EXIT, exit_code=1)


def result(outcome: Outcome = Outcome.OUTCOME_OK, **fields: object) -> ExecutionResult:
    """Return a result."""
    return ExecutionResult(outcome=outcome, **fields)  # type: ignore[arg-type]


def told(problems: list[Problem], compilation: Compilation = REJECTED, *, tested: bool = True) -> Told:
    """Return what problems say."""
    return compile_findings(CODE, compilation, problems, tested=tested)


def test_errors_of_the_code() -> None:
    """The first errors on different lines are findings at their lines, and reject."""
    problems = [Problem("main.c", line, f"error {line}") for line in (2, 2, 3, 1, 4)]
    found, unable = told(problems)
    assert (unable, len(found)) == ("", MAX_ERRORS)
    assert [finding.location and finding.location.start_line for finding in found] == [2, 3, 1]
    assert {finding.severity for finding in found} == {Severity.HIGH}


def test_errors_of_the_tests() -> None:
    """What the tests miss of the code is told by its name; other errors there by the tests' line."""
    found, _ = told([Problem("tests.c", 2, "undeclared", "volume", "name")])
    assert found[0].rule_id == "execution/missing-name"
    found, _ = told([Problem("tests.c", 2, "too many arguments")])
    assert (found[0].rule_id, found[0].location) == ("execution/compile-error", None)
    assert "in line 2: too many arguments" in found[0].message


def test_what_is_no_fault_of_the_code() -> None:
    """What the environment lacks, what the tests forget, and a compiler that breaks say nothing against the code."""
    lacking = [Problem("main.c", 1, "no such file", "zlib.h", "module"), Problem("main.c", 2, "unknown")]
    found, unable = told(lacking)
    assert [finding.severity for finding in found] == [Severity.INFO]
    assert unable == "zlib.h is not in this environment"
    found, unable = told([Problem("tests.c", 1, "implicit", "strlen", "standard")])
    assert not found
    assert "strlen" in unable
    assert told([]) == ([], "the compiler ended with status 1 and told of no error")
    killed = Compilation(outcome=Outcome.OUTCOME_MEMORY_LIMIT)
    assert told([], killed) == ([], "compiling ended with MEMORY_LIMIT")
    elsewhere = [Problem("main.c", 1, "undefined reference", "other", "elsewhere")]
    assert told(elsewhere) == ([], "")


def test_a_passage_that_is_not_tested() -> None:
    """Code that does not include what it uses is questioned where it was only compiled, without what follows."""
    problems = [Problem("main.c", 2, "unknown type", "bool", "standard"), Problem("main.c", 3, "expected ';'")]
    assert [finding.severity for finding in told(problems)[0]] == [Severity.HIGH, Severity.HIGH]
    assert [finding.severity for finding in told(problems, tested=False)[0]] == [Severity.MEDIUM]


def test_only_an_end_that_was_told_passes() -> None:
    """Status 0 alone is no pass; neither is another status, or a signal."""
    assert run_findings(CODE, SUITE, result(), Ran(ended=True, passed=1)) == []
    ends = {
        "execution/exited-early": result(),
        "execution/test-failed": result(Outcome.OUTCOME_NONZERO_EXIT, exit_code=3),
        "execution/crashed": result(Outcome.OUTCOME_SIGNALED, signal=11),
        "execution/time-limit": result(Outcome.OUTCOME_WALL_TIME_LIMIT),
        "execution/disk-limit": result(Outcome.OUTCOME_DISK_LIMIT),
    }
    for rule, ended in ends.items():
        (finding,) = run_findings(CODE, SUITE, ended, Ran(ended=False))
        assert (finding.rule_id, finding.severity) == (rule, Severity.HIGH)
        assert finding.location is not None
        assert finding.location.start_line == 2


def test_a_crash_after_the_tests_is_a_crash() -> None:
    """A program that dies after its tests had ended did not end well."""
    (finding,) = run_findings(CODE, SUITE, result(Outcome.OUTCOME_SIGNALED, signal=6), Ran(ended=True, passed=1))
    assert finding.rule_id == "execution/crashed"


def test_failures() -> None:
    """A failure stands where the code failed, or at what the tests call nearby, and its facts are evidence."""
    failed = Failure(test_line=2, statement="area(2) == 4", actual="2", expected="4")
    thrown = Failure("small", "no", exception="E", path="main.c", line=3)
    ran = Ran(ended=False, failures=(failed, thrown))
    first, second = run_findings(CODE, SUITE, result(Outcome.OUTCOME_NONZERO_EXIT, exit_code=1), ran)
    assert first.message == "The test in line 2 fails: got 2, expected 4."
    assert first.location is not None
    assert first.location.start_line == 2
    assert first.evidence == {
        "test_line": "2",
        "statement": "area(2) == 4",
        "actual": "2",
        "expected": "4",
        "isolation": "resistant",
    }
    assert second.message == "small raises E: no"
    assert second.location is not None
    assert second.location.start_line == 3


def test_bounds() -> None:
    """However much fails and is written, what is told of it is bounded."""
    failures = tuple(Failure(f"test {n}", "x" * 10_000, statement="y" * 10_000) for n in range(100))
    written = result(stderr=OutputStream(content=b"z" * 100_000))
    found = run_findings(CODE, SUITE, written, Ran(ended=False, planned=100, failures=failures))
    assert len(found) == MAX_FAILURES
    assert all(len(value) <= 2_000 for finding in found for value in finding.evidence.values())
    assert all(len(finding.message) < 300 for finding in found)
