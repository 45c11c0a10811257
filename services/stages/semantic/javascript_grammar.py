"""Which of tree-sitter's grammars a JavaScript or TypeScript file is read by."""

from pathlib import PurePosixPath
from typing import Literal

Grammar = Literal["javascript", "typescript", "tsx"]


def grammar_of(language: str, path: str) -> Grammar:
    """Return the grammar; elements in angle brackets and casts in them exclude each other, so a suffix decides."""
    if language == "typescript":
        return "tsx" if PurePosixPath(path).suffix.lower() == ".tsx" else "typescript"
    return "javascript"
