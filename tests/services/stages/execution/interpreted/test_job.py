"""What goes into the sandbox for one run."""

from assay.stage import Candidate, SourceFile, TestSuite

from services.stages.execution.interpreted.job import Test, program

CODE = SourceFile("main.php", b"<?php // AssayRunner\n")
TESTS = SourceFile("tests.php", b"assert(secret() === 3);")


def candidate(*context: SourceFile, more: tuple[SourceFile, ...] = ()) -> Candidate:
    """Return a candidate with tests."""
    suite = TestSuite((TESTS, *more))
    return Candidate((CODE,), "php", entry_point="main.php", tests=(suite,), context_files=context)


def test_tests_are_no_files() -> None:
    """The tests and the nonce are on standard input alone; the files beside them are there."""
    beside = SourceFile("data.csv", b"1,2\n")
    given = candidate(more=(beside,))
    made = program(given, given.tests[0], "script", [Test(1, "assert(secret() === 3);")])
    assert all(made.nonce.encode() not in file.content and b"secret" not in file.content for file in made.files)
    assert made.stdin.startswith(made.nonce.encode())
    assert beside in made.files
    assert CODE in made.files


def test_files_of_the_candidate_stand() -> None:
    """Where the context or the suite has a file of the same path, the candidate's is taken."""
    given = candidate(SourceFile("main.php", b"context"), more=(SourceFile("main.php", b"suite"),))
    made = program(given, given.tests[0], "script", [])
    assert [file.content for file in made.files if file.path == "main.php"] == [CODE.content]


def test_the_harness_is_called_otherwise_in_each_run() -> None:
    """No two runs have one name for anything of the harness, nor one nonce."""
    one, other = (program(candidate(), None, "load", []) for _ in range(2))
    assert one.nonce != other.nonce
    assert not {file.path for file in one.files} & {file.path for file in other.files} - {"main.php"}
    own = {file.path.rpartition("/")[2]: file.content for file in one.files if file.path.startswith(".assay-")}
    assert b"class AssayRunner\n" not in own["runner.php"]
    assert {file.content for file in other.files} & set(own.values()) == set()
