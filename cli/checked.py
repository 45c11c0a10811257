"""One file's result, and the sum of many."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assay.v1 import finding_pb2, validation_pb2

from cli import exits

_STATUS = {
    validation_pb2.VERDICT_AUTHENTIC: exits.AUTHENTIC,
    validation_pb2.VERDICT_INAUTHENTIC: exits.INAUTHENTIC,
}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """
    One file that went along.

    :param name: What the caller knows it by; not fit for a terminal as it is.
    """

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """
    What became of one source.

    :param name: What the caller called it; not fit for a terminal as it is.
    :param validation: What the suite said; None where it could not be asked or could not answer.
    :param reason: Where there is no validation, an ErrorReason, or "SOURCE" where the file could not be read.
    :param message: Where there is no validation, why, for a person.
    :param files: The files by their paths in the candidate, for excerpts.
    :param fail_on: The least severity of a finding with which the file does not pass, whatever the verdict; 0: none.
    :param known: Whether the same was checked before, and the result is that one.
    """

    name: str
    validation: validation_pb2.Validation | None = None
    reason: str = ""
    message: str = ""
    files: Mapping[str, CheckedFile] = field(default_factory=dict)
    fail_on: int = 0
    known: bool = False

    @property
    def status(self) -> int:
        """The exit status of a call with this source alone."""
        if self.validation is None:
            return exits.UNDETERMINED
        if self.failing:
            return exits.INAUTHENTIC
        return _STATUS.get(self.validation.verdict, exits.UNDETERMINED)

    @property
    def failing(self) -> bool:
        """Whether a finding that counts is as severe as the caller bears no more."""
        if self.validation is None or not self.fail_on:
            return False
        return any(_fails(finding, self.fail_on) for finding in counting(self.validation))

    def name_of(self, path: str) -> str:
        """Return what the caller knows a file of the candidate by."""
        return self.files[path].name if path in self.files else path


def findings_of(validation: validation_pb2.Validation) -> Iterator[finding_pb2.Finding]:
    """Return all findings, in the order of the stages."""
    return (finding for result in validation.stage_results for finding in result.findings)


def counting(validation: validation_pb2.Validation) -> Iterator[finding_pb2.Finding]:
    """Return the findings that are not suppressed."""
    return (finding for finding in findings_of(validation) if not finding.suppressed)


def _fails(finding: finding_pb2.Finding, least: int) -> bool:
    # What the environment of the check lacks is nobody's fault.
    return finding.severity >= least and finding.category != finding_pb2.FINDING_CATEGORY_ENVIRONMENT


class Tally:
    """Counts results."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._verdicts: Counter[int] = Counter()
        self.known = 0
        self.mended: list[str] = []
        self.seconds = 0.0

    def add(self, checked: Checked) -> None:
        """Count one result."""
        self._count(checked, 1)
        self.known += checked.known

    def mend(self, before: Checked, after: Checked) -> None:
        """Count a result that was counted, and whose file was mended, as what it has become."""
        self._count(before, -1)
        self._count(after, 1)
        self.mended.append(after.name)

    def _count(self, checked: Checked, by: int) -> None:
        self._counts[checked.status] += by
        verdict = None if checked.validation is None else checked.validation.verdict
        self._verdicts[exits.UNDETERMINED if verdict is None else _STATUS.get(verdict, exits.UNDETERMINED)] += by

    @property
    def files(self) -> int:
        """How many were counted."""
        return self._counts.total()

    @property
    def exit_status(self) -> int:
        """The exit status of the whole call."""
        return exits.of_all(status for status, count in self._counts.items() if count)

    @property
    def failing(self) -> int:
        """How many did not pass although no verdict rejects them."""
        return self._counts[exits.INAUTHENTIC] - self._verdicts[exits.INAUTHENTIC]

    def figures(self) -> dict[str, float]:
        """Return the counts by what was decided, and the time that it took."""
        return {
            "files": self.files,
            "authentic": self._verdicts[exits.AUTHENTIC],
            "inauthentic": self._verdicts[exits.INAUTHENTIC],
            "undetermined": self._verdicts[exits.UNDETERMINED],
            "failing": self.failing,
            "known": self.known,
            "mended": len(self.mended),
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        figures = self.figures()
        failing = f" ({self.failing} more fail by a finding)" if self.failing else ""
        known = f", {self.known} of them known" if self.known else ""
        mended = f", {len(self.mended)} mended" if self.mended else ""
        return (
            f"{self.files} files: {figures['authentic']} authentic, {figures['inauthentic']} inauthentic, "
            f"{figures['undetermined']} undetermined{failing}{known}{mended}, in {self.seconds:.1f} s"
        )
