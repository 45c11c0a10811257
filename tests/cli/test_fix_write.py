"""Writing a mended file: at one moment, and over nothing that is somebody else's."""

import os
from pathlib import Path

import pytest

from cli.fix_write import NotWritten, write


@pytest.fixture
def file(folder: Path) -> Path:
    """Give a file."""
    path = folder / "a.py"
    path.write_bytes(b"before\r\n")
    return path


def test_written(file: Path) -> None:
    """A file has the new bytes, its own mode, and nothing beside it."""
    file.chmod(0o640)
    write(file, b"before\r\n", b"\xef\xbb\xbfafter\r")
    assert file.read_bytes() == b"\xef\xbb\xbfafter\r"
    assert file.stat().st_mode & 0o7777 == 0o640
    assert os.listdir(file.parent) == ["a.py"]


@pytest.mark.parametrize("now", [b"before\n", b"before\r\nmore", b"", None])
def test_changed_meanwhile(file: Path, now: bytes | None) -> None:
    """What somebody else wrote or removed since it was read is left alone."""
    if now is None:
        file.unlink()
    else:
        file.write_bytes(now)
    with pytest.raises(NotWritten, match=r"changed meanwhile|no such file"):
        write(file, b"before\r\n", b"after")
    assert (file.read_bytes() if file.exists() else None) == now
    assert os.listdir(file.parent) == ([] if now is None else ["a.py"])


def test_links_stay(file: Path, folder: Path) -> None:
    """Through a link, or a link to a link, the file it leads to is written."""
    (folder / "b").mkdir()
    (folder / "b" / "link.py").symlink_to("../a.py")
    (folder / "again.py").symlink_to("b/link.py")
    write(folder / "again.py", b"before\r\n", b"after")
    assert (folder / "again.py").is_symlink()
    assert file.read_bytes() == b"after"
    assert not file.is_symlink()


def test_no_file(folder: Path) -> None:
    """A pipe, a folder, and a link that leads nowhere are not written, and nobody waits for a pipe."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    for name in ("pipe", ".", "loop", "nothing"):
        with pytest.raises(NotWritten):
            write(folder / name, b"", b"after")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_read_only(file: Path) -> None:
    """A file that may not be written is not replaced, though its folder would allow it."""
    file.chmod(0o440)
    with pytest.raises(NotWritten, match="read-only"):
        write(file, b"before\r\n", b"after")
