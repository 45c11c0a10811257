"""The languages that candidates can be written in, and how a file tells its own."""

from pathlib import PurePosixPath

SUFFIXES = {".py": "python", ".pyi": "python", ".pyw": "python"}
"""The language by file name suffix."""

DEFAULT_VERSIONS = {"python": "3.13"}
"""The version that code is taken to be written for, where a candidate names none: that of the sandbox's image."""


def of_path(path: str) -> str | None:
    """Return the language of a file by its name, or None."""
    return SUFFIXES.get(PurePosixPath(path).suffix.lower())
