"""
The images of the sandbox: what they are built from, and the tag that follows from it.

A language is a folder: ``Dockerfile`` and ``language.toml``, and files of its own beside them. The built-in ones lie
in ``sandbox/images``; others are named by settings. Every Dockerfile gets the same tail, ``images/runner.Dockerfile``,
which adds the runner. The tag holds a hash of every input, so a service finds the image that belongs to its own code or
none.

Standard library only: ``scripts/sandbox-image`` runs this file before anything is installed.
"""

import hashlib
import io
import json
import os
import re
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent
IMAGES = ROOT / "images"
RUNNER = ROOT / "runner"
TAIL = "runner.Dockerfile"
CA_BUNDLE = "build-ca.pem"
CA_BUNDLE_VARIABLE = "ASSAY_BUILD_CA_BUNDLE"
"""Names a PEM file that a build trusts besides the image's own certificates, where TLS is re-signed."""

FOLDERS_VARIABLE = "ASSAY_SANDBOX__LANGUAGE_FOLDERS"
"""A JSON list of paths, each the folder of one language; services read the same variable as a setting."""

MAX_FILES = 1000
MAX_BYTES = 64 * 1024 * 1024
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
MAX_NAME = 32


class BrokenLanguage(ValueError):
    """A language's folder cannot be used; names the folder, and the key of ``language.toml`` where one is at fault."""

    def __init__(self, folder: Path, reason: str, key: str = "") -> None:
        self.folder = folder
        self.key = key
        super().__init__(f"{folder}: language.toml: {key}: {reason}" if key else f"{folder}: {reason}")


class Input(NamedTuple):
    """A file of a build context."""

    name: str
    content: bytes
    executable: bool = False


def read_settings(folder: Path) -> dict[str, object]:
    """Return what the ``language.toml`` of a folder says, unchecked but for the language's name."""
    try:
        value = tomllib.loads((folder / "language.toml").read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenLanguage(folder, f"language.toml cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BrokenLanguage(folder, f"language.toml is not TOML: {error}") from error
    name = value.get("language")
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise BrokenLanguage(
            folder, f"a name is at most {MAX_NAME} of a-z, 0-9 and single '-', a letter first", "language"
        )
    return value


def folders(more: Sequence[Path] = ()) -> dict[str, Path]:
    """
    Return the folder of every language by its name: the built-in ones, and those given.

    :raises BrokenLanguage: A folder has no readable ``language.toml``, or its language has another folder already.
    """
    found: dict[str, Path] = {}
    for folder in (*sorted(path.parent for path in IMAGES.glob("*/language.toml")), *more):
        name = str(read_settings(folder)["language"])
        if name in found:
            raise BrokenLanguage(folder, f"{name!r} is the language of {found[name]} already", "language")
        found[name] = folder
    return dict(sorted(found.items()))


def inputs(folder: Path) -> Iterator[Input]:
    """Yield everything that the image of a folder's language is built from, in a fixed order."""
    for item in _files(folder):
        if item.name == "Dockerfile":
            tail = (IMAGES / TAIL).read_bytes()
            yield Input(item.name, item.content.rstrip() + b"\n\n" + tail)
        else:
            yield item
    for path in sorted(RUNNER.rglob("*.py")):
        yield Input(f"runner/{path.relative_to(RUNNER).as_posix()}", path.read_bytes())


def _files(folder: Path) -> list[Input]:
    """Return the files of a language's folder; links are refused, not followed."""
    found: list[Input] = []
    room = MAX_BYTES
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BrokenLanguage(folder, f"{name} is neither a file nor a folder")
        if name.split("/")[0] in {"runner", CA_BUNDLE}:
            raise BrokenLanguage(folder, f"{name}: the build brings a {name.split('/')[0]} of its own")
        # What an interpreter keeps beside a source is none of the inputs, and differs from one machine to the next.
        if path.is_dir() or "__pycache__" in path.parts:
            continue
        room -= path.stat().st_size
        if len(found) == MAX_FILES or room < 0:
            raise BrokenLanguage(folder, f"it has more than {MAX_FILES} files or {MAX_BYTES} bytes")
        found.append(Input(name, path.read_bytes(), bool(path.stat().st_mode & 0o100)))
    if "Dockerfile" not in {item.name for item in found}:
        raise BrokenLanguage(folder, "it has no Dockerfile")
    return found


def tag(folder: Path) -> str:
    """Return the name of the image of a folder's language, for example "assay-sandbox-python:0123456789ab"."""
    digest = hashlib.sha256()
    for name, content, executable in inputs(folder):
        digest.update(f"{name}\0{len(content)}\0{executable:d}\0".encode() + content)
    return f"assay-sandbox-{read_settings(folder)['language']}:{digest.hexdigest()[:12]}"


def context(folder: Path) -> bytes:
    """Return the build context as a tar archive: the inputs, and the CA bundle of this machine where one is set."""
    bundle = os.environ.get(CA_BUNDLE_VARIABLE)
    certificates = Path(bundle).read_bytes() if bundle else b""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, executable in (*inputs(folder), Input(CA_BUNDLE, certificates)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755 if executable else 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def named_folders() -> list[Path]:
    """Return the folders that the environment names."""
    text = os.environ.get(FOLDERS_VARIABLE) or "[]"
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
        raise ValueError(f"""{FOLDERS_VARIABLE} is not a JSON list of paths, like '["/opt/lua"]'""")
    return [Path(path) for path in value]


def main() -> None:
    """Print what ``scripts/sandbox-image`` asks for: ``languages``, ``tag LANGUAGE`` or ``context LANGUAGE``."""
    try:
        known = folders(named_folders())
        match sys.argv[1:]:
            case ["languages"]:
                sys.stdout.write("\n".join(known) + "\n")
            case ["tag", name] if name in known:
                sys.stdout.write(tag(known[name]) + "\n")
            case ["context", name] if name in known:
                sys.stdout.buffer.write(context(known[name]))
            case _:
                sys.exit(f"usage: image.py languages | tag LANGUAGE | context LANGUAGE; languages: {', '.join(known)}")
    except (OSError, ValueError) as error:
        sys.exit(f"image.py: {error}")


if __name__ == "__main__":
    main()
