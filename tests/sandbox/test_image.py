"""Images are tagged by what they are built from."""

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sandbox import image, language
from sandbox.containers.spec import seccomp_profile


def test_tag_follows_every_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing any input changes the tag; what is no input does not."""
    copy = tmp_path / "sandbox"
    shutil.copytree(image.ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(image, "IMAGES", copy / "images")
    monkeypatch.setattr(image, "RUNNER", copy / "runner")
    before = image.tag("python")
    (copy / "runner" / "notes.txt").write_text("no input")
    assert image.tag("python") == before
    for name in ("images/python/Dockerfile", "images/python/language.toml", "runner/boot.py"):
        with (copy / name).open("a") as file:
            file.write("\n# changed\n")
        assert image.tag("python") != before
        before = image.tag("python")


def test_context_holds_the_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build gets exactly the inputs, and a CA bundle that is empty unless one is set."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    for value, wanted in (("", b""), (str(bundle), b"certificates")):
        monkeypatch.setenv(image.CA_BUNDLE_VARIABLE, value)
        with tarfile.open(fileobj=io.BytesIO(image.context("python"))) as archive:
            held = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        assert held.pop("build-ca.pem") == wanted
        assert held == dict(image.inputs("python"))


def test_script_and_service_agree() -> None:
    """The script's way to the tag, without anything installed, gives the service's."""
    done = subprocess.run(
        [sys.executable, "-S", image.__file__, "tag", "python"], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == language.load("python").image


def test_profile_has_a_comment_for_every_group() -> None:
    """Each group of the seccomp profile says what it is for, and the default is to refuse."""
    import json

    profile = json.loads(seccomp_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert all(group["comment"] for group in profile["syscalls"])
    assert not any(entry["subArchitectures"] for entry in profile["archMap"])
    assert {group["action"] for group in profile["syscalls"]} == {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}
