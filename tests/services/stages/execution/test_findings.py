"""From results of runs to findings."""

import json
from typing import Any

import pytest
from assay.stage import Candidate, Category, Finding, Location, Severity, SourceFile, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from services.stages.execution.account import MAX_FAILURES
from services.stages.execution.findings import Judgement, judge
from services.stages.execution.plan import Run, runs
from services.stages.execution.report import Error, parse

SUITE = TestSuite((SourceFile("t.py", b"assert f(1) == 2\n"),))
TESTED = Candidate((SourceFile("main.py", b"def f(x):\n    return x  # \xe4\n"),), "python", tests=(SUITE,))
UNTESTED = Candidate(TESTED.files, "python")


def result(outcome: str = "OK", **fields: object) -> ExecutionResult:
    """Return a run's result."""
    return ExecutionResult(outcome=f"OUTCOME_{outcome}", language_version="3.13.5", **fields)  # type: ignore[arg-type]


def said(
    *events: dict[str, Any], candidate: Candidate = TESTED, ran: ExecutionResult | None = None, tests: int = 1
) -> Judgement:
    """Judge a report with the given events after its plan."""
    names = [f"line {number + 1}" for number in range(tests if candidate.tests else 0)]
    plan = {"event": "plan", "work": "/work", "tests": names, "examples": [], "problem": ""}
    text = b"".join(b"n " + json.dumps(event).encode() + b"\n" for event in (plan, {"event": "loading"}, *events))
    return judge(candidate, first(candidate), ran or result(), parse(text, "n"))


def first(candidate: Candidate) -> Run:
    """Return the first run of a candidate."""
    return runs(candidate)[0]


def failed(**facts: object) -> list[dict[str, Any]]:
    """Return the events of a run whose only test failed."""
    error = Error(**facts).model_dump()  # type: ignore[arg-type]
    return [
        {"event": "loaded"},
        {"event": "start", "test": "line 1"},
        {"event": "failed", "test": "line 1", "error": error},
        {"event": "done", "passed": 0, "failed": 1, "skipped": 0},
    ]


def import_failed(**facts: object) -> list[dict[str, Any]]:
    """Return the events of a run that could not import."""
    return [
        {"event": "load_failed", "error": Error(**facts).model_dump()},  # type: ignore[arg-type]
        {"event": "done", "passed": 0, "failed": 0, "skipped": 0},
    ]


def only(judgement: Judgement) -> Finding:
    """Return the one finding."""
    (finding,) = judgement.findings
    return finding


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        ("WALL_TIME_LIMIT", "time-limit"),
        ("CPU_TIME_LIMIT", "time-limit"),
        ("MEMORY_LIMIT", "memory-limit"),
        ("PROCESS_LIMIT", "process-limit"),
        ("OUTPUT_LIMIT", "output-limit"),
        ("DISK_LIMIT", "disk-limit"),
        ("SIGNALED", "crashed"),
        ("OK", "exited-early"),
        ("NONZERO_EXIT", "exited-early"),
    ],
)
def test_every_end_but_its_own_is_a_finding_that_names_the_test(outcome: str, rule: str) -> None:
    """A run that was cut short is never a pass."""
    finding = only(said({"event": "loaded"}, {"event": "start", "test": "line 1"}, ran=result(outcome)))
    assert (finding.rule_id, finding.severity) == (f"execution/{rule}", Severity.HIGH)
    assert "in the test in line 1" in finding.message
    assert finding.evidence["outcome"] == outcome


def test_every_outcome_of_the_contract_is_known() -> None:
    """An outcome that the program can bring about never ends without a finding."""
    ours = {"OUTCOME_CANCELLED", "OUTCOME_SANDBOX_LOST"}
    for outcome in set(Outcome.keys()) - ours:
        assert said(ran=ExecutionResult(outcome=outcome)).findings


def test_waiting_at_import_is_what_services_do() -> None:
    """Without tests, a program that waits is a blemish; one that computes without end, or stops tests, is not."""
    waits = ExecutionResult(outcome=Outcome.OUTCOME_WALL_TIME_LIMIT)
    waits.usage.wall_time.seconds = 10
    assert only(said(candidate=UNTESTED, ran=waits)).severity is Severity.LOW
    assert only(said(ran=waits)).severity is Severity.HIGH
    waits.usage.cpu_time.seconds = 9
    assert only(said(candidate=UNTESTED, ran=waits)).severity is Severity.HIGH


def test_a_failed_comparison_tells_both_sides() -> None:
    """The finding has what was got, what was expected, and the function at the whole of its line."""
    facts = {"left": "1", "right": "2", "operator": "Eq", "subject_path": "main.py", "subject_line": 2}
    finding = only(said(*failed(type="AssertionError", assertion=True, test_line=1, **facts)))
    assert (finding.rule_id, finding.category) == ("execution/test-failed", Category.BEHAVIOR)
    assert (finding.evidence["actual"], finding.evidence["expected"]) == ("1", "2")
    assert finding.message == "The test in line 1 fails: got 1, expected 2."
    assert finding.location == Location("main.py", 2, 1, 2, 18)


def test_an_exception_is_told_where_the_candidate_raised_it() -> None:
    """An exception other than a failed assertion of the tests is an error of the code."""
    facts = {"type": "TypeError", "message": "no", "candidate_raised": True, "path": "main.py", "line": 2}
    finding = only(said(*failed(**facts)))
    assert (finding.rule_id, finding.severity) == ("execution/test-error", Severity.HIGH)
    assert finding.location is not None
    assert finding.location.start_line == 2


