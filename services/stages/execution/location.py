"""Where a line of the candidate is."""

import re

from assay.stage import Candidate, Location

LINE_END = re.compile(r"\r\n|\r|\n")


def line_of(candidate: Candidate, path: str, line: int) -> Location | None:
    """Return the range of a whole line, or None where the candidate has no such line."""
    file = next((file for file in candidate.files if file.path == path), None)
    if file is None or line < 1:
        return None
    lines = LINE_END.split(file.content.decode(errors="replace"))
    if line > len(lines):
        return None
    return Location(path, line, 1, line, len(lines[line - 1]) + 1)
