"""One run, and what it says about the candidate, as far as that is known."""

import re
from dataclasses import dataclass, field

from assay.stage import Candidate, Finding
from assay.v1.sandbox_pb2 import ExecutionResult

from .apart import Tests
from .faults import Reader
from .preparation import Code
from .report import Report

SKIPS = re.compile(r"\bskip|\btodo\b|\bx(it|describe|test)\b")


@dataclass
class Judgement:
    """
    What one run says.

    :param unable: Why the run, or part of it, could not speak for the candidate; empty where it could.
    :param isolation: How each test was kept from the code: "proof" or "resistant".
    """

    findings: list[Finding] = field(default_factory=list)
    unable: str = ""
    isolation: set[str] = field(default_factory=set)
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    planned: int = 0

    def lacking(self, reason: str) -> None:
        """Note why the run could not speak for the candidate; the first reason stands."""
        self.unable = self.unable or reason


@dataclass(frozen=True)
class Ran:
    """
    One run, and what is known about it.

    :param label: What a person calls it, for example "the tests in a.js".
    :param is_specified: Whether its tests are the examples of the specification.
    """

    candidate: Candidate
    code: Code
    tests: Tests | None
    label: str
    result: ExecutionResult
    report: Report
    reader: Reader
    is_specified: bool = False

    @property
    def skips(self) -> bool:
        """Whether the tests can skip themselves; where they cannot, nobody else does."""
        return self.tests is not None and bool(SKIPS.search(self.tests.text))
