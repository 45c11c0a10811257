"""
The images of the sandbox: what they are built from, and the tag that follows from it.

The tag holds a hash of every input, so a service finds the image that belongs to its own code or none. Standard library
only: ``scripts/sandbox-image`` runs this file before anything is installed.
"""

import hashlib
import io
import os
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent
IMAGES = ROOT / "images"
RUNNER = ROOT / "runner"
CA_BUNDLE_VARIABLE = "ASSAY_BUILD_CA_BUNDLE"
"""Names a PEM file that a build trusts besides the image's own certificates, where TLS is re-signed."""


def languages() -> tuple[str, ...]:
    """Return the languages that there are images for."""
    return tuple(sorted(path.parent.name for path in IMAGES.glob("*/language.toml")))


def inputs(language: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of everything that the image of a language is built from, in a fixed order."""
    folder = IMAGES / language
    yield "Dockerfile", (folder / "Dockerfile").read_bytes()
    yield "language.toml", (folder / "language.toml").read_bytes()
    for path in sorted(RUNNER.rglob("*.py")):
        yield f"runner/{path.relative_to(RUNNER).as_posix()}", path.read_bytes()


def tag(language: str) -> str:
    """Return the name of the image of a language, for example "assay-sandbox-python:0123456789ab"."""
    digest = hashlib.sha256()
    for name, content in inputs(language):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return f"assay-sandbox-{language}:{digest.hexdigest()[:12]}"


def context(language: str) -> bytes:
    """Return the build context as a tar archive: the inputs, and the CA bundle of this machine where one is set."""
    bundle = os.environ.get(CA_BUNDLE_VARIABLE)
    certificates = Path(bundle).read_bytes() if bundle else b""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in (*inputs(language), ("build-ca.pem", certificates)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def main() -> None:
    """Print what ``scripts/sandbox-image`` asks for: ``languages``, ``tag LANGUAGE`` or ``context LANGUAGE``."""
    match sys.argv[1:]:
        case ["languages"]:
            sys.stdout.write("\n".join(languages()) + "\n")
        case ["tag", language] if language in languages():
            sys.stdout.write(tag(language) + "\n")
        case ["context", language] if language in languages():
            sys.stdout.buffer.write(context(language))
        case _:
            sys.exit(
                f"usage: image.py languages | tag LANGUAGE | context LANGUAGE; languages: {', '.join(languages())}"
            )


if __name__ == "__main__":
    main()
