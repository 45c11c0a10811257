"""Files of keys and certificates: read at the start, and refused where somebody else could have read a secret one."""

import os
import stat
from pathlib import Path

from host.settings import BadSettings

MAX_BYTES = 256 * 1024
"""The largest file: a chain of certificates has a few thousand bytes."""


def read_public(path: Path, setting: str) -> bytes:
    """
    Read what anybody may know: a certificate, a public key.

    :param setting: The name of the setting that says where it is, for the error.
    :raises BadSettings: It cannot be read.
    """
    return _read(path, setting)[0]


def read_secret(path: Path, setting: str) -> bytes:
    """
    Read a private key.

    :param setting: The name of the setting that says where it is, for the error.
    :raises BadSettings: It cannot be read, or others than its owner can read it. A file of root's may be readable by
        its group, as mounted secrets are (PostgreSQL has the same rule).
    """
    content, status = _read(path, setting)
    others = 0o037 if status.st_uid == 0 else 0o077
    if status.st_mode & others:
        raise BadSettings(f"the setting {setting}: others can read {path}; its mode has to be 0600")
    return content


def _read(path: Path, setting: str) -> tuple[bytes, os.stat_result]:
    try:
        # Not to wait for a writer, where it is a pipe.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                raise BadSettings(f"the setting {setting}: {path} is no file of at most {MAX_BYTES} bytes")
            return file.read(MAX_BYTES), status
    except OSError as error:
        raise BadSettings(f"the setting {setting}: {path} cannot be read: {error.strerror}") from None
