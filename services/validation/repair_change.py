"""What repairs: anything that, given a candidate and what was found, has another text for some of its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assay.candidates import MAX_TOTAL_BYTES
from assay.stage import Candidate, Finding


@dataclass(frozen=True, slots=True)
class Change:
    """
    Changes made together.

    :param contents: The files that change, whole, by their paths. Tests, context and specification are no part of it:
        what the candidate is measured by is not repaired.
    :param mended: The fingerprints of the findings that it is for.
    """

    contents: Mapping[str, bytes]
    mended: tuple[str, ...] = ()

    def of(self, candidate: Candidate) -> Candidate | None:
        """Return a candidate with the changes, or None where they change nothing or make it larger than one may be."""
        files = tuple(replace(file, content=self.contents.get(file.path, file.content)) for file in candidate.files)
        total = sum(len(file.content) for file in (*files, *candidate.context_files))
        if files == candidate.files or total > MAX_TOTAL_BYTES:
            return None
        return replace(candidate, files=files)


class Repairer(Protocol):
    """One way of repairing. It is asked once a round, and what it makes is judged like any candidate."""

    @property
    def name(self) -> str:
        """What it is called in a round."""

    async def change(self, candidate: Candidate, findings: Sequence[Finding]) -> Change | None:
        """
        Return what would mend a candidate, or None.

        :param findings: Those that count, in the order of the stages.
        """
