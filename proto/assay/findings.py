"""What the contract asks of a finding, told as sentences; :mod:`assay.testing` and the hosts of validators ask it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from assay.stage import Category, Finding, Fix, Location, Severity, SourceFile, TextEdit

MAX_MESSAGE = 1_000
"""Characters of a finding's message or suggestion."""

MAX_EVIDENCE = 2_000
"""Characters of one value of a finding's evidence."""

RULE = re.compile(r"[a-z][a-z0-9-]*/[a-z0-9]([a-z0-9-]*[a-z0-9])?")
LINE_END = re.compile(r"\r\n|\r|\n")

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "rule_id": str,
    "category": Category,
    "severity": Severity,
    "message": str,
    "location": (Location, type(None)),
    "confidence": (float, int),
    "suggestion": str,
    "fixes": tuple,
    "evidence": Mapping,
}


class Contract:
    """
    The contract for the findings of one plug-in about some files.

    :param namespace: The first part of its rule ids.
    :param files: The files in which a finding may have its place.
    """

    def __init__(self, namespace: str, files: Iterable[SourceFile]) -> None:
        self._namespace = namespace
        self._files = {file.path: file for file in files}
        self._lines: dict[str, list[str] | int] = {}

    def problems(self, finding: object) -> Iterator[str]:
        """Yield a sentence for each thing in which a finding is against the contract."""
        if type(finding) is not Finding:
            yield "it is no assay.stage.Finding"
            return
        if wrong := [name for name, kind in _TYPES.items() if not isinstance(getattr(finding, name), kind)]:
            yield f"its {wrong[0]} is of another type than the contract's"
            return
        yield from self._rule(finding)
        yield from _texts(finding)
        if finding.location is not None:
            yield from self._place(finding.location)
        for fix in finding.fixes:
            yield from (f"fix: {problem}" for problem in self._fix(fix))

    def _rule(self, finding: Finding) -> Iterator[str]:
        if not RULE.fullmatch(finding.rule_id) or finding.rule_id.split("/")[0] != self._namespace:
            yield f"the rule is not named {self._namespace}/words-joined-by-hyphens"
        if not 0 <= finding.confidence <= 1:
            yield "its confidence is not from 0 to 1"

    def _fix(self, fix: object) -> Iterator[str]:
        if not isinstance(fix, Fix) or not all(isinstance(edit, TextEdit) for edit in fix.edits):
            yield "it is no assay.stage.Fix of assay.stage.TextEdits"
            return
        problems = [problem for edit in fix.edits for problem in self._place(edit.range)]
        yield from problems
        if not problems and _overlapping(fix.edits):
            yield "its edits overlap"

    def _place(self, location: Location) -> Iterator[str]:
        if location.path not in self._files:
            yield "the path of its place is not one of the files"
            return
        start = location.start_line, location.start_column
        end = location.end_line, location.end_column
        if not all(type(number) is int for number in (*start, *end)):
            yield "its range is not of whole numbers"
        elif min(*start, *end) < 1 or start > end:
            yield f"its range {start} to {end} is none"
        elif not self._within(location.path, start) or not self._within(location.path, end):
            yield f"its range {start} to {end} leaves the file"

    def _within(self, path: str, position: tuple[int, int]) -> bool:
        if path not in self._lines:
            self._lines[path] = lines_of(self._files[path])
        lines = self._lines[path]
        line, column = position
        if isinstance(lines, int):
            return line <= lines
        return line <= len(lines) and column <= len(lines[line - 1]) + 1


def lines_of(file: SourceFile) -> list[str] | int:
    """Return the lines of a file, or how many there are where its bytes are no text whose characters can be counted."""
    try:
        return LINE_END.split(file.content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return len(LINE_END.split(file.content.decode("latin-1")))


def _texts(finding: Finding) -> Iterator[str]:
    for text in (finding.message, finding.suggestion):
        if LINE_END.search(text) or len(text) > MAX_MESSAGE:
            yield f"a text is not one line of at most {MAX_MESSAGE} characters"
    if not finding.message.strip():
        yield "it has no message"
    pairs = [text for pair in finding.evidence.items() for text in pair]
    if not all(isinstance(text, str) for text in pairs):
        yield "its evidence is not text by text"
        return
    if any(len(value) > MAX_EVIDENCE for value in finding.evidence.values()):
        yield f"its evidence has a value of more than {MAX_EVIDENCE} characters"
    if any(_unsendable(text) for text in (finding.message, finding.suggestion, *pairs)):
        yield "a text holds half a character"


def _unsendable(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _overlapping(edits: Sequence[TextEdit]) -> bool:
    ranges = [edit.range for edit in edits]
    ordered = sorted(
        (place.path, (place.start_line, place.start_column), (place.end_line, place.end_column)) for place in ranges
    )
    return any(before[0] == after[0] and after[1] < before[2] for before, after in pairwise(ordered))
