"""The child that writes a job's files."""

from pathlib import Path

import pytest

from sandbox.runner.files import create, write_all
from sandbox.runner.orders import FileHead


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_pieces_need_not_end_with_files(work: Path) -> None:
    """Contents that come in pieces of any length end up in their files, empty ones included."""
    heads = [FileHead("a", 3, False), FileHead("d/e/b", 0, False), FileHead("d/c", 4, True), FileHead("z", 0, False)]
    write_all(heads, iter([b"12", b"3456", b"7"]))
    assert {path: (work / path).read_bytes() for path in ("a", "d/e/b", "d/c", "z")} == {
        "a": b"123",
        "d/e/b": b"",
        "d/c": b"4567",
        "z": b"",
    }
    assert (work / "d/c").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("pieces", [[], [b"12"], [b"1234"], [b"123", b"4"]])
def test_lengths_are_as_announced(pieces: list[bytes]) -> None:
    """Contents that are shorter or longer than their files are an error."""
    with pytest.raises(EOFError):
        write_all([FileHead("a", 3, False)], iter(pieces))


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "a/./b", ""])
def test_paths_stay_inside(path: str) -> None:
    """A path that leaves its folder is refused here too."""
    with pytest.raises(ValueError, match="leaves"):
        create(FileHead(path, 0, False))


def test_links_are_not_followed(work: Path) -> None:
    """A file is created where nothing is, not even a link."""
    (work / "a").symlink_to(work / "b")
    with pytest.raises(FileExistsError):
        create(FileHead("a", 0, False))
