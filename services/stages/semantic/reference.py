"""Which installed packages the stage knows the insides of: the caller's, or those of the reference environment."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from assay.errors import AssayError

LIST = Path(__file__).parent / "reference.txt"

PACKAGES = "lib/python3*/site-packages"


class NoEnvironment(AssayError):
    """A setting names a folder that is no environment."""


def environment_of(options: Mapping[str, str]) -> Path | None:
    """
    Return the environment whose packages are known, or None where none is.

    :param options: Of the semantic stage. ``python`` names a virtual environment, whose packages count as they are
        there; ``reference`` a folder that `scripts/reference` made. Without either it is looked for where that script
        puts it.
    :raises NoEnvironment: An option names a folder that has no packages.
    """
    for option in ("python", "reference"):
        if given := options.get(option):
            prefix = Path(os.path.abspath(os.path.expanduser(given)))
            if not any(prefix.glob(PACKAGES)):
                raise NoEnvironment(f"the semantic stage's option {option} names a folder without {PACKAGES}")
            return prefix
    usual = cache_home() / "assay" / f"reference-{digest()}"
    return usual if usual.is_dir() else None


def cache_home() -> Path:
    """Return the folder in which a user's caches lie (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"))


def digest() -> str:
    """Return twelve hexadecimal digits that change with the list; `scripts/reference` names its folder by them."""
    return hashlib.sha256(LIST.read_bytes()).hexdigest()[:12]


def named(environment: Path | None) -> str:
    """Return a name that changes with what an environment holds, without its path."""
    if environment is None:
        return "none"
    made = environment / "assay-reference"
    if made.is_file():
        return f"reference-{made.read_text().strip()}"
    held = sorted(path.name for path in environment.glob(f"{PACKAGES}/*.dist-info"))
    return f"environment-{hashlib.sha256(' '.join(held).encode()).hexdigest()[:12]}"
