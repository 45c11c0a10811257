"""A report with the decisions in it that are made outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.stages.execution.events import Done, End, Error, Printed, Raised, Told
from services.stages.execution.harness.collect import collect
from services.stages.execution.report import Report

from .examples import Examples
from .examples import Printed as PrintedText
from .reading import Reading, Suite
from .subjects import Statement, statements
from .taken import Check, Place, Taken
from .verdicts import Ended, Failed, Value, Verdict, decide

MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Decided:
    """
    What a worker decided.

    :param verdicts: One for each test that it was asked about.
    :param proof: The ids of the tests of which all was decided.
    :param statements: The statements of the tests that stand in the lines of failures.
    """

    verdicts: tuple[Verdict, ...]
    proof: frozenset[str]
    statements: tuple[Statement, ...]


def decide_all(
    source: bytes, taken: Taken, examples: Sequence[Examples], ended: Sequence[Ended], lines: Sequence[int]
) -> Decided:
    """
    Decide the checks of a run; for a worker.

    :param source: The test file as it was written.
    :param lines: Lines of it in which tests failed inside.
    """
    verdicts, proof = decide(taken, examples, ended)
    failed = [
        taken.checks[v.failed.check].place[0] for v in verdicts if v.failed and v.failed.check < len(taken.checks)
    ]
    wanted = {*lines, *failed} - {0}
    found = statements(collect(source, "tests")) if wanted else ()
    return Decided(verdicts, proof, tuple(s for s in found if any(s.first_line <= n <= s.last_line for n in wanted)))


def questions(report: Report) -> tuple[list[Ended], list[int]]:
    """Return what is to be decided about a report, and the lines of the tests that failed inside."""
    ended = []
    for test, end in report.results.items():
        told = report.told.get(test, [])
        values = tuple(_value(each) for each in told if not isinstance(each, Printed))
        printed = tuple(PrintedText(each.text, each.raised) for each in told if isinstance(each, Printed))
        if end.event != "skipped":
            ended.append(Ended(test, end.event == "passed", values, printed))
    return ended, [end.error.test_line for end in report.failed() if end.error is not None]


def _value(told: Told | Raised | Printed) -> Value:
    if isinstance(told, Told):
        return Value(told.check, told.values, told.problem)
    assert isinstance(told, Raised)
    return Value(told.check, types=told.types, message=told.error.message if told.error else "")


def odd_places(decided: Decided) -> frozenset[Place]:
    """Return the checks that could not be decided outside, of tests that did not fail by others."""
    return frozenset(place for verdict in decided.verdicts for place in verdict.odd)


class Settling:
    """
    Puts the decisions of a worker into a report.

    :param suite: The test file; None in a run without one.
    """

    def __init__(self, report: Report, reading: Reading, suite: Suite | None, decided: Decided) -> None:
        self._report = report
        self._reading = reading
        self._checks = suite.taken.checks if suite is not None else ()
        self._groups = {each.test: each for each in reading.examples}
        self._statements = decided.statements
        self._decided = decided

    def settle(self, ended: Sequence[Ended]) -> None:
        """Change the report: failures that were decided outside are in the place of what the run told."""
        report = self._report
        was_right = report.counts_agree()
        report.proof = self._decided.proof
        for each, verdict in zip(ended, self._decided.verdicts, strict=True):
            report.malformed |= verdict.is_short
            if verdict.failed is not None:
                end = report.results[each.test]
                group = self._groups.get(each.test)
                made = self._example(each, group, verdict.failed) if group else self._check(each, verdict.failed)
                report.results[each.test] = made.model_copy(update={"test": end.test})
        for test, end in report.results.items():
            if end.error is not None and end.error.example is None:
                report.results[test] = end.model_copy(update={"error": self._explained(end.error)})
        if report.done is not None and was_right:
            report.done = self._recounted(report.done)

    def _recounted(self, done: Done) -> Done:
        """Return the end of the run with the counts that the decisions make, where the told ones were right."""
        counts = {event: self._report.count(event) for event in ("passed", "failed", "skipped")}
        return done.model_copy(update=counts)

    def _check(self, ended: Ended, failed: Failed) -> End:
        check = self._checks[failed.check]
        told = [each for each in self._told(ended) if isinstance(each, Raised) and each.check == failed.check]
        raised = told[-1].error if told else None
        if raised is not None and check.types and failed.left is not None:
            error = raised.model_copy(update={"test_line": check.place[0], **self._about(check)})
        else:
            told_of = Error(type="AssertionError", assertion=True, test_line=check.place[0], operator=failed.operator)
            sides = {"left": _cut(failed.left), "right": _cut(failed.right), "message": failed.message[:MAX_TEXT]}
            error = told_of.model_copy(update={**sides, **self._about(check)})
        return End(event="failed", test=ended.test, error=error)

    def _told(self, ended: Ended) -> list[Told | Raised | Printed]:
        return self._report.told.get(ended.test, [])

    def _about(self, check: Check) -> dict[str, object]:
        return {"statement": check.statement[:MAX_TEXT], **self._subject((check.subject,))}

    def _example(self, ended: Ended, group: Examples, failed: Failed) -> End:
        """Return how an example failed; one that lacks something of the environment is skipped."""
        told = [each for each in self._told(ended) if isinstance(each, Printed)]
        error = told[failed.check].error or Error()
        if error.environment or (error.type == "NameError" and not error.candidate_raised):
            return End(event="skipped", test=ended.test, reason="skipped")
        if not told[failed.check].raised:
            error = Error(left=_cut(failed.left), right=_cut(failed.right), assertion=True)
        source = group.examples[failed.check].source[:MAX_TEXT]
        update = {"example": source, "subject_path": self._reading.entry.path, "subject_line": group.line}
        return End(event="failed", test=ended.test, error=error.model_copy(update=update))

    def _explained(self, error: Error) -> Error:
        """Return an error with what the test's statement says, which the run does not know."""
        if error.statement or not error.test_line:
            return error
        fitting = [s for s in self._statements if s.first_line <= error.test_line <= s.last_line]
        if not fitting:
            return error
        statement = fitting[-1]
        sides: dict[str, object] = {}
        if statement.is_assertion and not statement.operator:
            sides = {"left": None, "right": None}
        elif statement.is_assertion:
            sides = {"operator": statement.operator}
            if statement.is_turned:
                sides |= {"left": error.right, "right": error.left}
        about = {"statement": statement.text, **self._subject(statement.calls)}
        return error.model_copy(update={**sides, **about})

    def _subject(self, names: Sequence[str]) -> dict[str, object]:
        definitions: Mapping[str, int] = self._reading.definitions
        name = next((name for name in names if name in definitions), "")
        if not name:
            return {}
        return {"subject": name[:200], "subject_path": self._reading.entry.path, "subject_line": definitions[name]}


def _cut(text: str | None) -> str | None:
    """Return a text of a bounded length that every encoding carries."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]
