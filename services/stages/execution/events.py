"""What a run can tell: each event is one line of its report, of strict types, with no field besides those known."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

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


class Calling(Record):
    """A call begins that nobody asked for, since there is nothing else to run."""

    event: Literal["calling"]
    call: Number


class Called(Record):
    """Such a call ended."""

    event: Literal["called"]
    call: Number
    error: Error | None = None


class Lines(Record):
    """
    How many lines of the candidate ran.

    :param uncalled: Functions that were never called.
    """

    event: Literal["lines"]
    covered: Number
    total: Number
    uncalled: Ids


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
    Plan
    | Mark
    | Collected
    | LoadFailed
    | Start
    | End
    | Told
    | Raised
    | Printed
    | Calling
    | Called
    | Lines
    | Replaced
    | Broken
    | Done,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def told_lines(stdout: bytes, nonce: str) -> list[bytes]:
    """Return what lines of an output say that begin with the nonce."""
    prefix = nonce.encode() + b" "
    return [line[len(prefix) :] for line in stdout.split(b"\n") if line.startswith(prefix)]
