"""
The warm ruff of a worker process, which judges text by any version of Python.

Starting ruff takes ten times as long as asking one that runs. Each worker has one of its own: source on which it runs
out of stack costs no other worker anything, and asking it costs no way between processes of ours. ruff takes a
document's settings from the nearest ``ruff.toml`` above it; one folder for each version of Python holds one, and all
servers share these folders. Nothing of a candidate is ever written there.
"""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.stages.language_server import LanguageServer, ServerSpec
from services.stages.static.lint_rules import SELECTED
from services.stages.static.versions import NEWEST, OLDEST

SECONDS = 25.0
"""The longest that one file may take."""

_SILENCING = re.compile(r"noqa|ruff(?=\s*:)|isort(?=\s*:)|flake8(?=\s*:)", re.IGNORECASE)
_COMMENT = re.compile(r"#[^\r\n]*")


def defused(text: str) -> str:
    """
    Return text in which no comment silences ruff, with every character in its place.

    After a number sign the words by which ruff knows such a comment lose their first letter to an "x". Where the number
    sign stood in a string, only that string reads differently.
    """
    if "#" not in text:
        return text
    return _COMMENT.sub(lambda comment: _SILENCING.sub(lambda word: f"x{word[0][1:]}", comment[0]), text)


@contextmanager
def settings_folder() -> Iterator[str]:
    """Make the folder that servers live in, with settings for each version of Python, and remove it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="assay-ruff-")).resolve()
    try:
        for minor in range(OLDEST, NEWEST + 1):
            (folder / f"py3{minor}").mkdir()
            (folder / f"py3{minor}" / "ruff.toml").write_text(_settings(minor), encoding="utf-8")
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(minor: int) -> str:
    rules = ", ".join(f'"{rule}"' for rule in SELECTED)
    return f'target-version = "py3{minor}"\n[lint]\nselect = [{rules}]\nunfixable = ["ALL"]\n'


def ask(text: str, minor: int, suffix: str, folder: str) -> list[dict[str, Any]]:
    """
    Return ruff's diagnostics of a text, as the Language Server Protocol has them, columns in code points.

    :param suffix: ".py" or ".pyi".
    :param folder: See :func:`settings_folder`.
    :raises ServerLost: ruff ended twice over the text.
    :raises PluginFailed: ruff could not be started, or took too long.
    """
    runner, server = _warm(folder)
    name = f"source{suffix}"
    return runner.run(server.diagnose({name: defused(text)}, [name], within=f"py3{minor}"))[name]


@lru_cache(maxsize=1)
def _warm(folder: str) -> tuple[asyncio.Runner, LanguageServer]:
    """Return this process's server; the end of the process closes its input, and that ends it."""
    from ruff import find_ruff_bin

    command = (str(find_ruff_bin()), "server", "--no-preview")
    return asyncio.Runner(), LanguageServer(ServerSpec("ruff", command, "python", folder=Path(folder), seconds=SECONDS))
