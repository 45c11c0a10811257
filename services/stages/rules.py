"""What a rule of a reading stage is: an identifier, a weight, a reason, and the examples that prove it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assay.stage import Category, Finding, Fix, Location, RuleInfo, Severity


@dataclass(frozen=True, slots=True)
class Example:
    """
    A whole file that shows what a rule means.

    :param path: Empty: any name of the language.
    :param specification: What the file was asked to do.
    """

    text: str | bytes
    language: str = "python"
    path: str = ""
    specification: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A rule. What it weighs is the same wherever it fires: what weighs otherwise is another rule.

    :param id: "stage/name".
    :param explanation: A paragraph for a person: what is wrong, why it matters, what is not meant.
    :param fires: Whole files in which it fires; a bare text is Python.
    :param passes: Whole files in which it does not, among them those that look most like the first.
    :param confidence: How often it is right where it fires, from 0 to 1.
    """

    id: str
    category: Category
    severity: Severity
    explanation: str
    fires: tuple[str | bytes | Example, ...] = ()
    passes: tuple[str | bytes | Example, ...] = ()
    confidence: float = 1.0

    def finding(
        self,
        message: str,
        location: Location | None = None,
        *,
        suggestion: str = "",
        fixes: tuple[Fix, ...] = (),
        evidence: Mapping[str, str] | None = None,
    ) -> Finding:
        """Return what this rule has to say about one place."""
        return Finding(
            rule_id=self.id,
            category=self.category,
            severity=self.severity,
            message=message,
            location=location,
            confidence=self.confidence,
            suggestion=suggestion,
            fixes=fixes,
            evidence=dict(evidence or {}),
        )


def explained(rules: Iterable[Rule]) -> tuple[RuleInfo, ...]:
    """Return rules as they are explained to a person; examples that are no text are left out."""
    return tuple(
        RuleInfo(
            rule_id=rule.id,
            category=rule.category,
            severity=rule.severity,
            explanation=rule.explanation,
            confidence=rule.confidence,
            fires=_texts(rule.fires),
            passes=_texts(rule.passes),
        )
        for rule in sorted(rules, key=lambda rule: rule.id)
    )


def _texts(shown: Iterable[str | bytes | Example]) -> tuple[str, ...]:
    return tuple(text for text in (example(one).text for one in shown) if isinstance(text, str))


def example(shown: str | bytes | Example) -> Example:
    """Return an example in full."""
    return shown if isinstance(shown, Example) else Example(shown)


MAX_FINDINGS = 200
"""Findings kept of one file, the gravest first."""


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the gravest findings of one file, at most MAX_FINDINGS, in the order of the source."""
    gravest = sorted(findings, key=lambda finding: -finding.severity)[:MAX_FINDINGS]
    return tuple(sorted(gravest, key=_position))


def _position(finding: Finding) -> tuple[int, int, str]:
    place = finding.location
    return (0, 0, finding.rule_id) if place is None else (place.start_line, place.start_column, finding.rule_id)
