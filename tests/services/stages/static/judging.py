"""Judges files as a worker does, in the test's own process."""

import atexit
from contextlib import ExitStack
from functools import cache

from assay.stage import Finding

from services.stages.static.analysis import check
from services.stages.static.linter import Linter
from services.stages.static.ruff_server import settings_folder
from tests.corpus.reading_cases import SUFFIX_OF

_opened = ExitStack()
atexit.register(_opened.close)


@cache
def folder() -> str:
    """Return the folder of this process's linter, which goes with the process."""
    return _opened.enter_context(settings_folder())


def found(
    code: str | bytes, language: str = "python", *, path: str = "", minor: int = 13, entry: bool = True
) -> list[Finding]:
    """Judge one file."""
    content = code.encode() if isinstance(code, str) else code
    name = path or f"a{SUFFIX_OF[language]}"
    return list(check(content, name, language, Linter(minor, folder()), entry=entry))


def rules(code: str | bytes, language: str = "python", **more: object) -> set[str]:
    """Return the rules that fire in one file."""
    return {finding.rule_id for finding in found(code, language, **more)}  # type: ignore[arg-type]
