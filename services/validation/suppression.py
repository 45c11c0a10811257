"""
Which findings do not count: what the caller's policy says, and nobody else.

A finding that does not count stays where it is, with the reason. It neither votes, nor moves the score, nor stops other
stages, nor decides. Without a word of the caller's the candidate silences nothing: a comment in it is text like any
other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from assay.globs import covers, names
from assay.stage import Candidate, Category, Finding, StageResult

from services.validation.fingerprints import Lines, fingerprints
from services.validation.inline import Ignore, ignores

WHOLE_FILE = frozenset({Category.SYNTAX, Category.TRUNCATION})
"""What a change anywhere in a file can bring about anywhere else in it."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """
    Findings that the caller does not want counted.

    :param rule: A rule's identifier, or a pattern; see :func:`assay.globs.names`.
    :param path: A pattern of files, see :func:`assay.globs.covers`; empty: all, and findings without a place.
    """

    rule: str
    path: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """
    All that a policy says about what does not count.

    :param baseline: Fingerprints of findings that are known.
    :param inline: Whether comments in the candidate count; see :mod:`services.validation.inline`.
    :param changed: The ranges of changed lines by path, both ends included; None: everything is looked at.
    """

    suppressions: tuple[Suppression, ...] = ()
    baseline: frozenset[str] = frozenset()
    inline: bool = False
    changed: Mapping[str, tuple[tuple[int, int], ...]] | None = None


NOTHING_SILENCED = Silence()


@dataclass
class Marker:
    """Marks what one candidate's stages found, by one policy."""

    candidate: Candidate
    silence: Silence
    _by_path: dict[str, tuple[Suppression, ...]] = field(default_factory=dict)

    def marked(self, result: StageResult) -> StageResult:
        """Return a stage's result with a fingerprint for each finding, and the reason for each that does not count."""
        made = fingerprints(result.findings, self._lines)
        findings = tuple(
            replace(finding, fingerprint=mark, suppressed=self._why(finding, mark))
            for finding, mark in zip(result.findings, made, strict=True)
        )
        return replace(result, findings=findings)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.candidate)

    @cached_property
    def _comments(self) -> Mapping[str, Mapping[int, Sequence[Ignore]]]:
        if not self.silence.inline:
            return {}
        language = self.candidate.language
        return {file.path: ignores(file.content, file.path, language) for file in self.candidate.files}

    def _why(self, finding: Finding, fingerprint: str) -> str:
        """Return why a finding does not count; empty where it does."""
        reasons: tuple[Callable[[], str], ...] = (
            lambda: self._by_policy(finding),
            lambda: "it is known: it stands in the baseline" if fingerprint in self.silence.baseline else "",
            lambda: self._by_comment(finding),
            lambda: self._unchanged(finding),
        )
        return next((why for reason in reasons if (why := reason())), "")

    def _by_policy(self, finding: Finding) -> str:
        path = "" if finding.location is None else finding.location.path
        for suppression in self._for(path):
            if names(suppression.rule, finding.rule_id):
                return _because("suppressed by the policy", suppression.reason)
        return ""

    def _for(self, path: str) -> tuple[Suppression, ...]:
        if path not in self._by_path:
            self._by_path[path] = tuple(
                one for one in self.silence.suppressions if not one.path or (path and covers(one.path, path))
            )
        return self._by_path[path]

    def _by_comment(self, finding: Finding) -> str:
        if finding.location is None:
            return ""
        for ignore in self._comments.get(finding.location.path, {}).get(finding.location.start_line, ()):
            if any(names(rule, finding.rule_id) for rule in ignore.rules):
                return _because(f"suppressed by the comment in line {ignore.line}", ignore.reason)
        return ""

    def _unchanged(self, finding: Finding) -> str:
        changed, place = self.silence.changed, finding.location
        if changed is None or place is None:
            return ""
        if place.path in changed and finding.category in WHOLE_FILE:
            return ""
        # A range that ends before the first character of a line has nothing of it.
        end = max(place.start_line, place.end_line - (place.end_column <= 1))
        ranges = changed.get(place.path, ())
        changes = any(first <= end and place.start_line <= last for first, last in ranges)
        return "" if changes else "its lines were not changed"


def _because(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
