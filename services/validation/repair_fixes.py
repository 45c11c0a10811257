"""Repair by what the stages offer: the safe fixes of the findings that count, made together as one change."""

import asyncio
from collections.abc import Iterable, Sequence

from assay.stage import Candidate, Finding, Fix, Severity, SourceFile

from services.validation.repair_change import Change
from services.validation.repair_text import OutsideFile, Span, Taken, Text, text_of

MAX_BYTES = 512 * 1024
"""Of the files that are edited together; a further one is left as it is. Every round holds a difference of theirs."""

Spans = dict[str, list[Span]]
"""The edits of one fix, by the paths of the files."""


class Fixes:
    """
    Makes the safe fixes that findings carry.

    Of each finding the first safe fix counts: the best of those that need no person. Where two cannot be made together
    the graver finding's is, then the surer one's, then that of the first; the other may be in the next round. A fix is
    made whole or not at all: not where an edit leaves its file, is in a file that is not judged, or cannot be written
    in the file's encoding.
    """

    name = "fixes"

    async def change(self, candidate: Candidate, findings: Sequence[Finding]) -> Change | None:
        """See :class:`services.validation.repair_change.Repairer`."""
        return await asyncio.to_thread(_change, candidate, findings)


def _change(candidate: Candidate, findings: Sequence[Finding]) -> Change | None:
    editor = _Editor(candidate)
    mended = [finding.fingerprint for finding in _by_weight(findings) if editor.makes(finding)]
    contents = editor.contents()
    # A fix that writes what stands there already is none.
    return Change(contents, tuple(mended)) if contents else None


def _by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that a fix could be for, the gravest and surest first. What is merely worth knowing is left."""
    fixable = (finding for finding in findings if finding.severity > Severity.INFO)
    return sorted(fixable, key=lambda finding: (-finding.severity, -finding.confidence))


class _Editor:
    """The files of a candidate, and what is changed in them."""

    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._files = {file.path: file for file in candidate.files}
        self._left = MAX_BYTES
        self._texts: dict[str, Text | None] = {}
        self._taken: dict[str, Taken] = {}

    def makes(self, finding: Finding) -> bool:
        """Take the first safe fix of a finding; return whether it can be made beside those before it."""
        fix = next((fix for fix in finding.fixes if fix.safe and fix.edits), None)
        spans = None if fix is None else self._spans(fix)
        if spans is None or not all(self._of(path).admits(own) for path, own in spans.items()):
            return False
        for path, own in spans.items():
            self._of(path).take(own)
        return True

    def contents(self) -> dict[str, bytes]:
        """Return the files that are other than they were."""
        changed: dict[str, bytes] = {}
        for path, taken in self._taken.items():
            text = self._text(path)
            content = text.edited(taken.spans()) if text is not None else b""
            if text is not None and content != text.file.content:
                changed[path] = content
        return changed

    def _of(self, path: str) -> Taken:
        return self._taken.setdefault(path, Taken())

    def _spans(self, fix: Fix) -> Spans | None:
        spans: Spans = {}
        for edit in fix.edits:
            text = self._text(edit.range.path)
            if text is None:
                return None
            try:
                spans.setdefault(edit.range.path, []).append(text.span(edit.range, edit.new_text))
            except (OutsideFile, UnicodeError):
                return None
        return spans

    def _text(self, path: str) -> Text | None:
        if path not in self._texts:
            file = self._files.get(path)
            self._texts[path] = None if file is None else self._read(file)
        return self._texts[path]

    def _read(self, file: SourceFile) -> Text | None:
        if len(file.content) > self._left:
            return None
        self._left -= len(file.content)
        return text_of(file, self._candidate.language)
