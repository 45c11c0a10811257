"""The digest of a candidate: equal for equal ones, another for each thing that is judged."""

from dataclasses import replace
from typing import Any

import pytest
from assay.candidates import candidate_from_proto, candidate_to_proto
from assay.stage import Candidate, SourceFile, TestFramework, TestSuite

from services.validation.digest import candidate_digest

CANDIDATE = Candidate(
    files=(SourceFile("a.py", b"x = 1\n"), SourceFile("b.py", b"")),
    language="python",
    language_version="3.13",
    entry_point="a.py",
    specification="one",
    tests=(TestSuite((SourceFile("t.py", b"assert x"),), TestFramework.ASSERTS),),
    allowed_dependencies=frozenset({"requests", "numpy"}),
    project_type="library",
    author="somebody",
    labels={"a": "1"},
    context_files=(SourceFile("c.py", b"y = 2\n"),),
)


def test_equal() -> None:
    """Equal candidates have equal digests, whichever way they came."""
    again = candidate_from_proto(candidate_to_proto(CANDIDATE))
    assert candidate_digest(CANDIDATE) == candidate_digest(again)
    assert len(candidate_digest(CANDIDATE)) == 64


@pytest.mark.parametrize("change", [{"author": "another"}, {"labels": {}}])
def test_what_does_not_count(change: dict[str, Any]) -> None:
    """Who wrote it and the caller's labels are not judged."""
    assert candidate_digest(replace(CANDIDATE, **change)) == candidate_digest(CANDIDATE)


@pytest.mark.parametrize(
    "change",
    [
        {"files": CANDIDATE.files[:1]},
        {"files": CANDIDATE.files[::-1]},
        {"files": (SourceFile("a.py", b"x = 2\n"), CANDIDATE.files[1])},
        {"files": (SourceFile("a.py", b"x = 1\n", True), CANDIDATE.files[1])},
        {"files": (SourceFile("c/a.py", b"x = 1\n"), CANDIDATE.files[1])},
        {"language": "javascript"},
        {"language_version": "3.12"},
        {"entry_point": "b.py"},
        {"specification": "two"},
        {"tests": ()},
        {"tests": (TestSuite(CANDIDATE.tests[0].files, TestFramework.PYTEST),)},
        {"allowed_dependencies": None},
        {"allowed_dependencies": frozenset()},
        {"allowed_dependencies": frozenset({"numpy"})},
        {"project_type": "service"},
        {"context_files": ()},
        {"context_files": (SourceFile("c.py", b"y = 3\n"),)},
        {"files": (*CANDIDATE.files, *CANDIDATE.context_files), "context_files": ()},
    ],
)
def test_what_counts(change: dict[str, Any]) -> None:
    """Everything that is judged, or that judging rests on, changes the digest."""
    assert candidate_digest(replace(CANDIDATE, **change)) != candidate_digest(CANDIDATE)
