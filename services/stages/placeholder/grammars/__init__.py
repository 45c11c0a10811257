"""The languages that this stage reads, a file for each family."""

from functools import lru_cache
from importlib import import_module
from pathlib import PurePosixPath

from services.stages.placeholder.grammar import Grammar

_MODULES = {
    "python": "python",
    "javascript": "ecmascript",
    "typescript": "ecmascript",
    "tsx": "ecmascript",
    "go": "go",
    "java": "java",
    "c": "c",
    "cpp": "c",
    "rust": "rust",
    "ruby": "ruby",
    "php": "php",
    "bash": "bash",
    "sql": "sql",
    "html": "markup",
    "json": "data",
    "yaml": "data",
}

LANGUAGES = frozenset(_MODULES) - {"tsx"}
"""Names as in :mod:`assay.languages`."""


def grammar_of(language: str, path: str) -> Grammar:
    """Return the grammar of a file; TypeScript has two, by the file's name."""
    is_tsx = language == "typescript" and PurePosixPath(path).suffix.lower() == ".tsx"
    return _grammar("tsx" if is_tsx else language)


@lru_cache(maxsize=32)
def _grammar(name: str) -> Grammar:
    module = import_module(f"services.stages.placeholder.grammars.{_MODULES[name]}")
    grammar: Grammar = getattr(module, name.upper())
    return grammar
