"""The digest of a candidate: equal for equal ones, another for each thing that is judged."""

from dataclasses import replace
from typing import Any

import pytest
from assay.candidates import candidate_from_proto, candidate_to_proto
from assay.stage import (
    Candidate,
    CheckerProgram,
    Comparison,
    OutputChecker,
    ProgramCase,
    SourceFile,
    TestFramework,
    TestSuite,
)

from services.validation.digest import candidate_digest

CHECKED = OutputChecker(
    Comparison.PROGRAM, program=CheckerProgram("python", (SourceFile("c.py", b"exit(0)"),), "c.py", ("-q",))
)
CASE = ProgramCase(b"1\n", b"2\n", "one", ("-v",), CHECKED, 3)
CANDIDATE = Candidate(
    files=(SourceFile("a.py", b"x = 1\n"), SourceFile("b.py", b"")),
    language="python",
    language_version="3.13",
    entry_point="a.py",
    specification="one",
    tests=(TestSuite((SourceFile("t.py", b"assert x"),), TestFramework.ASSERTS), TestSuite(cases=(CASE,))),
    allowed_dependencies=frozenset({"requests", "numpy"}),
    project_type="library",
    author="somebody",
    labels={"a": "1"},
    context_files=(SourceFile("c.py", b"y = 2\n"),),
)


def with_case(**change: Any) -> dict[str, Any]:
    """Return a change of the case among the tests."""
    return {"tests": (CANDIDATE.tests[0], TestSuite(cases=(replace(CASE, **change),)))}


def with_checker(**change: Any) -> dict[str, Any]:
    """Return a change of the program that checks the case's output."""
    assert CHECKED.program is not None
    return with_case(checker=replace(CHECKED, program=replace(CHECKED.program, **change)))


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
        {"tests": CANDIDATE.tests[::-1]},
        {"tests": (CANDIDATE.tests[0], TestSuite(cases=(CASE, CASE)))},
        {"tests": (CANDIDATE.tests[0], replace(CANDIDATE.tests[1], checker=OutputChecker(Comparison.TOKENS)))},
        with_case(stdin=b"2\n"),
        with_case(expected_stdout=b"1\n"),
        with_case(name="two"),
        with_case(arguments=("-v", "-v")),
        with_case(expected_exit_code=0),
        with_case(checker=None),
        with_case(checker=OutputChecker()),
        with_case(checker=OutputChecker(Comparison.FLOATS, absolute=0.1)),
        with_case(checker=OutputChecker(Comparison.FLOATS, relative=0.1)),
        with_checker(language="bash"),
        with_checker(files=(SourceFile("c.py", b"exit(1)"),)),
        with_checker(entry_point=""),
        with_checker(arguments=()),
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
