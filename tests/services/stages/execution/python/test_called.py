"""What calls that nobody asked for say."""

import pytest
from assay.stage import Candidate, Severity, SourceFile

from services.stages.execution.events import Error
from services.stages.execution.python.called import call_findings
from services.stages.execution.python.smoke import Call
from services.stages.execution.report import Report

CODE = b"def f(n: int):\n    return n.x\n    raise TypeError(n)\n"
CANDIDATE = Candidate((SourceFile("main.py", CODE),), "python")


def found(**facts: object) -> list[str]:
    """Return what is found where a call ended so."""
    told: dict[str, object] = {"type": "AttributeError", "candidate_raised": True, "path": "main.py", "line": 2} | facts
    report = Report(calling=0, called={0: Error.model_validate(told)})
    findings = call_findings(CANDIDATE, (Call("f", "f(3)", 1),), report)
    assert all(finding.severity is Severity.MEDIUM for finding in findings)
    return [finding.message for finding in findings]


def test_a_fault_of_the_code_is_told() -> None:
    """With the function, and at the line that raised."""
    assert found() == ["f raises AttributeError for values of the types that it states."]


@pytest.mark.parametrize(
    "facts",
    [
        {"type": "ValueError"},
        {"candidate_raised": False},
        {"line": 3},
        {"environment": "module"},
        {"message": "'NoneType' object has no attribute 'group'"},
        {"path": "other.py"},
        {"line": 99},
    ],
)
def test_what_may_be_the_codes_answer_is_not(facts: dict[str, object]) -> None:
    """Refusals, what is raised on purpose, and what a value of the right type may bring about."""
    assert found(**facts) == []


def test_a_call_that_worked_or_was_not_made_says_nothing() -> None:
    """Neither for nor against the code."""
    assert call_findings(CANDIDATE, (Call("f", "f(3)", 1),), Report(called={0: None, 9: Error(type="TypeError")})) == []
