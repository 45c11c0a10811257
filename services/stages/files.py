"""Which files of a candidate a reading stage reads, and as what."""

from collections.abc import Collection

from assay.languages import of_path
from assay.stage import Candidate, SourceFile


def source_files(candidate: Candidate, languages: Collection[str]) -> tuple[tuple[SourceFile, str], ...]:
    """Return the files that are written in one of the languages, each with its own."""
    told = ((file, language_of(file, candidate)) for file in candidate.files)
    return tuple((file, language) for file, language in told if language in languages)


def language_of(file: SourceFile, candidate: Candidate) -> str:
    """
    Return what a file is written in: what its name tells, and for the entry point, where that says nothing, what the
    candidate is. Empty where neither tells.
    """
    by_name = of_path(file.path)
    if by_name == "c" and candidate.language == "cpp":
        # Headers have one suffix in both.
        return "cpp"
    if by_name is None and file is candidate.entry():
        return candidate.language
    return by_name or ""
