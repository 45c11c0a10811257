"""What esbuild says of a program that it cannot compile."""

import re
from dataclasses import dataclass

from assay.v1.sandbox_pb2 import ExecutionResult

ERROR = re.compile(r"^\S* ?\[ERROR\] ([^\n]{1,500})(?:\n\n {4}([^\n:]{1,512}):(\d{1,8}):\d+:)?", re.MULTILINE)
UNRESOLVED = re.compile(r'Could not resolve "([^"]{1,200})"')
NO_EXPORT = re.compile(r'No matching export in "[^"]{1,512}" for import "([^"]{1,200})"')


@dataclass(frozen=True, slots=True)
class CompileError:
    """
    The first error.

    :param unresolved: The module that was not found; empty where that is not what it says.
    :param missing: The export that was not found; empty where that is not what it says.
    """

    message: str
    path: str = ""
    line: int = 0
    unresolved: str = ""
    missing: str = ""


def compile_errors(result: ExecutionResult) -> list[CompileError]:
    """Return what the compiler said, in its order; empty where it said nothing that is known."""
    text = result.compilation.stderr.content.decode(errors="replace")
    return [_error(match) for match in ERROR.finditer(text)]


def _error(match: "re.Match[str]") -> CompileError:
    message, path, line = match[1], match[2] or "", int(match[3] or 0)
    unresolved, missing = UNRESOLVED.search(message), NO_EXPORT.search(message)
    return CompileError(message, path, line, unresolved[1] if unresolved else "", missing[1] if missing else "")
