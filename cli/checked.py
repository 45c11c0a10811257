"""One file's result, and the sum of many."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.v1 import validation_pb2

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
    """

    name: str
    validation: validation_pb2.Validation | None = None
    reason: str = ""
    message: str = ""
    files: Mapping[str, CheckedFile] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status of a call with this source alone."""
        return (
            exits.UNDETERMINED if self.validation is None else _STATUS.get(self.validation.verdict, exits.UNDETERMINED)
        )


class Tally:
    """Counts results."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.seconds = 0.0

    def add(self, checked: Checked) -> None:
        """Count one result."""
        self._counts[checked.status] += 1

    @property
    def files(self) -> int:
        """How many were counted."""
        return self._counts.total()

    @property
    def exit_status(self) -> int:
        """The exit status of the whole call."""
        return exits.of_all(self._counts)

    def figures(self) -> dict[str, float]:
        """Return the counts by what was decided, and the time that it took."""
        return {
            "files": self.files,
            "authentic": self._counts[exits.AUTHENTIC],
            "inauthentic": self._counts[exits.INAUTHENTIC],
            "undetermined": self._counts[exits.UNDETERMINED],
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        figures = self.figures()
        return (
            f"{self.files} files: {figures['authentic']} authentic, {figures['inauthentic']} inauthentic, "
            f"{figures['undetermined']} undetermined, in {self.seconds:.1f} s"
        )
