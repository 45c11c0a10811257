"""Files that prove who a service is: whether they are there, nobody else's to read, and valid for a while."""

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cli.diagnosis import Ill

DAY = 86_400.0

SOON = 30 * DAY
"""A certificate that ends within this is told of."""

MOST_FILES = 1_000
"""Files that are looked at in all."""

_PRIVATE = (".key", "password", ".sql")
"""How the names of files end that only their owner, and the group of the images' user, may read."""

_REMEDY = "`assay secrets` makes what is missing; see docs/compose.md"


def looked_at(given: Mapping[Path, str]) -> str:
    """
    Look at everything that services are given, and return what there is to say.

    :param given: Files and folders of this machine, each with where a container has it.
    :raises Ill: Something is missing, open to others, or not valid.
    """
    for path, inside in given.items():
        _present(path, inside)
    files = [file for path in given for file in _files(path)][:MOST_FILES]
    unread = [file for file in files if not os.access(file, os.R_OK)]
    for file in files:
        if file.name.endswith(_PRIVATE):
            _private(file)
    until = min((_valid_until(file) for file in files if file.suffix == ".crt" and file not in unread), default=None)
    said = f"{len(files)} files, {len(unread)} of them not this user's to read" if unread else f"{len(files)} files"
    return said if until is None else f"{said}; certificates are valid for {days(until)} days"


def _present(path: Path, inside: str) -> None:
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except PermissionError:
        return
    except OSError:
        raise Ill(f"{path} is missing", _REMEDY) from None
    if is_folder and Path(inside).suffix:
        # Docker makes a folder of whatever is missing where it is mounted.
        raise Ill(f"{path} is a folder, and should be a file", f"remove it; {_REMEDY}")


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (Path(folder) / name for folder, _, names in os.walk(path) for name in sorted(names))


def _private(file: Path) -> None:
    try:
        found = file.stat()
    except OSError:
        return
    if not found.st_size:
        raise Ill(f"{file} is empty", f"remove it; {_REMEDY}")
    if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise Ill(f"{file} can be read or written by others", f"chmod 0600 {file}")


def _valid_until(file: Path) -> float:
    try:
        return valid_until(file.read_bytes(), str(file))
    except OSError as error:
        raise Ill(f"{file}: {(error.strerror or 'it cannot be read').lower()}", _REMEDY) from None


def valid_until(content: bytes, name: str) -> float:
    """
    Return until when all certificates of a file (PEM) are valid, in seconds since the epoch.

    :raises Ill: It holds none, or one that is not valid now.
    """
    from cryptography import x509

    try:
        chain: Iterable[x509.Certificate] = x509.load_pem_x509_certificates(content)
        begin = max(one.not_valid_before_utc.timestamp() for one in chain)
        end = min(one.not_valid_after_utc.timestamp() for one in chain)
    except ValueError:
        raise Ill(f"{name} is no certificate (PEM)", "put a certificate there") from None
    if end < time.time():
        raise Ill(f"{name} is not valid since {days(2 * time.time() - end)} days", "put a new one there; see docs")
    if begin > time.time():
        raise Ill(f"{name} is not valid yet", "look at the clocks of this machine and of who signed it")
    return end


def days(until: float) -> int:
    """Return the days from now until a moment, in seconds since the epoch."""
    return int((until - time.time()) / DAY)
