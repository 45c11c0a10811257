"""What the runs of one candidate add up to, in every language."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from assay.convert import seconds_from_proto
from assay.errors import AssayError, Unavailable
from assay.stage import Finding, Severity, StageResult, StageStatus
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

MAX_DETAIL = 2_000

MAX_FAILURES = 10
"""Failed tests of one run that get a finding of their own; the rest are counted."""


def bounded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Drop what was said before, and all but the first failures."""
    seen: set[tuple[str, object, str]] = set()
    for finding in findings:
        key = (finding.rule_id, finding.location, finding.message)
        if key not in seen and len(seen) < MAX_FAILURES:
            seen.add(key)
            yield finding


@dataclass
class Account:
    """
    The sum of a candidate's runs; it becomes the stage's result.

    :param isolation: How tests were kept from the code under test: "proof" where every result was compared outside its
        process, "resistant" where tests shared it, "mixed" where some did.
    :param unable: Why runs, or parts of them, could not speak for the candidate.
    :param failure: Why a run could not be made at all; empty where all could.
    """

    isolation: str = "resistant"
    findings: list[Finding] = field(default_factory=list)
    unable: list[str] = field(default_factory=list)
    failure: str = ""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    planned: int = 0
    details: dict[str, str] = field(default_factory=dict)
    _cpu: float = 0.0
    _wall: float = 0.0
    _outcome: str = ""
    _language_version: str = ""

    def add(self, result: ExecutionResult, *, as_expected: bool = False) -> None:
        """
        Add what a run used, and how it ended; of several the first that did not end well is told.

        :param as_expected: Whether it was to end so, for example with another status than 0.
        """
        self._cpu += seconds_from_proto(result.usage.cpu_time)
        self._wall += seconds_from_proto(result.usage.wall_time)
        outcome = "OK" if as_expected else Outcome.Name(result.outcome).removeprefix("OUTCOME_")
        self._outcome = outcome if self._outcome in {"", "OK"} else self._outcome
        self._language_version = result.language_version or self._language_version

    def could_not(self, label: str, error: AssayError) -> None:
        """
        Note why a run could not be made at all.

        :param label: What a person calls the run.
        :raises assay.errors.Unavailable: What it needs is away, and nothing is decided yet: later it may be there, and
            who can wait for that should.
        """
        self.failure = f"{label} could not be run: {error.message}"
        if isinstance(error, Unavailable) and not self.is_decided:
            raise type(error)(self.failure, metadata=error.metadata, retry_after=error.retry_after)

    def find(self, finding: Finding) -> bool:
        """Add a finding; return whether it is a new one."""
        if finding in self.findings:
            return False
        self.findings.append(finding)
        return True

    def isolate(self, ways: Collection[str]) -> None:
        """Note by which ways tests were judged; where none was, what was noted stands."""
        if ways:
            self.isolation = "mixed" if len(ways) > 1 else next(iter(ways))

    @property
    def is_decided(self) -> bool:
        """Whether what was found rejects the candidate, whatever could not be run."""
        return any(finding.severity >= Severity.HIGH for finding in self.findings)

    def result(self) -> StageResult:
        """
        Return the stage's result.

        Where the sandbox could not be used it is FAILED, and where the code could not be run as it should SKIPPED,
        unless what was found before decides already.
        """
        details = {
            "tests_total": str(self.planned),
            "tests_passed": str(self.passed),
            "tests_failed": str(self.failed),
            "tests_skipped": str(self.skipped),
            "outcome": self._outcome,
            "cpu_seconds": f"{self._cpu:.3f}",
            "wall_seconds": f"{self._wall:.3f}",
            "language_version": self._language_version,
            "isolation": self.isolation,
            **self.details,
        }
        if not_run := [*self.unable, *filter(None, [self.failure])]:
            details["not_run"] = "; ".join(not_run)[:MAX_DETAIL]
        status, reason = StageStatus.COMPLETED, ""
        if not self.is_decided:
            if self.failure:
                status, reason = StageStatus.FAILED, self.failure
            elif self.unable:
                status, reason = StageStatus.SKIPPED, self.unable[0]
        return StageResult(status, tuple(self.findings), reason=reason, details=details)
