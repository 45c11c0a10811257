"""Fingerprints: the same for the same finding in a later version of the file, although its line has moved."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from assay.stage import Candidate, Finding

DIGITS = 32
"""Hexadecimal digits of a fingerprint."""

FINGERPRINT = re.compile(rf"[0-9a-f]{{{DIGITS}}}")

_LINE_END = re.compile(r"\r\n|\r|\n")


class Lines:
    """The lines of a candidate's files and tests, split when they are first asked for."""

    def __init__(self, candidate: Candidate) -> None:
        suites = (file for suite in candidate.tests for file in suite.files)
        self._contents: Mapping[str, bytes] = {file.path: file.content for file in (*suites, *candidate.files)}
        self._split: dict[str, Sequence[str]] = {}

    def of(self, path: str) -> Sequence[str]:
        """Return the lines of a file; none of one that is not there."""
        if path not in self._split:
            text = self._contents.get(path, b"").decode("utf-8-sig", "replace")
            self._split[path] = _LINE_END.split(text)
        return self._split[path]

    def first(self, finding: Finding) -> str:
        """Return the first line that a finding is about; empty where there is none."""
        if finding.location is None:
            return ""
        lines, number = self.of(finding.location.path), finding.location.start_line
        return lines[number - 1] if 1 <= number <= len(lines) else ""


def fingerprints(findings: Sequence[Finding], lines: Lines) -> tuple[str, ...]:
    """
    Return the fingerprint of each finding of one stage.

    It is made of the rule, the path, the text of the finding's first line without its white space, and how many
    findings of that rule on lines of that text came before it in the file. Where a finding has no place, its message
    stands for the text.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    made = []
    for finding in findings:
        path = "" if finding.location is None else finding.location.path
        text = finding.message if finding.location is None else "".join(lines.first(finding).split())
        key = (finding.rule_id, path, text)
        made.append(_digest([*key, seen[key]]))
        seen[key] += 1
    return tuple(made)


def _digest(parts: list[str | int]) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:DIGITS]