def test_a_line_that_the_candidate_does_not_have_is_no_location() -> None:
    """A forged place is not passed on."""
    for path, line in (("main.py", 99), ("/etc/passwd", 1), ("main.py", 0)):
        facts = {"type": "E", "candidate_raised": True, "path": path, "line": line}
        assert only(said(*failed(**facts))).location is None


def test_a_name_that_the_tests_ask_for_is_the_candidates_to_have() -> None:
    """A missing function is a finding; a missing helper of the tests leaves the run without a verdict."""
    for facts in ({"type": "NameError"}, {"type": "ImportError", "missing_from_candidate": True}):
        assert only(said(*failed(name="g", **facts))).rule_id == "execution/missing-name"
    own = said(*failed(type="NameError", name="helper", test_problem=True))
    assert own.findings == []
    assert "helper" in own.unable


@pytest.mark.parametrize("lack", ["module", "package", "input", "network", "file", "variable"])
def test_what_the_environment_lacks_is_not_held_against_the_code(lack: str) -> None:
    """An import that fails for want of something is told as such, and leaves the run without a verdict."""
    judgement = said(*import_failed(type="ImportError", name="numpy", environment=lack))
    finding = only(judgement)
    assert (finding.severity, finding.category) == (Severity.INFO, Category.ENVIRONMENT)
    assert "could not be imported" in judgement.unable


def test_a_module_or_network_that_is_missing_in_a_test_leaves_it_open() -> None:
    """What a test needs of the environment is not the code's fault; a file that it reads and nobody made is."""
    assert said(*failed(type="ModuleNotFoundError", name="x", environment="module", candidate_raised=True)).unable
    assert said(*failed(type="gaierror", environment="network", candidate_raised=True)).unable
    missing_file = said(*failed(type="FileNotFoundError", environment="file", candidate_raised=True))
    assert only(missing_file).rule_id == "execution/test-error"


def test_an_import_that_fails_is_a_finding_at_its_line() -> None:
    """The exception, its message and the candidate's line are told."""
    facts = {"type": "NameError", "message": "name 'y' is not defined", "path": "main.py", "line": 1}
    finding = only(said(*import_failed(**facts)))
    assert (finding.rule_id, finding.severity) == ("execution/import-error", Severity.HIGH)
    assert finding.location is not None


def test_syntax_of_a_later_python_is_not_judged() -> None:
    """Code that names a later version than the sandbox runs may use what that version brought."""
    later = Candidate(TESTED.files, "python", language_version="3.99", tests=(SUITE,))
    facts = {"type": "SyntaxError", "path": "main.py", "line": 1}
    judgement = said(*import_failed(**facts), candidate=later)
    assert (judgement.findings, "3.99" in judgement.unable) == ([], True)
    assert said(*import_failed(**facts)).findings


def test_leaving_is_cheating_only_where_there_is_something_to_cheat() -> None:
    """A script may end by sys.exit; where tests came with it, none of them has passed."""
    facts = {"type": "SystemExit", "exit": True, "path": "main.py", "line": 1}
    assert only(said(*import_failed(**facts))).rule_id == "execution/exited-early"
    script = only(said(*import_failed(**facts), candidate=UNTESTED))
    assert (script.rule_id, script.severity) == ("execution/exits-on-import", Severity.INFO)
    assert only(said(*failed(**facts))).rule_id == "execution/exited-early"


def test_examples_reject_alone_only_where_nothing_else_speaks() -> None:
    """A specification's example is HIGH without tests and MEDIUM beside them; one of a docstring is MEDIUM."""
    facts = {"assertion": True, "left": "1\n", "right": "2\n", "example": "f(1)\n"}
    beside = only(said(*failed(**facts)))
    assert (beside.rule_id, beside.severity) == ("execution/example-failed", Severity.MEDIUM)
    assert only(said(*failed(**facts), candidate=UNTESTED)).severity is Severity.HIGH
    own = only(said(*failed(**facts, subject_path="main.py", subject_line=1), candidate=UNTESTED))
    assert (own.rule_id, own.severity) == ("execution/doctest-failed", Severity.MEDIUM)


def test_replaced_builtins_are_told() -> None:
    """A run whose comparisons cannot be trusted is not a pass."""
    events: list[dict[str, Any]] = [
        {"event": "loaded"},
        {"event": "replaced", "names": ["len"]},
        {"event": "start", "test": "line 1"},
        {"event": "passed", "test": "line 1"},
        {"event": "done", "passed": 1, "failed": 0, "skipped": 0},
    ]
    finding = only(said(*events))
    assert (finding.rule_id, finding.severity) == ("execution/replaced-builtins", Severity.HIGH)


def test_many_failures_are_a_few_findings() -> None:
    """Findings are bounded, and their evidence is too."""
    events: list[dict[str, Any]] = [{"event": "loaded"}]
    for number in range(50):
        error = Error(type="E", message=f"{number}" * 900, candidate_raised=True).model_dump()
        events += [{"event": "start", "test": f"line {number}"}]
        events += [{"event": "failed", "test": f"line {number}", "error": error}]
    events += [{"event": "done", "passed": 0, "failed": 50, "skipped": 0}]
    judgement = said(*events, tests=0)
    assert len(judgement.findings) == MAX_FAILURES
    assert all(len(value) <= 2_000 for finding in judgement.findings for value in finding.evidence.values())
    assert all(len(finding.message) < 400 for finding in judgement.findings)
