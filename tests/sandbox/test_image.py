"""Images are tagged by what they are built from, and a language is a folder."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sandbox import image, language
from sandbox.containers.spec import seccomp_profile


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sandbox's own folder that a test may change."""
    copy = tmp_path / "sandbox"
    shutil.copytree(image.ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(image, "IMAGES", copy / "images")
    monkeypatch.setattr(image, "RUNNER", copy / "runner")
    return copy


@pytest.fixture
def lua(tmp_path: Path) -> Path:
    """The folder of a language that is not built in."""
    folder = tmp_path / "lua"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM debian:trixie-slim\n")
    (folder / "language.toml").write_text('language = "lua"\n')
    return folder


def test_tag_follows_every_input(copy: Path) -> None:
    """Changing any input changes the tag, the tail and a file's executable bit included; what is no input does not."""
    folder = copy / "images" / "python"
    (folder / "data").mkdir()
    (folder / "data" / "list.txt").write_text("one")
    before = image.tag(folder)
    (copy / "runner" / "notes.txt").write_text("no input")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "compile.cpython-313.pyc").write_bytes(b"what an interpreter keeps")
    assert image.tag(folder) == before
    for name in (
        "images/python/Dockerfile",
        "images/python/language.toml",
        "images/python/data/list.txt",
        "images/runner.Dockerfile",
        "runner/main.py",
    ):
        with (copy / name).open("a") as file:
            file.write("\n# changed\n")
        assert image.tag(folder) != before, name
        before = image.tag(folder)
    (folder / "data" / "list.txt").chmod(0o755)
    assert image.tag(folder) != before


def test_context_holds_the_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lua: Path) -> None:
    """The build gets the folder, the runner, the tail, and a CA bundle that is empty unless one is set."""
    (lua / "tools").mkdir()
    (lua / "tools" / "run").write_bytes(b"\0run")
    (lua / "tools" / "run").chmod(0o755)
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    for value, wanted in (("", b""), (str(bundle), b"certificates")):
        monkeypatch.setenv(image.CA_BUNDLE_VARIABLE, value)
        with tarfile.open(fileobj=io.BytesIO(image.context(lua))) as archive:
            held = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
            modes = {member.name: member.mode for member in archive}
        assert held["build-ca.pem"] == wanted
        assert held["tools/run"] == b"\0run"
        assert (modes["tools/run"], modes["Dockerfile"]) == (0o755, 0o644)
        assert held["Dockerfile"].startswith(b"FROM debian:trixie-slim\n\n# The end of every image")
        assert held["runner/main.py"] == (image.RUNNER / "main.py").read_bytes()


def test_runner_comes_after_the_toolchain(lua: Path) -> None:
    """Nothing that depends on the runner stands before the last of the toolchain's layers."""
    text = next(item.content for item in image.inputs(lua) if item.name == "Dockerfile").decode()
    toolchain, tail = text.split("# The end of every image", 1)
    assert "runner" not in toolchain
    assert tail.index("groupadd") < tail.index("COPY runner")
    assert tail.rstrip().splitlines()[-1].endswith('main()"]')


def test_folders_are_those_built_in_and_those_named(lua: Path) -> None:
    """A folder that is named is a language like the built-in ones."""
    found = image.folders([lua])
    assert found["lua"] == lua
    assert found["python"] == image.IMAGES / "python"
    assert list(found) == sorted(found)


