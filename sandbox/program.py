"""A program to run, and the result of a run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.errors import InvalidArgument
from assay.stage import SourceFile

from sandbox.limits import Limits
from sandbox.outcome import Outcome
from sandbox.runner.globs import matcher

MAX_ARGUMENTS = 1_000
MAX_ARGUMENT_BYTES = 100_000
MAX_ARGUMENTS_BYTES = 384 * 1024
"""Of all arguments, and of all variables with their names: escaped, they still fit into a frame."""

MAX_VARIABLES = 200
MAX_GLOBS = 32
MAX_GLOB_CHARACTERS = 256
MAX_GLOB_STARS = 6
MAX_STDIN_BYTES = 16 * 1024 * 1024
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Program:
    """
    What is run.

    :param entry_point: The path of one of the files.
    """

    language: str
    files: tuple[SourceFile, ...]
    entry_point: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    artifact_globs: tuple[str, ...] = ()


def check(program: Program) -> Program:
    """Return the program if all but its files is in bounds; raise :class:`InvalidArgument` otherwise."""
    if program.entry_point not in {file.path for file in program.files}:
        raise InvalidArgument("entry_point", "it is not the path of one of the files")
    if program.entry_point.startswith("-"):
        raise InvalidArgument("entry_point", "a program's path does not start with '-'")
    if len(program.stdin) > MAX_STDIN_BYTES:
        raise InvalidArgument("stdin", f"it has at most {MAX_STDIN_BYTES} bytes")
    _check_arguments(program.arguments)
    _check_environment(program.environment)
    _check_globs(program.artifact_globs)
    return program


def _check_arguments(arguments: tuple[str, ...]) -> None:
    if len(arguments) > MAX_ARGUMENTS:
        raise InvalidArgument("arguments", f"{len(arguments)} are more than the {MAX_ARGUMENTS} allowed")
    for index, argument in enumerate(arguments):
        _check_text(argument, f"arguments[{index}]")
    if sum(len(argument.encode()) for argument in arguments) > MAX_ARGUMENTS_BYTES:
        raise InvalidArgument("arguments", f"together they have at most {MAX_ARGUMENTS_BYTES} bytes")


def _check_environment(environment: Mapping[str, str]) -> None:
    if len(environment) > MAX_VARIABLES:
        raise InvalidArgument("environment", f"{len(environment)} variables are more than the {MAX_VARIABLES} allowed")
    for name, value in environment.items():
        if not VARIABLE.fullmatch(name) or len(name) > 256:
            raise InvalidArgument("environment", "a name is at most 256 letters, digits and '_', no digit first")
        _check_text(value, f"environment[{name}]")
    if sum(len(name) + len(value.encode()) for name, value in environment.items()) > MAX_ARGUMENTS_BYTES:
        raise InvalidArgument("environment", f"together the variables have at most {MAX_ARGUMENTS_BYTES} bytes")


def _check_text(text: str, where: str) -> None:
    if "\0" in text:
        raise InvalidArgument(where, "it has a NUL byte")
    if len(text.encode()) > MAX_ARGUMENT_BYTES:
        raise InvalidArgument(where, f"it has at most {MAX_ARGUMENT_BYTES} bytes")


def _check_globs(globs: tuple[str, ...]) -> None:
    if len(globs) > MAX_GLOBS:
        raise InvalidArgument("artifact_globs", f"{len(globs)} are more than the {MAX_GLOBS} allowed")
    for index, glob in enumerate(globs):
        where = f"artifact_globs[{index}]"
        if not glob or len(glob) > MAX_GLOB_CHARACTERS or "\0" in glob:
            raise InvalidArgument(where, f"a glob has 1 to {MAX_GLOB_CHARACTERS} characters, none of them NUL")
        if glob.startswith("/") or ".." in glob.split("/"):
            raise InvalidArgument(where, "a glob is relative to the work directory and stays in it")
        if glob.replace("**", "*").count("*") > MAX_GLOB_STARS:
            raise InvalidArgument(where, f"a glob has at most {MAX_GLOB_STARS} stars")
        try:
            matcher([glob])
        except re.error:
            raise InvalidArgument(where, "it is not a glob") from None


@dataclass(frozen=True, slots=True)
class Output:
    """What was kept of one stream; where truncated, the first ``head_bytes`` are the beginning and the rest the end."""

    content: bytes = b""
    total_bytes: int = 0
    truncated: bool = False
    head_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A file that the program left behind; its path is escaped."""

    path: str
    content: bytes
    executable: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What a step used: CPU seconds of everything, wall seconds on the service's clock, bytes at the peak."""

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Compilation:
    """What compiling a program did."""

    outcome: Outcome
    evidence: Mapping[str, str]
    exit_code: int | None
    stdout: Output
    stderr: Output
    usage: Usage


@dataclass(slots=True)
class Phases:
    """Seconds spent in each phase."""

    queued: float = 0.0
    claim: float = 0.0
    compile: float = 0.0
    run: float = 0.0
    collect: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """
    What a run did.

    :param not_enforced: Limits that the runtime does not enforce; empty but under ``limits: best-effort``.
    """

    execution_id: str
    outcome: Outcome
    evidence: Mapping[str, str]
    exit_code: int | None
    signal: int | None
    stdout: Output
    stderr: Output
    usage: Usage
    phases: Phases
    requested: Limits
    applied: Limits
    not_enforced: frozenset[str]
    artifacts: tuple[ArtifactFile, ...]
    artifacts_omitted: Mapping[str, str]
    language_version: str
    compilation: Compilation | None = None
