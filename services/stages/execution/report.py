"""The report that comes out of the sandbox. It was written beside hostile code: every line is checked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from .events import (
    EVENT,
    MAX_EVENTS,
    Broken,
    Called,
    Calling,
    Collected,
    Done,
    End,
    Error,
    Event,
    Lines,
    LoadFailed,
    Mark,
    Plan,
    Printed,
    Raised,
    Replaced,
    Start,
    Told,
    told_lines,
)

__all__ = ["MAX_EVENTS", "Done", "End", "Error", "Report", "parse"]

UNDER_WAY = ""
"""What stands for the id of a test that did not end."""

FRAME = re.compile(rb'^  File "([^"\n]{1,4096})", line (\d{1,8}) in ', re.MULTILINE)


@dataclass
class Report:
    """
    What a run told.

    :param results: The ends of the tests, by id, in the order of their ends.
    :param told: What was told of the checks and examples of the tests that ended, by id.
    :param proof: The tests of which all was decided outside, by id; None where nobody says so.
    :param calling: The last call that began of those that nobody asked for.
    :param called: How these calls ended, by their numbers.
    :param under_way: The test that had begun and not ended; empty where there is none.
    :param malformed: Whether a line bore the nonce and was no event.
    :param stack: Where the program stood at 80 % of its time: file names and lines, deepest first.
    """

    plan: Plan | None = None
    reached: set[str] = field(default_factory=set)
    load_error: Error | None = None
    collected: Collected | None = None
    results: dict[str, End] = field(default_factory=dict)
    told: dict[str, list[Told | Raised | Printed]] = field(default_factory=dict)
    proof: frozenset[str] | None = None
    calling: int | None = None
    called: dict[int, Error | None] = field(default_factory=dict)
    lines: Lines | None = None
    under_way: str = ""
    replaced: tuple[str, ...] = ()
    broken: str = ""
    done: Done | None = None
    malformed: bool = False
    stack: tuple[tuple[str, int], ...] = ()

    def failed(self) -> list[End]:
        """Return the tests that failed."""
        return [end for end in self.results.values() if end.event == "failed"]

    def count(self, event: str) -> int:
        """Return how many tests ended so."""
        return sum(end.event == event for end in self.results.values())

    def counts_agree(self) -> bool:
        """Whether the run told as many ends as it says at its own end."""
        if self.done is None:
            return False
        told = (self.done.passed, self.done.failed, self.done.skipped)
        return told == (self.count("passed"), self.count("failed"), self.count("skipped"))

    def missing(self) -> list[str]:
        """Return the tests and examples that did not end: those collected, or else those planned."""
        if self.plan is None:
            return []
        tests = self.plan.tests if self.collected is None else self.collected.tests
        return [test for test in (*tests, *self.plan.examples) if test not in self.results]

    def tests(self) -> list[str]:
        """Return the tests and examples that ran or were to run; a statement that only prepares is none of them."""
        planned = set(self.results)
        if self.plan is not None and self.collected is None:
            planned = {*self.plan.tests, *self.plan.examples}
        ran = [test for test in self.results if test in planned or test.partition(" (")[0] in planned]
        return [*ran, *self.missing()]

    def left_out(self) -> list[str]:
        """Return the planned tests that were not collected."""
        if self.plan is None or self.collected is None:
            return []
        functions = {test.partition("[")[0] for test in self.collected.tests}
        return [test for test in self.plan.tests if test not in functions]

    def all_skipped(self) -> str:
        """Return why all tests were skipped, in the words of the first; empty where one was run, or none was there."""
        examples = set(self.plan.examples) if self.plan else set()
        ends = [end for end in self.results.values() if end.test not in examples]
        return next((end.reason or "no reason is given" for end in ends if {e.event for e in ends} == {"skipped"}), "")

    def is_complete(self) -> bool:
        """Whether the run came to its end and everything planned was run, or could not be for a reason that is told."""
        if self.done is None or self.malformed or self.under_way:
            return False
        if not self.counts_agree():
            return False
        if self.load_error is not None:
            return not self.results
        if self.missing():
            return "stopped" in self.reached and bool(self.failed())
        return "loaded" in self.reached


def parse(stdout: bytes, nonce: str) -> Report:
    """Return what the lines behind the nonce tell. Never raises: what is no event marks the report as malformed."""
    report = Report()
    lines = told_lines(stdout, nonce)
    report.malformed = len(lines) > MAX_EVENTS
    for line in lines[:MAX_EVENTS]:
        try:
            event = EVENT.validate_json(line)
        except ValidationError:
            report.malformed = True
            continue
        _take(report, event)
    report.stack = tuple(_frames(stdout))
    return report


def _take(report: Report, event: Event) -> None:
    if isinstance(event, Broken):
        report.broken = event.reason
        return
    if report.done is not None or (report.plan is None) != isinstance(event, Plan):
        report.malformed = True
        return
    match event:
        case Start() | End() | Told() | Raised() | Printed():
            _take_test(report, event)
        case Plan():
            report.plan = event
        case Mark():
            report.reached.add(event.event)
        case Collected():
            report.malformed |= report.collected is not None or bool(report.results)
            report.collected = event
        case LoadFailed():
            report.load_error = event.error
        case Calling():
            report.calling = event.call
        case Called():
            report.called[event.call] = event.error
        case Lines():
            report.lines = event
        case Replaced():
            report.replaced = tuple(dict.fromkeys((*report.replaced, *event.names)))
        case Done():
            report.done = event


def _take_test(report: Report, event: Start | End | Told | Raised | Printed) -> None:
    if isinstance(event, Start):
        report.malformed |= bool(report.under_way)
        report.under_way = event.test
        report.told[UNDER_WAY] = []
    elif isinstance(event, End):
        report.malformed |= event.test != report.under_way or (event.event == "failed") != (event.error is not None)
        report.under_way = ""
        test = _free(event.test, report.results)
        report.results[test] = event
        report.told[test] = report.told.pop(UNDER_WAY, [])
    else:
        report.malformed |= not report.under_way
        report.told.setdefault(UNDER_WAY, []).append(event)


def _free(test: str, taken: Iterable[str]) -> str:
    """Return an id that is not taken: the parts of one test can fail apart from one another."""
    number = 1
    free = test
    while free in taken:
        number += 1
        free = f"{test} ({number})"
    return free


def _frames(stdout: bytes) -> Iterable[tuple[str, int]]:
    for match in list(FRAME.finditer(stdout))[:200]:
        yield match[1].decode(errors="replace"), int(match[2])