def test_a_name_belongs_to_one_folder(lua: Path) -> None:
    """Two folders of one language are an error that names both and the key."""
    (lua / "language.toml").write_text('language = "python"\n')
    with pytest.raises(image.BrokenLanguage) as caught:
        image.folders([lua])
    assert caught.value.key == "language"
    assert str(lua) in str(caught.value)
    assert str(image.IMAGES / "python") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("language = ", "not TOML"),
        ("\udcff", "not TOML"),
        ("version = '5'", "language: a name"),
        ("language = 5", "language: a name"),
        ("language = '../x'", "language: a name"),
        ("language = 'Lua'", "language: a name"),
        ("language = 'a--b'", "language: a name"),
    ],
)
def test_broken_name_is_refused(lua: Path, text: str | None, said: str) -> None:
    """A folder whose language cannot be told is an error that names the folder."""
    (lua / "language.toml").unlink()
    if text is not None:
        (lua / "language.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(image.BrokenLanguage, match=said) as caught:
        image.folders([lua])
    assert str(lua) in str(caught.value)


def test_links_and_pipes_are_refused(lua: Path, tmp_path: Path) -> None:
    """What is no regular file is refused, so that nothing from outside the folder gets into an image."""
    (tmp_path / "secret").write_text("secret")
    (lua / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(image.BrokenLanguage, match="link is neither"):
        image.tag(lua)
    (lua / "link").unlink()
    os.mkfifo(lua / "pipe")
    with pytest.raises(image.BrokenLanguage, match="pipe is neither"):
        image.tag(lua)


@pytest.mark.parametrize("name", ["runner/main.py", "build-ca.pem"])
def test_the_builds_own_names_are_taken(lua: Path, name: str) -> None:
    """A folder cannot bring what the build brings itself."""
    (lua / name).parent.mkdir(exist_ok=True)
    (lua / name).write_text("mine")
    with pytest.raises(image.BrokenLanguage, match="of its own"):
        image.tag(lua)


def test_folder_is_bounded(lua: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More files or bytes than allowed are refused before they are read; so is a folder without a Dockerfile."""
    with (lua / "huge").open("wb") as file:
        file.truncate(image.MAX_BYTES)
    with pytest.raises(image.BrokenLanguage, match="more than"):
        image.tag(lua)
    (lua / "huge").unlink()
    monkeypatch.setattr(image, "MAX_FILES", 1)
    with pytest.raises(image.BrokenLanguage, match="more than 1 files"):
        image.tag(lua)
    (lua / "Dockerfile").unlink()
    with pytest.raises(image.BrokenLanguage, match="no Dockerfile"):
        image.tag(lua)


def _script(*arguments: str, folders: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the script's way to the tags, without anything installed."""
    environment = {image.FOLDERS_VARIABLE: folders}
    command = [sys.executable, "-S", image.__file__, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)


def test_script_and_service_agree() -> None:
    """The script's way to the tag gives the service's, for every language."""
    for name, found in language.load_all().items():
        assert _script("tag", name).stdout.strip() == found.image


def test_script_reads_the_setting(lua: Path) -> None:
    """The variable that names folders to the service names them to the script; what it cannot read it says."""
    assert "lua" in _script("languages", folders=json.dumps([str(lua)])).stdout.split()
    for wrong in ("/opt/lua", '{"a": 1}', "[1]"):
        done = _script("languages", folders=wrong)
        assert done.returncode == 1
        assert done.stderr.startswith(f"image.py: {image.FOLDERS_VARIABLE} is not a JSON list")
    (lua / "language.toml").write_text("language = ")
    done = _script("languages", folders=json.dumps([str(lua)]))
    assert (done.returncode, done.stdout) == (1, "")
    assert str(lua) in done.stderr


CI_LANGUAGES = ("python", "javascript", "bash", "c")
PERL = Path(__file__).parent.parent / "plugin" / "perl"
SCRIPT = Path(image.__file__).parent.parent / "scripts" / "sandbox-image"
INSPECT = r"""
echo "version $(cat /opt/assay/version)"
echo "user $(id -u program):$(id -g program)"
echo "setuid $(find / -xdev -perm /6000 -type f | wc -l)"
echo "bundle $(ls /tmp/build-ca.pem 2>/dev/null | wc -l)"
echo "sources $(find /opt/assay/runner -name '*.py' | wc -l)"
echo "compiled $(find /opt/assay/runner -name '*.pyc' | wc -l)"
echo "lists $(find /var/lib/apt/lists -type f | wc -l)"
"""


def _build(name: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    folders = json.dumps([str(folder)] if folder else [])
    environment = os.environ | {"PYTHON": sys.executable, image.FOLDERS_VARIABLE: folders}
    return subprocess.run([SCRIPT, name], capture_output=True, text=True, timeout=1800, check=False, env=environment)


def _in_container(tag: str, *command: str) -> str:
    isolated = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--log-driver=none"]
    done = subprocess.run(
        ["docker", "run", *isolated, f"--entrypoint={command[0]}", tag, *command[1:]],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.docker
@pytest.mark.timeout(1900)
@pytest.mark.parametrize(
    "name",
    [
        "perl",
        *(
            pytest.param(name, marks=[] if name in CI_LANGUAGES else pytest.mark.slow)
            for name in sorted(path.parent.name for path in image.IMAGES.glob("*/language.toml"))
        ),
    ],
)
def test_every_image_is_as_the_runner_needs_it(docker_ready: None, name: str) -> None:
    """An image tells its version, has the program's user, the runner compiled, nothing setuid and nothing left over."""
    folder = PERL if name == "perl" else None
    built = _build(name, folder)
    assert built.returncode == 0, built.stderr
    found = language.load_all([folder] if folder else [])[name]
    assert built.stdout.startswith(found.image)
    told = dict(line.split(" ", 1) for line in _in_container(found.image, "/bin/sh", "-c", INSPECT).splitlines())
    assert f"{told.pop('version')}.".startswith(f"{found.version}.")
    assert told.pop("sources") == told.pop("compiled") != "0"
    assert told == {"user": "10001:10001", "setuid": "0", "bundle": "0", "lists": "0"}


@pytest.mark.docker
@pytest.mark.timeout(1900)
def test_folder_of_a_third_party_brings_its_own_files(docker_ready: None) -> None:
    """What lies in a named folder can be copied into its image, and is read-only there."""
    assert _build("perl", PERL).returncode == 0
    program = "use lib '/opt/perl'; use Assay::Sum; print Assay::Sum::sum(40, 2)"
    assert _in_container(image.tag(PERL), "/usr/bin/perl", "-e", program) == "42"


@pytest.mark.docker
@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM debian:trixie-slim", "process 1 of a sandbox is a Python program"),
        ("FROM {python}\nUSER root\nRUN userdel program; rm /opt/assay/version", "has to write the exact version"),
        ("FROM {python}\nUSER root\nRUN userdel program\nVOLUME /data", "declares a volume"),
    ],
    ids=["no python", "no version", "a volume"],
)
def test_unfit_image_is_not_built(docker_ready: None, lua: Path, dockerfile: str, said: str) -> None:
    """An image that the runner could not work in, or that would open a hole, fails with the reason, untagged."""
    (lua / "Dockerfile").write_text(dockerfile.format(python=image.tag(image.IMAGES / "python")))
    built = _build("lua", lua)
    assert built.returncode == 1
    assert said in built.stderr
    assert "could not be built: lua" in built.stderr
    present = subprocess.run(
        ["docker", "image", "inspect", image.tag(lua)], capture_output=True, timeout=20, check=False
    )
    assert present.returncode != 0


def test_profile_has_a_comment_for_every_group() -> None:
    """Each group of the seccomp profile says what it is for, and the default is to refuse."""
    profile = json.loads(seccomp_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert all(group["comment"] for group in profile["syscalls"])
    assert not any(entry["subArchitectures"] for entry in profile["archMap"])
    assert {group["action"] for group in profile["syscalls"]} == {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}
