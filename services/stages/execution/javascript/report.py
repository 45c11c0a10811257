"""The report that comes out of the sandbox. It was written beside hostile code: every line is checked."""

import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from services.stages.execution.events import MAX_EVENTS, Record, Short, Text, told_lines

from .evaluation import Got, Raised
from .values import UNDEFINED, Malformed, Thing, decode

Stack = Annotated[str, Field(max_length=8_000)]
Names = Annotated[tuple[Short, ...], Field(max_length=32, strict=False)]


class Thrown(Record):
    """
    What was thrown.

    :param names: Its class and those that it derives from.
    :param left: Of an assertion of Node's what was got, and ``right`` what was expected: values as values.py has them.
    """

    name: Short = ""
    message: Text = ""
    stack: Stack = ""
    code: Short = ""
    names: Names = ()
    assertion: bool = False
    left: Any = None
    right: Any = None
    operator: Short = ""

    def raised(self) -> Raised:
        """Return it as what was thrown."""
        sides = (decode(self.left), decode(self.right)) if self.assertion else (UNDEFINED, UNDEFINED)
        names = self.names or (self.name,)
        return Raised(names, self.message, self.name, self.stack, self.code, self.assertion, *sides, self.operator)


class Mark(Record):
    """How far the run came: "loading" before any code of the candidate, "loaded" after all of it, "done" at the end."""

    event: Literal["loading", "loaded", "done"]


class Failure(Record):
    """The candidate or the text of its tests ended by an exception; or one that nobody caught."""

    event: Literal["load_failed", "stopped", "uncaught"]
    error: Thrown


class Exit(Record):
    """The program was told to exit."""

    event: Literal["exit"]
    code: int
    error: Thrown


class Part(Record):
    """One part of an assertion: its value as JSON, or what it threw; neither where no more values are told."""

    value: Annotated[list[Any], Field(max_length=1)] | None = None
    error: Thrown | None = None


class Values(Record):
    """The parts of an assertion were computed."""

    event: Literal["got"]
    site: int
    got: Annotated[tuple[Part, ...], Field(max_length=64, strict=False)]


class Assertion(Record):
    """An assertion begins, or was judged in the sandbox."""

    event: Literal["asking", "held", "refused"]
    site: int
    error: Thrown | None = None


class Test(Record):
    """A test of the runner's began or ended."""

    event: Literal["start", "passed", "failed", "skipped"]
    test: Short
    error: Thrown | None = None
    reason: Short = ""


class Replaced(Record):
    """Builtins are no longer what they were."""

    event: Literal["replaced"]
    names: Names


class Broken(Record):
    """The harness itself failed."""

    event: Literal["broken"]
    reason: Text


Event = Annotated[Mark | Failure | Exit | Values | Assertion | Test | Replaced | Broken, Field(discriminator="event")]
NOT_TOLD = Thing("Opaque", "not told")
"""A value for which the report had no more room."""

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


@dataclass
class Report:
    """
    What a run told.

    :param values: What came of the parts of assertions, by site, once for each time that it was reached.
    :param judged: What assertions that were judged in the sandbox said: what they threw, or None where they held.
    :param tests: How the runner's tests ended, in their order.
    :param asking: The assertion that had begun and not ended; None where there is none.
    :param under_way: The runner's test that had begun and not ended.
    """

    reached: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    exit: Exit | None = None
    values: dict[int, list[list[Got]]] = field(default_factory=dict)
    judged: dict[int, list[Raised | None]] = field(default_factory=dict)
    tests: list[Test] = field(default_factory=list)
    replaced: tuple[str, ...] = ()
    broken: str = ""
    malformed: bool = False
    asking: int | None = None
    under_way: str = ""

    @property
    def load_error(self) -> Raised | None:
        """Why the candidate could not be loaded."""
        return next((failure.error.raised() for failure in self.failures if failure.event == "load_failed"), None)


def parse(stdout: bytes, nonce: str) -> Report:
    """Return what the lines behind the nonce tell. Never raises: what is no event marks the report as malformed."""
    report = Report()
    lines = told_lines(stdout, nonce)
    report.malformed = len(lines) > MAX_EVENTS
    for line in lines[:MAX_EVENTS]:
        try:
            _take(report, EVENT.validate_python(json.loads(line)))
        except (ValidationError, ValueError, RecursionError, Malformed):
            report.malformed = True
    return report


def _take(report: Report, event: Event) -> None:
    match event:
        case Broken():
            report.broken = event.reason
        case Mark():
            report.malformed |= "done" in report.reached
            report.reached.add(event.event)
        case Failure():
            report.failures.append(event)
        case Exit():
            report.exit = event
        case Values():
            report.asking = None
            report.values.setdefault(event.site, []).append([_part(part) for part in event.got])
        case Assertion(event="asking"):
            report.asking = event.site
        case Assertion():
            report.asking = None
            report.malformed |= (event.event == "refused") != (event.error is not None)
            report.judged.setdefault(event.site, []).append(event.error.raised() if event.error else None)
        case Test(event="start"):
            report.under_way = event.test
        case Test():
            report.under_way = ""
            report.malformed |= (event.event == "failed") != (event.error is not None)
            report.tests.append(event)
        case Replaced():
            report.replaced = tuple(dict.fromkeys((*report.replaced, *event.names)))


def _part(part: Part) -> Got:
    """Return a part's value, or what it threw."""
    if part.error is not None:
        return part.error.raised()
    return NOT_TOLD if not part.value else decode(part.value[0])
