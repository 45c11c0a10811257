"""What is run for a candidate."""

import ast
import base64
from typing import Any

from assay.stage import Candidate, ProgramCase, SourceFile, TestFramework, TestSuite

from services.stages.execution.plan import Program, program, runs
from services.stages.execution.python.reading import read

MAIN = SourceFile("main.py", b"x = 1\n")


def made_for(candidate: Candidate) -> Program:
    """Return the program of a candidate's first run."""
    return program(candidate, runs(candidate)[0], read(candidate), 10)


def job_of(made: Program) -> Any:
    """Return what the harness is told."""
    return ast.literal_eval(made.stdin.decode())


def suite(*names: str, framework: TestFramework = TestFramework.UNSPECIFIED) -> TestSuite:
    """Return a suite of files that hold their own names."""
    return TestSuite(tuple(SourceFile(name, name.encode()) for name in names), framework)


def test_each_suite_has_a_run_and_the_first_carries_the_examples() -> None:
    """Without tests there is one run, which imports; with tests the import is part of theirs."""
    assert [(run.suite, run.examples) for run in runs(Candidate((MAIN,), "python"))] == [(None, True)]
    planned = runs(Candidate((MAIN,), "python", tests=(suite("a.py"), suite("b.py"))))
    assert [(run.label, run.examples) for run in planned] == [
        ("the tests in a.py", True),
        ("the tests in b.py", False),
    ]


def test_the_tests_are_not_among_the_files() -> None:
    """The file with the expected answers, and the nonce, travel on standard input alone."""
    candidate = Candidate((MAIN,), "python", tests=(suite("t.py", "help.py", framework=TestFramework.ASSERTS),))
    made = made_for(candidate)
    paths = {file.path for file in made.files}
    assert {"main.py", "help.py", made.entry_point} <= paths
    assert "t.py" not in paths
    assert not any(made.nonce.encode() in file.content for file in made.files)
    job = job_of(made)
    assert job["nonce"] == made.nonce
    assert base64.b64decode(job["suite"]["source"]) == b"t.py"
    assert job["suite"]["appended"] is True


def test_what_configures_the_tests_is_not_among_the_files_either() -> None:
    """A conftest.py that applies travels with the tests, the outermost first; the candidate's own stays a file."""
    names = ("a/b/t.py", "a/b/conftest.py", "conftest.py", "other/conftest.py")
    candidate = Candidate((MAIN, SourceFile("conftest.py", b"own")), "python", tests=(suite(*names),))
    made = made_for(candidate)
    conftests = job_of(made)["suite"]["conftests"]
    assert [(path, base64.b64decode(content)) for path, content in conftests] == [
        ("conftest.py", b"conftest.py"),
        ("a/b/conftest.py", b"a/b/conftest.py"),
    ]
    files = {file.path: file.content for file in made.files}
    assert files["conftest.py"] == b"own"
    assert "a/b/conftest.py" not in files
    assert "other/conftest.py" in files


def test_no_two_runs_share_a_nonce_or_a_folder() -> None:
    """What one run showed to its candidate is of no use in the next."""
    candidate = Candidate((MAIN,), "python")
    first, second = (made_for(candidate) for _ in range(2))
    assert first.nonce != second.nonce
    assert first.entry_point != second.entry_point


def test_a_test_file_does_not_replace_the_candidate() -> None:
    """Where a suite brings a file of the same path, what is judged is the candidate's."""
    candidate = Candidate((MAIN,), "python", tests=(suite("t.py", "main.py"),))
    made = made_for(candidate)
    assert [file.content for file in made.files if file.path == "main.py"] == [MAIN.content]


def test_a_suite_of_cases_alone_is_no_run_of_files() -> None:
    """Cases run by themselves; what is left is the import."""
    cases = TestSuite(cases=(ProgramCase(b"1", b"2"),))
    candidate = Candidate((MAIN,), "python", tests=(cases,))
    assert [run.suite for run in runs(candidate)] == [None]
    assert job_of(made_for(candidate))["suite"] is None
