"""Sources as candidates."""

from pathlib import Path

import pytest
from assay.candidates import candidate_from_proto

from cli.candidates import Framing, candidate_of, specification_of, suites_of
from cli.sources import BadSource, Source


def test_paths_are_those_of_the_module(folder: Path) -> None:
    """A file of a package keeps its packages; what lies above them stays on this machine."""
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").touch()
    (folder / "pkg" / "a.py").write_text("x = 1\n")
    candidate = candidate_of(Source("a", folder / "pkg" / "a.py"), Framing(language="python"))
    assert [file.path for file in candidate.files] == ["pkg/a.py"]


@pytest.mark.parametrize("name", ["a\nb.py", "a\\b.py", "\x1b[31m.py", "a\u202eb.py"])
def test_odd_names_become_paths_that_the_contract_takes(folder: Path, name: str) -> None:
    """A file name that the contract refuses is no reason to refuse the file."""
    (folder / name).write_text("x = 1\n")
    candidate = candidate_of(Source(name, folder / name), Framing())
    assert candidate_from_proto(candidate).files[0].content == b"x = 1\n"


def test_names_that_are_no_text_are_taken(folder: Path) -> None:
    """A file name of undecodable bytes works too."""
    path = Path(str(folder), b"\xff.py".decode("utf-8", "surrogateescape"))
    path.write_text("x = 1\n")
    assert candidate_of(Source(str(path), path), Framing()).files[0].path == "_.py"


def test_a_language_that_cannot_be_told_is_asked_for(folder: Path) -> None:
    """The error says which option tells it."""
    (folder / "notes.txt").touch()
    with pytest.raises(BadSource, match="--language"):
        candidate_of(Source("notes.txt", folder / "notes.txt"), Framing())


def test_a_specification_can_stand_in_a_file(folder: Path) -> None:
    """A leading @ names a file; anything else is the text."""
    (folder / "spec.txt").write_text("Sum two numbers.\n")
    assert specification_of("Sum.") == "Sum."
    assert specification_of(f"@{folder}/spec.txt") == "Sum two numbers.\n"
    (folder / "spec.bin").write_bytes(b"\xff")
    for bad in (f"@{folder}/nothere", f"@{folder}/spec.bin", "x" * 200_001):
        with pytest.raises(BadSource, match="--spec"):
            specification_of(bad)


def test_each_test_file_is_a_suite(folder: Path) -> None:
    """Several files of tests are run one by one; a missing one is named."""
    (folder / "t1.py").write_text("assert True\n")
    (folder / "t2.py").write_text("assert True\n")
    assert [suite.files[0].path for suite in suites_of([folder / "t1.py", folder / "t2.py"])] == ["t1.py", "t2.py"]
    with pytest.raises(BadSource, match=r"t3\.py: there is no such file"):
        suites_of([folder / "t3.py"])
