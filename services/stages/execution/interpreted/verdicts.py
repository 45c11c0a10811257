"""What is decided outside about the tests of a run: whether the values that came out are those that were expected."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from assay.stage import Candidate, Finding, Location, TestSuite

from services.stages.execution.report import End, Error, Report
from services.stages.execution.subject import location_of

from .apart import Check, Script
from .dialect import TRUE, Dialect
from .plain import Told, show

LINES_BEFORE = 20
"""Lines of the tests above the one that failed in which the call that it rests on is looked for."""

DEFINED = re.compile(r"\b(?:def|function)[ \t]+(?:self\.|&)?(\w+)|^[ \t]*(\w+)[ \t]*\(\)", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*")


def decide(dialect: Dialect, script: Script, report: Report, values: Mapping[str, Told]) -> None:
    """
    Put into a report how the tests ended that are decided outside.

    A test of these that told no value, though it ended, or a value that nobody asked for, makes the report malformed.
    """
    _settle_examples(script, report, values)
    asked = {test for test, end in report.results.items() if test in script.checks and end.event == "passed"}
    under_way = {test for test in values if report.results.get(test) is None}
    if not asked <= values.keys() or not values.keys() - under_way <= script.checks.keys():
        report.malformed = True
        return
    failed = {test for test in asked if not _holds(dialect, script.checks[test], values[test])}
    for test in failed:
        error = _error(script.checks[test], values[test], int(test.removeprefix("line ")))
        report.results[test] = End(event="failed", test=test, error=error)
    _recount(report, "passed", "failed", len(failed))


def _settle_examples(script: Script, report: Report, values: Mapping[str, Told]) -> None:
    """
    Leave out the examples that say nothing, and mark those that raised.

    One that calls what the code does not define may be of something else, and a value that is not plain cannot be
    compared with a text.
    """
    for test, end in list(report.results.items()):
        check = script.checks.get(test)
        if check is None or not check.example:
            continue
        error = end.error
        is_odd = end.event == "passed" and test in values and values[test].value is None
        if is_odd or (error is not None and (error.missing_from_candidate or error.environment)):
            report.results[test] = End(event="skipped", test=test, reason="it says nothing about this code")
            _recount(report, end.event, "skipped")
        elif error is not None:
            marked = error.model_copy(update={"example": check.example[:2_000], "exit": False})
            report.results[test] = end.model_copy(update={"error": marked})


def _recount(report: Report, was: str, now: str, number: int = 1) -> None:
    """Let the count that the run told follow what was decided here."""
    if report.done is not None:
        told = report.done.model_dump()
        changes = {was: told[was] - number, now: told[now] + number}
        report.done = report.done.model_copy(update=changes)


def _holds(dialect: Dialect, check: Check, value: Told) -> bool:
    if value.value is None:
        return False
    return dialect.equal(check.operator, value.value, check.expected) == check.holds


def _error(check: Check, value: Told, line: int) -> Error:
    actual = show(value.value) if value.value is not None else value.odd
    if check.operator == TRUE:
        expected = "a true value" if check.holds else "a false value"
    else:
        expected = show(check.expected) if check.expected is not None else ""
        expected = expected if check.holds else f"anything but {expected}"
    return Error(
        assertion=True,
        example=check.example[:2_000] or None,
        test_line=line,
        left=actual,
        right=expected,
        operator="Eq",
        statement=check.statement[:2_000],
    )


def with_subjects(candidate: Candidate, suite: TestSuite, report: Report) -> None:
    """Put into a report which function of the candidate each failed test is about, by the tests' text."""
    lines = suite.files[0].content.decode(errors="replace").splitlines()
    for test, end in report.results.items():
        if end.error is None or end.error.line:
            continue
        place = location_of(candidate, _named(candidate, _statements(end.error, lines)))
        if place is not None:
            error = end.error.model_copy(update={"subject_path": place.path, "subject_line": place.start_line})
            report.results[test] = end.model_copy(update={"error": error})


def standing(candidate: Candidate, suite: TestSuite, report: Report) -> Location | None:
    """Return the function of the candidate that the test calls which was under way at the end; None without one."""
    if not report.under_way:
        return None
    lines = suite.files[0].content.decode(errors="replace").splitlines()
    line = report.under_way.removeprefix("line ")
    if line == report.under_way or report.plan is None or len(report.plan.tests) == 1:
        return location_of(candidate, _named(candidate, lines))
    return location_of(candidate, _named(candidate, _above(lines, int(line))))


def at_end(finding: Finding, place: Location | None) -> Finding:
    """Return a finding on how the program ended with the place at which it stood, where it has none of its own."""
    is_end = "outcome" in finding.evidence
    return replace(finding, location=place) if is_end and finding.location is None else finding


def _named(candidate: Candidate, statements: Iterable[str]) -> list[str]:
    """Return the functions of the candidate that statements name, in their order: calls need no brackets here."""
    texts = (file.content.decode(errors="replace") for file in candidate.files)
    defined = {name for text in texts for names in DEFINED.findall(text) for name in names}
    return [name for statement in statements for name in WORD.findall(statement) if name in defined]


def _statements(error: Error, lines: list[str]) -> Iterable[str]:
    """Return the statement that failed, and those above it."""
    return (error.statement, *_above(lines, error.test_line))


def _above(lines: list[str], line: int) -> Iterable[str]:
    """Return the lines of the tests up to one of them, nearest first."""
    return reversed(lines[max(0, line - LINES_BEFORE) : line])
