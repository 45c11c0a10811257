"""Which lines Git says were changed."""

from pathlib import Path

import pytest

from cli.diff import WHOLE, Changes, Ranges, changes
from cli.sources import BadSource, Source
from tests.cli.repositories import commit, git, repository

TEXT = "".join(f"line_{number} = {number}\n" for number in range(1, 11))


def of(found: Changes, path: Path) -> Ranges | None:
    """Return the changed lines of a file."""
    return found.of(Source(str(path), path))


def changed(text: str, line: int, *lines: str) -> str:
    """Return a text with one line replaced by others."""
    held = text.splitlines()
    return "\n".join([*held[: line - 1], *lines, *held[line:]]) + "\n"


def test_lines(folder: Path) -> None:
    """Changed, added and new lines are told; a file that did not change is not there."""
    root = repository(folder / "r", a=TEXT, b=TEXT, same=TEXT)
    (root / "a.py").write_text(changed(changed(TEXT, 8, "x = 1", "y = 2"), 3, "z = 3"))
    (root / "b.py").write_text(TEXT + "more = 1\n")
    (root / "new.py").write_text("x = 1\n")
    git(root, "add", "b.py")
    found = changes("HEAD", root)
    assert of(found, root / "a.py") == ((3, 3), (8, 9))
    assert of(found, root / "b.py") == ((11, 11),)
    assert of(found, root / "new.py") == WHOLE
    assert of(found, root / "same.py") is None
    assert found.of(Source("<stdin>", None)) is None


def test_lines_taken_away(folder: Path) -> None:
    """Where lines were taken away their neighbours count."""
    root = repository(folder / "r", a=TEXT, b=TEXT)
    (root / "a.py").write_text(changed(TEXT, 5))
    (root / "b.py").write_text(changed(TEXT, 1))
    found = changes("HEAD", root)
    assert of(found, root / "a.py") == ((4, 5),)
    assert of(found, root / "b.py") == ((1, 1),)


def test_since_a_branch(folder: Path) -> None:
    """With a branch as the base only what this side changed counts, committed or not."""
    root = repository(folder / "r", a=TEXT, b=TEXT)
    git(root, "checkout", "--quiet", "-b", "side")
    (root / "a.py").write_text(changed(TEXT, 2, "x = 1"))
    commit(root)
    git(root, "checkout", "--quiet", "main")
    (root / "b.py").write_text(changed(TEXT, 9, "x = 1"))
    commit(root)
    git(root, "checkout", "--quiet", "side")
    (root / "a.py").write_text(changed(changed(TEXT, 2, "x = 1"), 4, "y = 1"))
    found = changes("main", root)
    assert of(found, root / "a.py") == ((2, 2), (4, 4))
    assert of(found, root / "b.py") is None
    assert of(changes("HEAD", root), root / "a.py") == ((4, 4),)


@pytest.mark.parametrize("name", ["with space.py", 'quo"te.py', "tab\there.py", "größe.py", "line\nend.py", "a\\b.py"])
def test_odd_names(folder: Path, name: str) -> None:
    """A file is found whatever its name is."""
    root = repository(folder / "r")
    (root / name).write_text(TEXT)
    commit(root)
    (root / name).write_text(changed(TEXT, 3, "x = 1"))
    assert of(changes("HEAD", root), root / name) == ((3, 3),)


def test_text_that_looks_like_a_patch(folder: Path) -> None:
    """What a file says is not taken for what Git says."""
    root = repository(folder / "r", a=TEXT, same=TEXT)
    forged = ["++ b/same.py", "@@ -1,0 +1,9 @@", "-- a/same.py", "diff --git a/same.py b/same.py"]
    (root / "a.py").write_text("\n".join([*forged, *TEXT.splitlines(), *forged]))
    found = changes("HEAD", root)
    assert of(found, root / "a.py") == ((1, 4), (15, 18))
    assert of(found, root / "same.py") is None


def test_no_line_end(folder: Path) -> None:
    """A last line without an end is a line."""
    root = repository(folder / "r", a="x = 1\ny = 2", same=TEXT)
    (root / "a.py").write_text("x = 1\n++ b/same.py")
    found = changes("HEAD", root)
    assert of(found, root / "a.py") == ((2, 2),)
    assert of(found, root / "same.py") is None


def test_bytes_that_are_no_text(folder: Path) -> None:
    """A file that Git takes for binary, or is told not to show, is compared all the same."""
    root = repository(folder / "r", a="x = 1\n")
    (root / ".gitattributes").write_text("*.py -diff\n")
    commit(root)
    (root / "a.py").write_bytes(b"x = 1\ny = '\0'\n")
    assert of(changes("HEAD", root), root / "a.py") == ((2, 2),)


def test_before_the_first_commit(folder: Path) -> None:
    """Where nothing is committed yet everything is new."""
    folder = folder / "r"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "a.py").write_text("x = 1\n")
    (folder / "b.py").write_text("x = 1\n")
    git(folder, "add", "a.py")
    found = changes("HEAD", folder)
    assert of(found, folder / "a.py") == ((1, 1),)
    assert of(found, folder / "b.py") == WHOLE


def test_programs_of_the_repository(folder: Path) -> None:
    """No program that the repository's settings name is run."""
    root = repository(folder / "r", a=TEXT)
    (root / ".gitattributes").write_text("*.py diff=evil\n")
    for key in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor"):
        git(root, "config", key, f"touch {folder}/ran; true")
    (root / "a.py").write_text(changed(TEXT, 3, "x = 1"))
    assert of(changes("HEAD", root), root / "a.py") == ((3, 3),)
    assert not (folder / "ran").exists()


def test_bad(folder: Path) -> None:
    """What is no commit, has none in common, or is no repository, is said."""
    root = repository(folder / "r", a=TEXT)
    for base in ("nothing", "--output=x"):
        with pytest.raises(BadSource, match="Git knows no such commit"):
            changes(base, root)
    git(root, "checkout", "--quiet", "--orphan", "other")
    (root / "a.py").write_text("x = 1\n")
    commit(root)
    with pytest.raises(BadSource, match="no commit in common"):
        changes("main", root)
    (folder / "plain").mkdir()
    with pytest.raises(BadSource, match="Git says"):
        changes("HEAD", folder / "plain")
