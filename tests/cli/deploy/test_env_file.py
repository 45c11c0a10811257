"""One value of a file of variables in place of another."""

from pathlib import Path

import pytest

from cli.deploy.env_file import set_value
from cli.deploy.steps import Failed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "ASSAY_IMAGE=assay:2\n"),
        ("A=1", "A=1\nASSAY_IMAGE=assay:2\n"),
        ("# why\nASSAY_IMAGE=assay:1\nB='2 3'\n", "# why\nASSAY_IMAGE=assay:2\nB='2 3'\n"),
        ("export ASSAY_IMAGE=assay:1\n", "ASSAY_IMAGE=assay:2\n"),
        ("#ASSAY_IMAGE=assay:1\nMY_ASSAY_IMAGE=x\n", "#ASSAY_IMAGE=assay:1\nMY_ASSAY_IMAGE=x\nASSAY_IMAGE=assay:2\n"),
    ],
)
def test_set(tmp_path: Path, before: str, after: str) -> None:
    """The value stands where it stood, or at the end; everything else, and the mode, is as it was."""
    path = tmp_path / ".env"
    path.write_text(before)
    path.chmod(0o640)
    assert set_value(path, "ASSAY_IMAGE", "assay:2")
    assert path.read_text() == after
    assert path.stat().st_mode & 0o777 == 0o640
    assert not set_value(path, "ASSAY_IMAGE", "assay:2")


def test_where_there_is_none(tmp_path: Path) -> None:
    """A file that is made is its owner's alone."""
    set_value(tmp_path / ".env", "ASSAY_IMAGE", "registry.example.org:5000/assay@sha256:0a1b")
    assert (tmp_path / ".env").read_text() == "ASSAY_IMAGE=registry.example.org:5000/assay@sha256:0a1b\n"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["", "a b", "$(id)", "a\nB=1", "'x'"])
def test_no_name(tmp_path: Path, value: str) -> None:
    """What would have to be quoted is no name of an image, and is not written."""
    with pytest.raises(Failed, match="is no name of an image"):
        set_value(tmp_path / ".env", "ASSAY_IMAGE", value)
    assert not (tmp_path / ".env").exists()
