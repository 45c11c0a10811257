"""Reports with the decisions in them."""

import json
from typing import Any

from assay.stage import Candidate, SourceFile, TestSuite

from services.stages.execution.python.reading import read
from services.stages.execution.python.settled import Settling, decide_all, odd_places, questions
from services.stages.execution.python.taken import Taken
from services.stages.execution.report import Report, parse

CODE = b"def g():\n    pass\ndef f(n):\n    return n\n"


def settled(tests: str, *events: dict[str, Any], specification: str = "") -> Report:
    """Return the report of a run after its plan and loading, with what is decided outside."""
    suites = (TestSuite((SourceFile("t.py", tests.encode()),)),) if tests else ()
    candidate = Candidate((SourceFile("main.py", CODE),), "python", tests=suites, specification=specification)
    reading = read(candidate)
    suite = reading.suites[0] if suites else None
    names = sorted({str(event["test"]) for event in events if "test" in event})
    plan = {"event": "plan", "work": "/work", "tests": names, "examples": [], "problem": ""}
    done = {f"{way}": sum(event["event"] == way for event in events) for way in ("passed", "failed", "skipped")}
    every = (plan, {"event": "loading"}, {"event": "loaded"}, *events, {"event": "done", **done})
    report = parse(b"".join(b"n " + json.dumps(event).encode() + b"\n" for event in every), "n")
    ended, lines = questions(report)
    taken = suite.taken if suite is not None else Taken(b"")
    decided = decide_all(tests.encode(), taken, reading.examples, ended, lines)
    assert not odd_places(decided)
    Settling(report, reading, suite, decided).settle(ended)
    return report


def ended(test: str, *told: dict[str, Any], how: str = "passed", **fields: Any) -> tuple[dict[str, Any], ...]:
    """Return the events of one test."""
    return ({"event": "start", "test": test}, *told, {"event": how, "test": test, **fields})


def values(check: int, *told: Any) -> dict[str, Any]:
    """Return the event of a check's values."""
    return {"event": "told", "check": check, "values": list(told)}


def test_a_right_value_leaves_the_test_passed_and_proof() -> None:
    """The report is complete as it was told."""
    report = settled("assert f(1) == 1\n", *ended("line 1", values(0, 1)))
    assert (report.count("passed"), report.is_complete(), report.proof) == (1, True, frozenset({"line 1"}))


def test_a_wrong_value_makes_the_test_fail_with_both_sides() -> None:
    """With the function that is called and the statement; the counts of the run are those of the decisions."""
    report = settled("assert f(1) == 2, 'no'\n", *ended("line 1", values(0, 1)))
    (end,) = report.failed()
    assert end.error is not None
    assert (end.error.left, end.error.right, end.error.operator) == ("1", "2", "Eq")
    assert (end.error.statement, end.error.subject_line) == ("assert f(1) == 2, 'no'", 3)
    assert report.is_complete()


def test_a_test_that_told_too_little_makes_the_report_malformed() -> None:
    """It is no pass."""
    assert settled("assert f(1) == 1\n", *ended("line 1")).malformed
    assert settled("assert f(1) == 1\n", *ended("line 1", values(0, 1), values(0, 1))).malformed


def test_another_exception_than_the_expected_one_is_told_as_it_was() -> None:
    """The finding is about what was raised."""
    tests = "import pytest\nfrom main import f\ndef test_it():\n    with pytest.raises(ValueError):\n        f(1)\n"
    error = {"type": "KeyError", "message": "k", "candidate_raised": True, "path": "main.py", "line": 4}
    raised = {"event": "raised", "check": 0, "types": ["KeyError", "LookupError"], "error": error}
    (end,) = settled(tests, *ended("test_it", raised)).failed()
    assert end.error is not None
    assert (end.error.type, end.error.line, end.error.test_line) == ("KeyError", 4, 4)


def test_an_exception_inside_gets_the_statement_and_the_function() -> None:
    """A line of the tests says what was run there."""
    error = {"type": "TypeError", "test_line": 1}
    (end,) = settled("assert f(1) == 2\n", *ended("line 1", how="failed", error=error)).failed()
    assert end.error is not None
    assert (end.error.statement, end.error.subject, end.error.subject_line) == ("assert f(1) == 2", "f", 3)


def test_an_example_that_lacks_something_is_skipped() -> None:
    """A wrong one fails with what it is to print."""
    asked = ">>> f(1)\n2\n"
    (end,) = settled("", *ended("example", printed("1\n")), specification=asked).failed()
    assert end.error is not None
    assert (end.error.left, end.error.right, end.error.example) == ("1\n", "2\n", "f(1)\n")
    lacking = printed("", raised="NameError", error={"type": "NameError", "name": "np"})
    report = settled("", *ended("example", lacking), specification=asked)
    assert (report.count("skipped"), report.is_complete()) == (1, True)


def printed(text: str, **fields: Any) -> dict[str, Any]:
    """Return the event of an example."""
    return {"event": "printed", "example": 0, "text": text, **fields}
