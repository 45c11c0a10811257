"""The file from which compose reads variables: one value of it in place of another, and nothing else changed."""

import re
from pathlib import Path

from cli.deploy.record import write
from cli.deploy.steps import Failed

_VALUE = re.compile(r"[A-Za-z0-9._:/@-]+")


def set_value(path: Path, name: str, value: str) -> bool:
    """
    Have a variable say something, in the line where it stands or in a new one at the end; return whether it did not.

    :param value: The name of an image: nothing that would have to be quoted.
    :raises Failed: The file cannot be read or written, or the value would have to be quoted.
    """
    if not _VALUE.fullmatch(value):
        raise Failed(f"{name}: {value!r} is no name of an image")
    try:
        text = path.read_text() if path.exists() else ""
        changed = _changed(text, name, value)
        if changed == text:
            return False
        write(path, changed, (path.stat().st_mode & 0o777) if path.exists() else 0o600)
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{path}: {(getattr(error, 'strerror', '') or 'it cannot be read').lower()}") from None
    return True


def _changed(text: str, name: str, value: str) -> str:
    line = f"{name}={value}"
    found, count = re.subn(rf"^(?:export +)?{re.escape(name)}=.*$", line, text, flags=re.MULTILINE)
    if count:
        return found
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"
