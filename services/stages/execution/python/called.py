"""What calls that nobody asked for say about a candidate: little, and nothing for it."""

from assay.stage import Candidate, Category, Finding, Severity

from services.stages.execution.events import Error
from services.stages.execution.location import LINE_END, line_of
from services.stages.execution.report import Report

from .smoke import Call

TELLING = frozenset({"TypeError", "AttributeError", "NameError", "UnboundLocalError"})
"""Exceptions that no caller expects, whatever the values are that it calls with."""


def call_findings(candidate: Candidate, calls: tuple[Call, ...], report: Report) -> list[Finding]:
    """Return the calls that failed by the code's own fault."""
    found = []
    for number, error in sorted(report.called.items()):
        if number < len(calls) and error is not None and _is_telling(candidate, error):
            call = calls[number]
            message = f"{call.function} raises {error.type} for values of the types that it states."
            evidence = {"call": call.expression, "exception": error.type, "message": error.message}
            found.append(
                Finding(
                    "execution/call-failed",
                    Category.RUNTIME,
                    Severity.MEDIUM,
                    message,
                    line_of(candidate, error.path, error.line),
                    evidence=evidence,
                )
            )
    return found


def _is_telling(candidate: Candidate, error: Error) -> bool:
    """Whether the code's own line brought an exception about; one that it raises on purpose is its answer."""
    if error.type not in TELLING or not error.candidate_raised or error.environment or "'NoneType'" in error.message:
        return False
    file = next((file for file in candidate.files if file.path == error.path), None)
    lines = LINE_END.split(file.content.decode(errors="replace")) if file is not None else []
    return 0 < error.line <= len(lines) and not lines[error.line - 1].lstrip().startswith("raise")
