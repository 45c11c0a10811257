"""Whether a text tells more of the submitted code than it may."""

from collections.abc import Iterator, Sequence

from assay.findings import LINE_END
from assay.stage import Candidate

LONG_LINE = 20
"""Characters from which on a line of code is told apart from words that could stand in any sentence."""


def quoted(texts: Sequence[str], candidate: Candidate, *, most: int) -> Iterator[str]:
    """Say so where texts quote more lines of the code than they may."""
    told = "\n".join(texts)
    if len(told) < LONG_LINE:
        return
    lines = {
        line.strip()
        for file in candidate.files
        for line in LINE_END.split(file.content.decode(errors="replace"))
        if len(line.strip()) >= LONG_LINE
    }
    if sum(line in told for line in lines) > most:
        yield f"a text quotes more than {most} lines of the submitted code"
