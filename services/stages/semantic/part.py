"""What the semantic stage is made of."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from assay.stage import Candidate, Finding, StageResources

MAX_CANDIDATE_FINDINGS = 1_000
"""Findings kept of one candidate, the gravest first."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a part found in one candidate, and facts about what it looked at."""

    findings: tuple[Finding, ...] = ()
    details: dict[str, str] = field(default_factory=dict)


class Part(Protocol):
    """One way of telling whether what code names exists. One instance serves many candidates at a time."""

    @property
    def version(self) -> str:
        """The version of its rules and of the data that they go by."""

    @property
    def languages(self) -> frozenset[str]:
        """The languages that it knows."""

    @property
    def unavailable(self) -> str:
        """Why it cannot be asked, and what to do about it; empty where it can."""

    async def judge(self, candidate: Candidate) -> Report:
        """
        Judge one candidate in a language that it knows.

        :raises assay.errors.AssayError: It could not.
        """


PartFactory = Callable[[StageResources], AbstractAsyncContextManager[Part]]
"""Opens a part; what it started ends with it."""


def merged(reports: Iterable[Report]) -> Report:
    """
    Return what several parts said as one, the gravest first.

    Of findings that begin at one place the gravest is kept, and among equals that of the part that comes first: two
    ways of telling would tell the same.
    """
    kept: dict[object, Finding] = {}
    details: dict[str, str] = {}
    for report in reports:
        details |= report.details
        for finding in report.findings:
            place = finding.location
            whole = (finding.rule_id, finding.message)
            key = whole if place is None else (place.path, place.start_line, place.start_column)
            if key not in kept or kept[key].severity < finding.severity:
                kept[key] = finding
    findings = sorted(kept.values(), key=lambda finding: -finding.severity)[:MAX_CANDIDATE_FINDINGS]
    return Report(tuple(findings), details)
