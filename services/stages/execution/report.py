"""The report that comes out of the sandbox. It was written beside hostile code: every line is checked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_EVENTS = 20_000

Text = Annotated[str, Field(max_length=2_000)]
Short = Annotated[str, Field(max_length=200)]
Path = Annotated[str, Field(max_length=4_096)]
Line = Annotated[int, Field(ge=0, le=10_000_000)]
Number = Annotated[int, Field(ge=0, le=100_000)]
Ids = Annotated[tuple[Short, ...], Field(max_length=MAX_EVENTS, strict=False)]


class Record(BaseModel):
    """Data of the report: strict types, no fields besides those that are known."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Error(Record):
    """
    An exception, or a failed example.

    :param name: The name that was missing, where one was.
    :param environment: What the environment lacks: "module", "package", "input", "network", "file" or "variable".
    :param candidate_raised: Whether the candidate's own code, or what it called, raised it.
    :param missing_from_candidate: Whether a module of the candidate was asked for a name that it lacks.
    :param test_problem: Whether the tests miss something that the candidate was never asked for.
    :param statement: The statement of the tests that failed.
    :param subject: The function of the candidate that the failing statement calls.
    """

    type: Short = ""
    message: Text = ""
    name: Short = ""
    assertion: bool = False
    exit: bool = False
    environment: Literal["", "module", "package", "input", "network", "file", "variable"] = ""
    candidate_raised: bool = False
    missing_from_candidate: bool = False
    test_problem: bool = False
    path: Path = ""
    line: Line = 0
    function: Short = ""
    test_line: Line = 0
    left: Text | None = None
    right: Text | None = None
    operator: Short = ""
    statement: Text = ""
    subject: Short = ""
    subject_path: Path = ""
    subject_line: Line = 0
    example: Text | None = None


class Plan(Record):
    """What the harness will run, told before any code of the candidate was loaded."""

    event: Literal["plan"]
    work: Path
    tests: Ids
    examples: Ids
    problem: Text


class Mark(Record):
    """A point that the run came to."""

    event: Literal["loading", "loaded", "stopped"]


class Collected(Record):
    """
    The tests that pytest made of the planned ones: a function with parameters is several.

    :param problem: Why none of them is run; empty where they are.
    """

    event: Literal["collected"]
    tests: Ids
    problem: Text


class LoadFailed(Record):
    """The candidate could not be imported."""

    event: Literal["load_failed"]
    error: Error


class Start(Record):
    """A test began."""

    event: Literal["start"]
    test: Short


class End(Record):
    """
    A test ended.

    :param reason: Why it was skipped.
    """

    event: Literal["passed", "failed", "skipped"]
    test: Short
    error: Error | None = None
    reason: Text = ""


class Told(Record):
    """
    The values of a check that is decided outside.

    :param problem: Why they could not be told; empty where they were.
    """

    event: Literal["told"]
    check: Number
    values: tuple[Any, ...] = Field(default=(), max_length=1_000, strict=False)
    problem: Text = ""


class Raised(Record):
    """
    What a block raised of which that is expected.

    :param types: Its builtin types, the nearest first; none where it raised nothing.
    """

    event: Literal["raised"]
    check: Number
    types: Ids = ()
    error: Error | None = None


class Printed(Record):
    """
    What an example did.

    :param raised: The type of the exception that ended it; empty where none did.
    """

    event: Literal["printed"]
    example: Number
    text: Annotated[str, Field(max_length=20_000)]
    raised: Short = ""
    error: Error | None = None


class Replaced(Record):
    """Builtins or assertions are no longer what they were."""

    event: Literal["replaced"]
    names: Ids


class Broken(Record):
    """The harness itself failed."""

    event: Literal["broken"]
    reason: Text


class Done(Record):
    """The run came to its end."""

    event: Literal["done"]
    passed: int
    failed: int
    skipped: int


Event = Annotated[
    Plan | Mark | Collected | LoadFailed | Start | End | Told | Raised | Printed | Replaced | Broken | Done,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
UNDER_WAY = ""
"""What stands for the id of a test that did not end."""

FRAME = re.compile(rb'^  File "([^"\n]{1,4096})", line (\d{1,8}) in ', re.MULTILINE)


@dataclass
class Report:
    """
    What a run told.

    :param results: The ends of the tests, by id, in the order of their ends.
    :param told: What was told of the checks and examples of the tests that ended, by id.
    :param proof: The tests of which all was decided outside, by id.
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
    proof: frozenset[str] = frozenset()
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
    prefix = nonce.encode() + b" "
    lines = [line[len(prefix) :] for line in stdout.split(b"\n") if line.startswith(prefix)]
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
        case Plan():
            report.plan = event
        case Mark():
            report.reached.add(event.event)
        case Collected():
            report.malformed |= report.collected is not None or bool(report.results)
            report.collected = event
        case LoadFailed():
            report.load_error = event.error
        case Start():
            report.malformed |= bool(report.under_way)
            report.under_way = event.test
            report.told[UNDER_WAY] = []
        case Told() | Raised() | Printed():
            report.malformed |= not report.under_way
            report.told.setdefault(UNDER_WAY, []).append(event)
        case End():
            report.malformed |= event.test != report.under_way or (event.event == "failed") != (event.error is not None)
            report.under_way = ""
            test = _free(event.test, report.results)
            report.results[test] = event
            report.told[test] = report.told.pop(UNDER_WAY, [])
        case Replaced():
            report.replaced = tuple(dict.fromkeys((*report.replaced, *event.names)))
        case Done():
            report.done = event


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
