"""What goes into the sandbox for one run of an interpreted candidate."""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assay.stage import Candidate, SourceFile, TestSuite

from services.stages.execution.plan import Program

OWN_NAME = re.compile(b"assay", re.IGNORECASE)
HARNESS = Path(__file__).parent / "harness"


@dataclass(frozen=True, slots=True)
class Test:
    """
    One test: code that is run, and where it was taken apart an expression whose value is compared outside.

    :param line: The line of the tests by which a person knows it.
    :param code_line: The line on which the code begins.
    :param value: The expression; empty where the code itself decides.
    """

    __test__ = False

    line: int
    code: str
    code_line: int = 1
    value: str = ""
    value_line: int = 1

    @property
    def id(self) -> str:
        """Its name in the report."""
        return f"line {self.line}"


def program(candidate: Candidate, suite: TestSuite | None, mode: str, tests: Sequence[Test]) -> Program:
    """
    Return the program of a run.

    The tests travel on standard input and are never a file that the candidate could read. What the harness calls itself
    is another name in each run, so that no code can be written to call it. Other files of the suite, and
    of the candidate's context, give way to files of the candidate with the same path.

    :param mode: What the harness does: "load", "check", "script", or the unit test framework that runs the tests.
    """
    nonce, token = secrets.token_hex(16), secrets.token_hex(4)
    folder = f".assay-{token}"
    beside = suite.files[1:] if suite else ()
    files = {file.path: file for file in (*beside, *candidate.context_files, *candidate.files)}
    own = {b"assay": f"assay{token}".encode(), b"Assay": f"Assay{token}".encode()}
    harness = (
        SourceFile(f"{folder}/{name}", OWN_NAME.sub(lambda found: own[found[0]], content))
        for name, content in _harness(candidate.language)
    )
    test_path = suite.files[0].path if suite else ""
    head = (nonce, mode, _encoded(candidate.entry().path), _encoded(test_path))
    stdin = "\n".join((*head, *map(_line, tests))) + "\n"
    return Program((*files.values(), *harness), f"{folder}/{_main(candidate.language)}", stdin.encode(), nonce)


def _line(test: Test) -> str:
    fields = (test.id, test.code_line, _encoded(test.code), test.value_line, _encoded(test.value))
    return "\t".join(map(str, fields))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


@cache
def _harness(language: str) -> tuple[tuple[str, bytes], ...]:
    return tuple((file.name, file.read_bytes()) for file in sorted((HARNESS / language).iterdir()))


def _main(language: str) -> str:
    return next(name for name, _ in _harness(language) if name.startswith("main."))
