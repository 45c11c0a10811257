"""Images that come to a daemon in a file."""

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.containers.archive import BadArchive, main, tags_in
from tests.sandbox.suite import docker

TAG = "assay-sandbox-carried:test"


def archive_of(folder: Path, *tags: str) -> Path:
    """Return an archive that says that it holds images of some names."""
    path = folder / "images.tar"
    content = json.dumps([{"RepoTags": list(tags)}]).encode()
    with tarfile.open(path, "w") as file:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def carried(docker_ready: None, folder: Path) -> Iterator[Path]:
    """Give an archive of an image that the daemon has no more."""
    empty = folder / "empty.tar"
    tarfile.open(empty, "w").close()
    docker("import", str(empty), TAG)
    docker("save", "--output", str(folder / "images.tar"), TAG)
    docker("image", "rm", TAG)
    yield folder / "images.tar"
    subprocess.run(["docker", "image", "rm", TAG], capture_output=True, timeout=30, check=False)


@pytest.mark.docker
def test_brought(carried: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the daemon lacks is brought to it, and a second time nothing is done."""
    assert main([str(carried)]) == 0
    assert capsys.readouterr().out == f"1 of 1 images were brought: {TAG}\n"
    assert docker("image", "inspect", "--format", "{{index .RepoTags 0}}", TAG).strip() == TAG
    assert main([str(carried)]) == 0
    assert capsys.readouterr().out == "all 1 images are there\n"


@pytest.mark.docker
def test_archive_without_the_image(docker_ready: None, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An archive that only says that it holds an image leaves it missing, and that is an error."""
    assert main([str(archive_of(folder, TAG))]) == 1
    assert capsys.readouterr().err.startswith("archive: ")


def test_other_images(folder: Path) -> None:
    """An archive that would also replace an image that is no sandbox's is refused before the daemon sees it."""
    with pytest.raises(BadArchive, match="debian:trixie-slim"):
        tags_in(archive_of(folder, TAG, "debian:trixie-slim"))
    with pytest.raises(BadArchive, match="no image"):
        tags_in(archive_of(folder))


def test_no_archive(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no archive, and a file that is not there, are told in one line."""
    (folder / "text.tar").write_text("text")
    assert main([str(folder / "text.tar")]) == 1
    assert "nothing that `docker save` wrote" in capsys.readouterr().err
    assert main([str(folder / "none.tar")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_no_daemon(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a daemon it says so."""
    monkeypatch.setenv("ASSAY_SANDBOX__DOCKER_URL", f"unix://{folder}/none.sock")
    assert main([str(archive_of(folder, TAG))]) == 1
    assert "cannot be reached" in capsys.readouterr().err
