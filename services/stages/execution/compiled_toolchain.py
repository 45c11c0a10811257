"""What compiled languages differ in: how a program is made of a candidate and its tests, and what its messages say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assay.stage import Candidate, SourceFile, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult


@dataclass(frozen=True, slots=True)
class Program:
    """
    What goes into the sandbox for one run; see :class:`services.stages.execution.sandbox.Runnable`.

    :param stdin: As a rule the nonce and a line end; it is read before any code of the candidate runs.
    """

    files: tuple[SourceFile, ...]
    entry_point: str
    stdin: bytes = b""


class CannotRun(Exception):
    """
    A suite cannot be run for this candidate, which has no part in that; the result says so.

    :param reason: Half a sentence, for example "PHPUnit is not in this environment".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Problem:
    """
    An error that the compiler tells of.

    :param path: The file that it stands in: one of the candidate's, one of the tests', or empty where it is not told.
    :param message: In the compiler's words, one line.
    :param name: What is missing, where ``missing`` says that something is.
    :param missing: "module" for a header, package or crate that this environment lacks, "name" for something that
        neither the code nor the tests define, "standard" for something of the language's own library that was not
        included or imported, "elsewhere" for what the code declares and another file of its project may define.
    """

    path: str
    line: int
    message: str
    name: str = ""
    missing: Literal["", "module", "name", "standard", "elsewhere"] = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A test that did not pass.

    :param test: Its name; empty where the tests are one program.
    :param message: What it says, or the exception's message.
    :param exception: The type of the exception that ended it; empty where a comparison failed.
    :param test_line: Where in the tests it failed; 0 where that is not known.
    :param statement: The source of what failed, where known.
    :param path: The candidate's file, and ``line`` the line, at which it failed, where known.
    """

    test: str = ""
    message: str = ""
    exception: str = ""
    test_line: int = 0
    statement: str = ""
    actual: str = ""
    expected: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """
    What a run told about its tests.

    :param ended: Whether the tests came to their own end; only that, and no failure, is a pass.
    :param planned: How many there are, known before any of the candidate's code ran.
    :param under_way: The test that had begun and not ended, where that is known.
    :param missing: What was imported while the program ran, and this environment lacks.
    """

    ended: bool
    planned: int = 1
    passed: int = 0
    skipped: int = 0
    failures: Sequence[Failure] = ()
    under_way: str = ""
    missing: str = ""


class Toolchain(Protocol):
    """A compiled language. Every method is a pure function, quick for the largest candidate."""

    @property
    def language(self) -> str:
        """The language's name in the sandbox."""

    def program(self, candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
        """
        Return the program of a run.

        :param suite: The tests; None where the candidate is only compiled. Nothing of it runs then.
        :param nonce: 32 hexadecimal digits, with which the report of the tests' end begins.
        :raises CannotRun: The tests are of a kind that this environment lacks.
        """

    def own_program(self, candidate: Candidate) -> Program:
        """Return the candidate as the program that it is, with its own main; see :func:`as_submitted`."""

    def problems(self, candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
        """Return the errors, in their order, of what the compiler wrote; warnings are none."""

    def ran(self, candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
        """Return what a run's output tells about its tests. It was written beside hostile code."""


def as_submitted(candidate: Candidate) -> Program:
    """Return the candidate as a program of its own, every file under its own path."""
    return Program((*candidate.context_files, *candidate.files), candidate.entry().path)


def tests_path(candidate: Candidate, suite: TestSuite) -> str:
    """Return a path for the tests in compilers' messages that is none of the candidate's."""
    path = suite.files[0].path
    taken = {file.path for file in (*candidate.files, *candidate.context_files)}
    while path in taken:
        path = f"tests/{path}"
    return path
