"""The candidates that plug-ins are tried with."""

import pytest
from assay.candidates import candidate_from_proto, candidate_to_proto
from assay.languages import SUFFIXES, of_path
from assay.testing import LANGUAGES, candidates


def test_languages() -> None:
    """There are candidates in every language of the suite."""
    assert set(LANGUAGES) == set(SUFFIXES.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_candidates(language: str) -> None:
    """Each is one that a client could send, differs from the others, and is named as its language names files."""
    tried = candidates(language)
    assert len(tried) > 20
    assert len({candidate.files for candidate in tried}) == len(tried)
    for candidate in tried:
        assert candidate.language == language
        assert of_path(candidate.entry().path) == language
        assert candidate_from_proto(candidate_to_proto(candidate)) == candidate
