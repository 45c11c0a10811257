"""
The corpus of sandbox programs: what a case may say, and whether a run is what its case expects.

One loader for tests and benchmarks.
"""

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Self

from assay.convert import duration_to_proto
from assay.v1 import limits_pb2, sandbox_pb2
from pydantic import Field, StringConstraints, model_validator

from sandbox.limits import Limits
from tests.corpus import yaml_cases
from tests.corpus.sandbox_expectations import Expectation, Part, as_bytes

FOLDER = Path(__file__).parent / "sandbox"

CI_LANGUAGES = ("python", "javascript", "bash", "c")
"""The languages whose images CI builds."""

USUAL_FILES = {
    "python": "main.py",
    "python-data": "main.py",
    "javascript": "main.js",
    "typescript": "main.ts",
    "bash": "main.sh",
    "c": "main.c",
    "cpp": "main.cpp",
    "go": "main.go",
    "java": "Main.java",
    "rust": "main.rs",
    "ruby": "main.rb",
    "php": "main.php",
}
"""What a lone file of each language is called."""

LIMITS = frozenset(field.name for field in fields(Limits))
TIMES = {"wall_seconds": "wall_time", "cpu_seconds": "cpu_time", "compile_seconds": "compile_time"}


class Bulk(Part):
    """A text too long to be written down: ``head``, then ``text`` so many times, then ``tail``."""

    repeat: Annotated[int, Field(ge=1)]
    text: str
    head: str = ""
    tail: str = ""


class Repeated(Part):
    """A standard input too long to be written down."""

    text: str
    times: Annotated[int, Field(ge=1)]


class File(Part):
    """A file of the request besides the program."""

    path: str
    content: str | None = None
    base64: str | None = None
    executable: bool = False

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if len(self.given("content", "base64")) != 1:
            raise ValueError("a file has either content or base64")
        return self

    def data(self) -> bytes:
        """Return the bytes."""
        return as_bytes(self.content, self.base64)


class Case(Part):
    """One program, and what becomes of it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    language: str
    why: Annotated[str, StringConstraints(min_length=20, pattern=r"\.\s*$")]
    security: bool = False
    program: str | None = None
    program_base64: str | None = None
    program_lines: Bulk | None = None
    files: list[File] = Field(default_factory=list)
    entry_point: str | None = None
    stdin: str | None = None
    stdin_base64: str | None = None
    stdin_repeat: Repeated | None = None
    arguments: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    limits: dict[str, int | float] = Field(default_factory=dict)
    artifact_globs: list[str] = Field(default_factory=list)
    expect: Expectation
    runsc: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.language not in USUAL_FILES:
            raise ValueError(f"there is no language {self.language}")
        self.at_most_one("program", "program_base64", "program_lines")
        self.at_most_one("stdin", "stdin_base64", "stdin_repeat")
        has_program = bool(self.given("program", "program_base64", "program_lines"))
        if not has_program and (not self.files or self.entry_point is None):
            raise ValueError("a case has a program, or files and an entry_point")
        paths = [path for path, _, _ in self.all_files()]
        if len(set(paths)) != len(paths) or self.entry() not in paths:
            raise ValueError("paths are unique, and the entry point is one of them")
        if unknown := sorted(set(self.limits) - LIMITS):
            raise ValueError(f"there is no limit {', '.join(unknown)}")
        if self.runsc is not None and not self.security:
            raise ValueError("runsc is for security cases")
        self.on_runsc()
        return self

    def entry(self) -> str:
        """Return the path of the file that is run."""
        return self.entry_point or USUAL_FILES[self.language]

    def all_files(self) -> list[tuple[str, bytes, bool]]:
        """Return path, bytes and executable bit of every file, the program first."""
        program: list[tuple[str, bytes, bool]] = []
        if self.program_lines is not None:
            bulk = self.program_lines
            program = [(self.entry(), (bulk.head + bulk.text * bulk.repeat + bulk.tail).encode(), False)]
        elif self.given("program", "program_base64"):
            program = [(self.entry(), as_bytes(self.program, self.program_base64), False)]
        return program + [(file.path, file.data(), file.executable) for file in self.files]

    def stdin_bytes(self) -> bytes:
        """Return the standard input."""
        if self.stdin_repeat is not None:
            return self.stdin_repeat.text.encode() * self.stdin_repeat.times
        return as_bytes(self.stdin, self.stdin_base64)

    def on_runsc(self) -> Expectation | str:
        """Return what to expect of the runtime runsc, or why the case is skipped there."""
        changes = dict(self.runsc or {})
        if "skip" in changes:
            if set(changes) != {"skip"} or not isinstance(changes["skip"], str) or not changes["skip"]:
                raise ValueError("runsc: skip stands alone and gives a reason")
            return str(changes["skip"])
        return Expectation.model_validate(self.expect.model_dump(exclude_unset=True) | changes)

    def request(self) -> sandbox_pb2.ExecuteRequest:
        """Return the request for a run of this case."""
        limits: dict[str, Any] = {}
        for name, value in self.limits.items():
            limits[TIMES.get(name, name)] = duration_to_proto(value) if name in TIMES else value
        return sandbox_pb2.ExecuteRequest(
            language=self.language,
            files=[
                {"path": path, "content": content, "executable": executable}
                for path, content, executable in self.all_files()
            ],
            entry_point=self.entry(),
            arguments=self.arguments,
            environment=self.environment,
            stdin=self.stdin_bytes(),
            limits=limits_pb2.ExecutionLimits(**limits),
            artifact_globs=self.artifact_globs,
        )


def parse(text: str, where: str) -> list[Case]:
    """Return the cases of one file's text; see :func:`tests.corpus.yaml_cases.parse`."""
    return yaml_cases.parse(text, where, Case)


def load(folder: Path = FOLDER) -> list[Case]:
    """Return all cases, in the order of the files' names; see :func:`tests.corpus.yaml_cases.load`."""
    return yaml_cases.load(folder, Case)
