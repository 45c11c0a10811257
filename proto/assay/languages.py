"""The languages that candidates can be written in, and how a file tells its own."""

from pathlib import PurePosixPath

_BY_LANGUAGE = {
    "python": ".py .pyi .pyw",
    "javascript": ".js .mjs .cjs .jsx",
    "typescript": ".ts .mts .cts .tsx",
    "go": ".go",
    "java": ".java",
    "c": ".c .h",
    "cpp": ".cpp .cc .cxx .hpp .hh .hxx",
    "rust": ".rs",
    "ruby": ".rb .rake",
    "php": ".php",
    "bash": ".sh .bash",
    "sql": ".sql",
    "html": ".html .htm",
    "json": ".json .jsonc",
    "yaml": ".yaml .yml",
}

SUFFIXES = {suffix: language for language, suffixes in _BY_LANGUAGE.items() for suffix in suffixes.split()}
"""The language by file name suffix; of each language the usual one first."""

DEFAULT_VERSIONS = {"python": "3.13"}
"""The version that code is taken to be written for, where a candidate names none: that of the sandbox's image."""


def of_path(path: str) -> str | None:
    """Return the language of a file by its name, or None."""
    return SUFFIXES.get(PurePosixPath(path).suffix.lower())
