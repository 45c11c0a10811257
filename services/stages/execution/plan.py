"""What is run for a candidate: one run for each suite of tests, or one that only imports it."""

import base64
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath

from assay.stage import Candidate, SourceFile, TestFramework, TestSuite

from .python.prepared import CORE, FOR_CALLS, FOR_PYTEST, FOR_READING, PREPARED
from .python.reading import Reading, Suite

DUMP_SHARE = 0.8
"""The share of the time limit after which the harness notes where the program stands."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    One run in a sandbox.

    :param suite: The tests; None where the candidate is only imported.
    :param label: What a person calls it, for example "the tests in test_area.py".
    :param examples: Whether the examples of the docstrings and the specification are part of it.
    """

    suite: TestSuite | None
    label: str
    examples: bool


@dataclass(frozen=True, slots=True)
class Program:
    """
    What goes into the sandbox for one run.

    :param nonce: What the report's lines begin with. It is on standard input alone, which is read before the candidate
        is loaded.
    """

    files: tuple[SourceFile, ...]
    entry_point: str
    stdin: bytes
    nonce: str


def runs(candidate: Candidate) -> tuple[Run, ...]:
    """Return the runs of a candidate; the first one carries the examples, so that few runs are needed."""
    suites = [suite for suite in candidate.tests if suite.files]
    if not suites:
        return (Run(None, "the import", examples=True),)
    return tuple(
        Run(suite, f"the tests in {suite.files[0].path}", examples=index == 0) for index, suite in enumerate(suites)
    )


def program(candidate: Candidate, run: Run, reading: Reading, seconds: float) -> Program:
    """
    Return the program of a run.

    What is left of the first test file travels on standard input and is never a file in the sandbox; so does each
    ``conftest.py`` of its folder and those above, so that the candidate's own has no say. Other files of the suite give
    way to files of the candidate with the same path, and so do files of the candidate's context.
    """
    nonce = secrets.token_hex(16)
    folder = f".assay-{secrets.token_hex(4)}"
    conftests = _conftests(run.suite) if run.suite else ()
    beside = [file for file in run.suite.files[1:] if file not in conftests] if run.suite else []
    own = (*candidate.context_files, *candidate.files)
    files = {file.path: file for file in (*beside, *own)}
    read = reading.of(candidate, run.suite) if run.suite else None
    harness = (
        SourceFile(f"{folder}/{file.path}", file.content)
        for file in PREPARED.files(_modules(read, reading, is_pytest=bool(conftests)))
    )
    examples = reading.examples if run.examples else ()
    job = {
        "nonce": nonce,
        "entry": reading.entry.as_job(),
        "files": [file.path for file in own],
        "examples": [(each.test, [example.source for example in each.examples]) for each in examples],
        "calls": [call.expression for call in reading.calls],
        "dump_after": max(0.1, seconds * DUMP_SHARE),
        "suite": _suite(run.suite, read, conftests) if run.suite and read else None,
    }
    # A literal of Python, since the harness has no need of another module to read it.
    return Program((*files.values(), *harness), f"{folder}/main.py", ascii(job).encode(), nonce)


def _conftests(suite: TestSuite) -> tuple[SourceFile, ...]:
    """Return the configuration that came with the tests and applies to the first file, the outermost first."""
    folders = PurePosixPath(suite.files[0].path).parents
    found = [file for file in suite.files[1:] if PurePosixPath(file.path).name == "conftest.py"]
    applying = [file for file in found if PurePosixPath(file.path).parent in folders]
    return tuple(sorted(applying, key=lambda file: file.path.count("/")))


def _suite(suite: TestSuite, read: Suite, conftests: tuple[SourceFile, ...]) -> dict[str, object]:
    return {
        "path": suite.files[0].path,
        "source": base64.b64encode(read.taken.source).decode(),
        "tests": read.tests,
        "tell": read.taken.tell,
        "modules": read.modules,
        "conftests": [(file.path, base64.b64encode(file.content).decode()) for file in conftests],
        "appended": suite.framework is TestFramework.ASSERTS,
    }


def _modules(read: Suite | None, reading: Reading, *, is_pytest: bool) -> frozenset[str]:
    """Return the modules of the harness that a run has a use for."""
    modules = CORE | (FOR_CALLS if reading.calls else frozenset())
    if read is None:
        return modules
    if read.tests is None:
        return modules | FOR_READING | FOR_PYTEST
    return modules | (FOR_PYTEST if is_pytest or read.tests["needs_pytest"] else frozenset())
