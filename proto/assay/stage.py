"""
What a validation stage is, and the terms it speaks in.

A stage is built by a :class:`StageFactory`, which a third party names under the entry point group ``assay.stages``. The
types here are plain and frozen: a stage needs neither gRPC nor protobuf. Their meaning is that of the messages of the
same names in ``assay/v1``.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    # Workers read code and speak no gRPC: loading it would double their start.
    import grpc.aio

P = ParamSpec("P")
T = TypeVar("T")

MAX_FILES = 1_000
"""Files of one candidate, program or test suite."""


class Severity(IntEnum):
    """How much a finding matters; greater is worse."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


class Category(IntEnum):
    """What sort of defect a finding is."""

    SYNTAX = 1
    TRUNCATION = 2
    ARTIFACT = 3
    PLACEHOLDER = 4
    HALLUCINATION = 5
    BEHAVIOR = 6
    RUNTIME = 7
    SPECIFICATION = 8
    SECURITY = 9
    ENVIRONMENT = 10


class StageStatus(IntEnum):
    """Whether a stage could do its work; only COMPLETED speaks for a candidate."""

    COMPLETED = 1
    SKIPPED = 2
    NOT_APPLICABLE = 3
    FAILED = 4


class TestFramework(IntEnum):
    """How a test suite is written."""

    __test__ = False

    UNSPECIFIED = 0
    ASSERTS = 1
    UNITTEST = 2
    PYTEST = 3


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: a relative path with forward slashes, and its bytes."""

    path: str
    content: bytes
    executable: bool = False


class Comparison(IntEnum):
    """How an output is compared with the expected one; see the messages in ``assay/v1/checker.proto``."""

    EXACT = 1
    TRAILING_SPACE = 2
    TOKENS = 3
    FLOATS = 4
    PROGRAM = 5


@dataclass(frozen=True, slots=True)
class CheckerProgram:
    """A program that decides whether an output is right, in a sandbox of its own."""

    language: str
    files: tuple[SourceFile, ...]
    entry_point: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputChecker:
    """
    How an output is compared, outside the program's sandbox.

    :param absolute: The tolerance of FLOATS.
    :param relative: The same, as a share of what is expected.
    :param program: What decides, for PROGRAM alone.
    """

    comparison: Comparison = Comparison.TRAILING_SPACE
    absolute: float = 0.0
    relative: float = 0.0
    program: CheckerProgram | None = None


@dataclass(frozen=True, slots=True)
class ProgramCase:
    """One run of the entry point as a program, and what its output should be."""

    stdin: bytes
    expected_stdout: bytes
    name: str = ""
    arguments: tuple[str, ...] = ()
    checker: OutputChecker | None = None
    expected_exit_code: int = 0


@dataclass(frozen=True, slots=True)
class TestSuite:
    """
    Tests that came with a candidate: files, the first of which is run, or cases of the entry point as a program.

    :param checker: How the output of a case is compared that does not say.
    """

    __test__ = False

    files: tuple[SourceFile, ...] = ()
    framework: TestFramework = TestFramework.UNSPECIFIED
    cases: tuple[ProgramCase, ...] = ()
    checker: OutputChecker = OutputChecker()


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A piece of generated code, with what is known about what it should be.

    :param language: In lower case, never empty once the engine has seen it.
    :param entry_point: The path of the file that is run or read first; one of ``files``.
    :param specification: What the code was asked to do; empty where not known.
    :param allowed_dependencies: Distribution names; None: any that exists.
    :param context_files: Files that the code may import or read, and that are not judged.
    """

    files: tuple[SourceFile, ...]
    language: str
    language_version: str = ""
    entry_point: str = ""
    specification: str = ""
    tests: tuple[TestSuite, ...] = ()
    allowed_dependencies: frozenset[str] | None = None
    project_type: str = ""
    author: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    context_files: tuple[SourceFile, ...] = ()

    def entry(self) -> SourceFile:
        """Return the file that is run, imported or read first."""
        return next((file for file in self.files if file.path == self.entry_point), self.files[0])


