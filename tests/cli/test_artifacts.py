"""Files that a program left behind, written on this machine."""

from pathlib import Path

import pytest
from assay.v1 import sandbox_pb2

from cli.artifacts import write_artifacts
from cli.sources import BadSource


def result(*paths: str) -> sandbox_pb2.ExecutionResult:
    """Return a result with artifacts."""
    return sandbox_pb2.ExecutionResult(artifacts=[sandbox_pb2.Artifact(path=path, content=b"x") for path in paths])


def test_artifacts_are_written_below_the_folder(folder: Path) -> None:
    """Folders are made on the way."""
    write_artifacts(result("a.txt", "out/b.txt", "out/c.txt"), folder / "new")
    assert sorted(str(p.relative_to(folder / "new")) for p in folder.rglob("*.txt")) == [
        "a.txt",
        "out/b.txt",
        "out/c.txt",
    ]


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\nb", ""])
def test_paths_that_leave_the_folder_are_refused(folder: Path, path: str) -> None:
    """A name from a sandbox never decides where a file lands."""
    with pytest.raises(BadSource):
        write_artifacts(result(path), folder / "out")
    assert not (folder / "x").exists()


def test_links_are_not_written_through(folder: Path) -> None:
    """A link in the folder, as a folder or as the file, is an error."""
    (folder / "out").mkdir()
    (folder / "elsewhere").mkdir()
    (folder / "out" / "link").symlink_to(folder / "elsewhere")
    (folder / "out" / "file").symlink_to(folder / "elsewhere" / "file")
    for path in ("link/x", "file"):
        with pytest.raises(BadSource):
            write_artifacts(result(path), folder / "out")
    assert list((folder / "elsewhere").iterdir()) == []


def test_nothing_is_written_over(folder: Path) -> None:
    """A file that is there already is kept."""
    (folder / "a.txt").write_text("mine")
    with pytest.raises(BadSource, match="exists"):
        write_artifacts(result("a.txt"), folder)
    assert (folder / "a.txt").read_text() == "mine"
