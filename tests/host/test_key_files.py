"""Files of keys: read where they are ours alone."""

import os
from pathlib import Path

import pytest

from host.key_files import MAX_BYTES, read_public, read_secret
from host.settings import BadSettings


@pytest.mark.parametrize(
    ("mode", "root", "taken"),
    [
        (0o600, False, True), (0o400, False, True), (0o640, False, False), (0o604, False, False), (0o620, True, False),
        (0o644, True, False), (0o640, True, True), (0o440, True, True), (0o660, True, False), (0o601, False, False),
    ],
)  # fmt: skip
def test_modes(folder: Path, mode: int, root: bool, taken: bool) -> None:
    """A private key is read where nobody but its owner, or for root's the group, can read it."""
    path = folder / "key"
    path.write_bytes(b"secret")
    if not root and os.getuid() == 0:
        os.chown(path, 65_534, 65_534)
    if root and os.getuid() != 0:
        pytest.skip("only root has files of root's")
    path.chmod(mode)
    if taken:
        assert read_secret(path, "ASSAY_X") == b"secret"
    else:
        with pytest.raises(
            BadSettings, match=r"^the setting ASSAY_X: others can read .*/key; its mode has to be 0600$"
        ):
            read_secret(path, "ASSAY_X")
    if os.getuid() == 0:
        assert read_public(path, "ASSAY_X") == b"secret"


def test_no_file(folder: Path) -> None:
    """What is not there, is no file, or is too large is refused with the name of the setting, and without waiting."""
    os.mkfifo(folder / "pipe")
    (folder / "large").write_bytes(b"x" * (MAX_BYTES + 1))
    for path in (folder / "gone", folder, folder / "pipe", folder / "large", Path("/dev/zero")):
        with pytest.raises(BadSettings, match="the setting ASSAY_X: ") as caught:
            read_secret(path, "ASSAY_X")
        assert "\n" not in str(caught.value)


def test_link(folder: Path) -> None:
    """The file that counts is the one that a link leads to, as secrets are mounted."""
    (folder / "key").write_bytes(b"secret")
    (folder / "link").symlink_to("key")
    (folder / "key").chmod(0o644)
    with pytest.raises(BadSettings, match="others can read"):
        read_secret(folder / "link", "ASSAY_X")
    (folder / "key").chmod(0o600)
    assert read_secret(folder / "link", "ASSAY_X") == b"secret"