@dataclass(frozen=True, slots=True)
class Location:
    """A range in one file: lines and columns start at 1, columns count code points, the end is exclusive."""

    path: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A replacement of one range by a text."""

    range: Location
    new_text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits, made together or not at all, that would mend a finding; safe ones need no person's judgement."""

    description: str
    edits: tuple[TextEdit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that a stage has to say about a candidate.

    :param rule_id: "stage/name", for example "placeholder/todo-comment".
    :param confidence: How sure the stage is, from 0 to 1.
    :param location: None where it concerns the candidate as a whole.
    :param message: One sentence; of the submitted code at most the name or line at fault. What is longer than 500
        characters loses its middle on the way to the caller, and so does the suggestion.
    :param evidence: Facts that support it; values of at most 2,000 characters.
    :param fingerprint: The same for the same finding where its line has moved; set by the engine, not by a stage.
    :param suppressed: Why it does not count; empty: it counts. Set by the engine, from the caller's policy.
    """

    rule_id: str
    category: Category
    severity: Severity
    message: str
    location: Location | None = None
    confidence: float = 1.0
    suggestion: str = ""
    fixes: tuple[Fix, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    fingerprint: str = ""
    suppressed: str = ""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """
    A rule, explained to a person.

    :param rule_id: As in its findings.
    :param explanation: A paragraph: what is wrong, why it matters, what is not meant.
    :param fires: Sources in which it fires.
    :param passes: Sources in which it does not, though they look like it.
    """

    rule_id: str
    category: Category
    severity: Severity
    explanation: str
    confidence: float = 1.0
    fires: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """
    What one feature did to a score.

    :param feature: Its name, for example "undefined_names".
    :param description: What it is, in a few words for a person.
    :param value: None where it is not known, since the stage that would tell it did not complete.
    :param log_odds: How far it moved the score: above zero towards authentic, below zero away from it.
    """

    feature: str
    description: str
    value: float | None
    log_odds: float


@dataclass(frozen=True, slots=True)
class StageResult:
    """
    What a stage says at its end.

    :param reason: Why it was skipped, not applicable or failed, and what to configure; empty where it completed.
    :param details: Figures and facts beside the findings, for example "tests_passed".
    :param seconds: How long it took; filled in by the servicer.
    :param score: How authentic the candidate is, from 0 to 1; only the stage that scores says so.
    :param contributions: What moved the score most, the strongest first.
    """

    status: StageStatus
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    version: str = ""
    seconds: float = 0.0
    score: float | None = None
    contributions: tuple[Contribution, ...] = ()


class StageContext(Protocol):
    """What a stage may use during one run."""

    @property
    def prior_results(self) -> Mapping[str, StageResult]:
        """The results of the stages that it requires, by name, where there are any."""

    @property
    def seconds_left(self) -> float:
        """The time until the run's deadline."""

    @property
    def check_determinism(self) -> bool:
        """Whether what runs is to be run twice, and compared."""

    async def found(self, finding: Finding) -> None:
        """Tell the caller of a finding before the end. It must stand in the result again."""

    async def progress(self, message: str, fraction: float) -> None:
        """Tell the caller how far the run is, from 0 to 1."""


class Stage(Protocol):
    """
    A validation stage. One instance serves many runs at a time.

    What the candidate did wrong is a finding. What the stage could not do is either a result with status SKIPPED or
    FAILED and a reason, or an :class:`assay.errors.AssayError`; any other exception is reported as a broken plug-in.
    """

    @property
    def name(self) -> str:
        """The name by which it is addressed: lower case, the first part of its rule ids."""

    @property
    def version(self) -> str:
        """The version of its rules."""

    @property
    def description(self) -> str:
        """One sentence on what it does."""

    @property
    def languages(self) -> frozenset[str]:
        """The languages that it can judge; empty: all."""

    @property
    def requires(self) -> tuple[str, ...]:
        """The stages whose results it wants before it begins."""

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """Its rules, for whoever asks what a finding means; empty where it cannot list them."""

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge one candidate. Called only with a language that it can judge."""


class Workers(Protocol):
    """Killable worker processes, in which code is read: a parser must never run in the server's own process."""

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Run a module-level function of picklable arguments in a worker process.

        Cancelling the call kills the worker.

        :raises assay.errors.PluginFailed: The worker died, ran out of its memory or time, or the function raised.
        """

    def within(self, seconds: float) -> "Workers":
        """
        Return the same workers with a shorter time for each task, counted from the task's beginning.

        :param seconds: Where the workers' own bound is less, that holds.
        """


class StageResources(Protocol):
    """What a host gives to the stages that it builds."""

    @property
    def workers(self) -> Workers:
        """Worker processes, shared by the stages of this process."""

    @property
    def options(self) -> Mapping[str, str]:
        """What the operator's settings say to this stage alone; each stage documents its own."""

    def channel(self, service: str) -> "grpc.aio.Channel":
        """Return the channel to a service of the suite, for example "sandbox". Owned by the host."""


StageFactory = Callable[[StageResources], AbstractAsyncContextManager[Stage]]
"""Builds a stage: what it opens is closed when the server stops."""
