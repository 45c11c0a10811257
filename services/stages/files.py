"""Which files of a candidate a reading stage reads."""

from assay.languages import of_path
from assay.stage import Candidate, SourceFile


def python_files(candidate: Candidate) -> tuple[SourceFile, ...]:
    """Return the files that are Python by their name, and the entry point where its name says nothing."""
    entry = candidate.entry()
    return tuple(
        file
        for file in candidate.files
        if of_path(file.path) == "python" or (file is entry and of_path(file.path) is None)
    )
