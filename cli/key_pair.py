"""`assay keys pair`: the keys with which one process of the suite proves to the others that a call is its own."""

import os
import re
from pathlib import Path

from cli.sources import BadSource

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


def pair(name: str, folder: Path) -> int:
    """
    Write NAME.key, which its owner alone may read, and NAME.pub.

    :raises BadSource: The name is none, a file is there already, or cannot be written.
    """
    from host.token_keys import new_key_pair

    if not _NAME.fullmatch(name):
        raise BadSource("a name has 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")
    private, public = new_key_pair()
    for path, content, mode in ((folder / f"{name}.key", private, 0o600), (folder / f"{name}.pub", public, 0o644)):
        _write(path, content, mode)
        print(path)  # noqa: T201 this is the command's output
    return 0


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a new file with exactly a mode, which it has from its first moment."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, mode)
    except OSError as error:
        raise BadSource(f"{path}: {(error.strerror or 'it cannot be written').lower()}") from None
