"""What paths on the command line mean."""

import os
import subprocess
from pathlib import Path

import pytest

from cli import sources
from cli.sources import BadSource, expand, read


def names(folder: Path, *arguments: str) -> list[str]:
    """Return the files that arguments mean, relative to a folder."""
    return [os.path.relpath(source.path, folder) for source in expand(arguments) if source.path and not source.problem]


def write(folder: Path, *paths: str) -> None:
    """Write small files."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x = 1\n")


def test_a_file_means_itself_whatever_its_name(folder: Path) -> None:
    """A file that is named is taken; its language is another question."""
    write(folder, "notes.txt")
    assert names(folder, str(folder / "notes.txt")) == ["notes.txt"]


def test_a_directory_means_its_source_files(folder: Path) -> None:
    """Hidden folders, environments, caches and other files are left out; the order is the names'."""
    write(
        folder, "b.py", "a/c.py", "a/data.csv", ".hidden/x.py", "node_modules/x.py", "__pycache__/x.py", "my-env/x.py"
    )
    (folder / "my-env" / "pyvenv.cfg").touch()
    assert names(folder, str(folder)) == ["b.py", "a/c.py"]


def test_links_in_a_directory_are_not_followed(folder: Path) -> None:
    """A link into elsewhere, or in a circle, is no source file of the directory."""
    write(folder, "a.py")
    (folder / "link.py").symlink_to(folder / "a.py")
    (folder / "round").symlink_to(folder)
    assert names(folder, str(folder)) == ["a.py"]


def test_what_git_ignores_is_left_out(folder: Path) -> None:
    """In a working tree Git says which files belong to it, untracked ones included."""
    write(folder, "kept.py", "made/x.py", "dir/also.py")
    (folder / ".gitignore").write_text("made/\n")
    subprocess.run(["git", "init", "-q", folder], check=True, timeout=30)
    assert names(folder, str(folder)) == ["dir/also.py", "kept.py"]
    assert names(folder, str(folder / "made")) == ["made/x.py"], "an ignored directory that is asked for is checked"


def test_settings_of_a_repository_run_nothing(folder: Path) -> None:
    """A repository of unknown origin cannot name a program that listing its files would start."""
    write(folder, "a.py")
    subprocess.run(["git", "init", "-q", folder], check=True, timeout=30)
    subprocess.run(["git", "-C", folder, "config", "core.fsmonitor", f"touch {folder}/ran #"], check=True, timeout=30)
    assert names(folder, str(folder)) == ["a.py"]
    assert not (folder / "ran").exists()


def test_each_file_is_checked_once(folder: Path) -> None:
    """A file that is meant twice is in the list once."""
    write(folder, "a.py")
    assert names(folder, str(folder / "a.py"), str(folder), f"{folder}/./a.py") == ["a.py"]


def test_a_directory_without_source_files_is_a_problem(folder: Path) -> None:
    """Nothing to check is not the same as nothing wrong."""
    write(folder, "readme.txt")
    [source] = expand([str(folder)])
    assert "no source files" in source.problem


def test_too_many_files_are_refused_by_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names how many files one call takes."""
    write(folder, "a.py", "b.py", "c.py")
    monkeypatch.setattr(sources, "MAX_SOURCES", 2)
    with pytest.raises(BadSource, match="more than 2 source files"):
        expand([str(folder)])


@pytest.mark.parametrize("argument", ["", "a\0b"])
def test_what_is_no_path_is_a_problem(argument: str) -> None:
    """An empty name or one with a NUL byte is said to be no path."""
    [source] = expand([argument])
    assert source.problem == "this is no path"


def test_reading_is_bounded(folder: Path) -> None:
    """A file beyond the limit is refused, and the limit named."""
    (folder / "a.py").write_bytes(b"x" * 11)
    assert len(read(folder / "a.py", 11)) == 11
    with pytest.raises(BadSource, match="larger than 10 bytes"):
        read(folder / "a.py", 10)


def test_a_pipe_that_nobody_writes_to_does_not_hang(folder: Path) -> None:
    """What is no regular file is refused without waiting for it."""
    os.mkfifo(folder / "a.py")
    with pytest.raises(BadSource, match="not a regular file"):
        read(folder / "a.py")


def test_missing_files_are_named_as_such(folder: Path) -> None:
    """A path that leads nowhere is said to."""
    with pytest.raises(BadSource, match="no such file"):
        read(folder / "nothere.py")
