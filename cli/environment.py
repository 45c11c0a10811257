"""Which Python environment's packages the checked code may use."""

import os
from pathlib import Path

from cli.sources import BadSource

_USUAL = Path(".venv")


def environment(given: Path | None, *, configured: Path | None = None) -> Path | None:
    """
    Return the folder of an environment: what is given, else what the project's settings say, else the active one, else
    ./.venv, else None.

    :param given: A folder, or the interpreter in it.
    :raises BadSource: What is given or configured is no environment.
    """
    for named in (given, configured):
        if named is not None:
            folder = named.parent.parent if named.is_file() else named
            if not _is_environment(folder):
                raise BadSource(f"--python {named}: this is no Python environment, and no interpreter in one")
            return Path(os.path.abspath(folder))
    usual = (Path(os.environ["VIRTUAL_ENV"]),) if os.environ.get("VIRTUAL_ENV") else ()
    return next((Path(os.path.abspath(folder)) for folder in (*usual, _USUAL) if _is_environment(folder)), None)


def _is_environment(folder: Path) -> bool:
    return any(folder.glob("lib/python3*/site-packages"))
