"""
What `assay check --format sarif` prints: SARIF 2.1.0 (OASIS), as code scanning services read it.

A finding is a result, with the fingerprint of the suite as its partial fingerprint, suppressed ones with their reason.
What could not be checked is a notification of the invocation, and with one the invocation was not successful.
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from assay.v1 import finding_pb2, stage_pb2, validation_pb2

from cli.checked import Checked, Tally, findings_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "assay/v1"

_LEVELS = {
    finding_pb2.SEVERITY_CRITICAL: "error",
    finding_pb2.SEVERITY_HIGH: "error",
    finding_pb2.SEVERITY_MEDIUM: "warning",
    finding_pb2.SEVERITY_LOW: "note",
    finding_pb2.SEVERITY_INFO: "note",
}
_SECURITY_SEVERITIES = {
    finding_pb2.SEVERITY_CRITICAL: "9.5",
    finding_pb2.SEVERITY_HIGH: "8.0",
    finding_pb2.SEVERITY_MEDIUM: "5.5",
    finding_pb2.SEVERITY_LOW: "3.0",
    finding_pb2.SEVERITY_INFO: "0.0",
}
"""As scores of CVSS, which is how code scanning ranks weaknesses."""


class SarifReport:
    """
    Gathers results; :meth:`close` writes them as one log of one run.

    :param rules: Those of the suite.
    """

    def __init__(self, file: TextIO, rules: Sequence[stage_pb2.RuleInfo]) -> None:
        self._file = file
        self._rules = [_rule(rule) for rule in rules]
        self._indices = {rule.rule_id: index for index, rule in enumerate(rules)}
        self._results: list[dict[str, Any]] = []
        self._notifications: list[dict[str, Any]] = []

    def add(self, checked: Checked) -> None:
        """Take one result."""
        validation = checked.validation
        if validation is None:
            self._notifications.append(_notification(checked.message, checked.name))
            return
        self._results += [self._result(finding, checked) for finding in findings_of(validation)]
        if validation.verdict == validation_pb2.VERDICT_INCONCLUSIVE:
            self._notifications.append(_notification(validation.explanation, checked.name))

    def close(self, tally: Tally) -> None:
        """Write everything."""
        driver = {
            "name": "Assay",
            "semanticVersion": version("assay-suite"),
            "rules": self._rules,
        }
        invocation = {
            "executionSuccessful": not self._notifications,
            "exitCode": tally.exit_status,
            "toolExecutionNotifications": self._notifications,
        }
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": self._results,
        }
        json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, self._file, indent=1)
        self._file.write("\n")

    def _result(self, finding: finding_pb2.Finding, checked: Checked) -> dict[str, Any]:
        suggestion = f" {finding.suggestion}" if finding.suggestion else ""
        result: dict[str, Any] = {
            "ruleId": finding.rule_id,
            "level": _LEVELS.get(finding.severity, "none"),
            "message": {"text": f"{finding.message}{suggestion}"},
            "locations": [_location(finding, checked)],
            "partialFingerprints": {FINGERPRINT: finding.fingerprint},
            "rank": round(finding.confidence * 100, 1),
            "properties": {"stage": finding.stage, "severity": _name(finding), "evidence": dict(finding.evidence)},
        }
        if finding.rule_id in self._indices:
            result["ruleIndex"] = self._indices[finding.rule_id]
        if finding.suppressed:
            inline = finding.suppressed.startswith("suppressed by the comment")
            result["suppressions"] = [
                {"kind": "inSource" if inline else "external", "justification": finding.suppressed}
            ]
        if fixes := [_fix(fix, checked) for fix in finding.fixes if fix.edits]:
            result["fixes"] = fixes
        return result


def _rule(rule: stage_pb2.RuleInfo) -> dict[str, Any]:
    category = finding_pb2.FindingCategory.Name(rule.category).removeprefix("FINDING_CATEGORY_").lower()
    properties: dict[str, Any] = {
        "tags": list(dict.fromkeys([rule.stage, category])),
        "precision": _precision(rule.confidence),
    }
    if rule.category == finding_pb2.FINDING_CATEGORY_SECURITY:
        properties["security-severity"] = _SECURITY_SEVERITIES.get(rule.severity, "0.0")
    return {
        "id": rule.rule_id,
        "name": "".join(word.capitalize() for word in rule.rule_id.replace("/", "-").split("-")),
        "shortDescription": {"text": _first_sentence(rule.explanation) or rule.rule_id},
        "fullDescription": {"text": rule.explanation or rule.rule_id},
        "help": {"text": f"{rule.explanation}\n\nassay explain {rule.rule_id}"},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "none")},
        "properties": properties,
    }


def _precision(confidence: float) -> str:
    return "very-high" if confidence >= 0.95 else "high" if confidence >= 0.8 else "medium"


def _first_sentence(text: str) -> str:
    head, dot, _ = text.partition(". ")
    return head + dot.strip()


def _name(finding: finding_pb2.Finding) -> str:
    return finding_pb2.Severity.Name(finding.severity).removeprefix("SEVERITY_").lower()


def _location(finding: finding_pb2.Finding, checked: Checked) -> dict[str, Any]:
    if not finding.HasField("location"):
        return {"physicalLocation": {"artifactLocation": _artifact(checked.name)}}
    return {"physicalLocation": _physical(finding.location, checked)}


def _physical(location: finding_pb2.Location, checked: Checked) -> dict[str, Any]:
    return {"artifactLocation": _artifact(checked.name_of(location.path)), "region": _region(location)}


def _region(location: finding_pb2.Location) -> dict[str, int]:
    region = {
        "startLine": location.start_line,
        "startColumn": location.start_column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }
    return {key: value for key, value in region.items() if value >= 1}


def _artifact(name: str) -> dict[str, str]:
    """Return where a file lies: relative to where the command was run, if it lies below."""
    path = Path(name)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    if path.is_absolute():
        return {"uri": f"file://{_quoted(path)}"}
    return {"uri": _quoted(path)}


def _quoted(path: Path) -> str:
    return quote(path.as_posix().encode("utf-8", "surrogateescape"))


def _fix(fix: finding_pb2.Fix, checked: Checked) -> dict[str, Any]:
    by_path: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.range), "insertedContent": {"text": edit.new_text}}
        by_path.setdefault(edit.range.path, []).append(replacement)
    changes = [
        {"artifactLocation": _artifact(checked.name_of(path)), "replacements": replacements}
        for path, replacements in by_path.items()
    ]
    return {"description": {"text": fix.description}, "artifactChanges": changes}


def _notification(text: str, name: str) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": text or "It could not be determined."},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(name)}}],
    }
