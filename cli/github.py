"""
What `assay check --format github` prints: workflow commands of GitHub Actions, which become annotations in a change.

Findings of less than LOW are left out, and so are suppressed ones.
"""

from typing import TextIO

from assay.v1 import finding_pb2, validation_pb2

from cli.checked import Checked, Tally, counting
from cli.printable import printable

_COMMANDS = {
    finding_pb2.SEVERITY_CRITICAL: "error",
    finding_pb2.SEVERITY_HIGH: "error",
    finding_pb2.SEVERITY_MEDIUM: "warning",
    finding_pb2.SEVERITY_LOW: "notice",
}


class GithubReport:
    """Writes results as they come."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def add(self, checked: Checked) -> None:
        """Write one result."""
        validation = checked.validation
        if validation is None:
            self._command("error", checked.message, file=checked.name, title="assay")
            return
        for finding in counting(validation):
            if finding.severity in _COMMANDS:
                self._finding(finding, checked)
        if validation.verdict == validation_pb2.VERDICT_INCONCLUSIVE:
            self._command("error", validation.explanation, file=checked.name, title="assay: inconclusive")

    def close(self, tally: Tally) -> None:
        """Write the sum."""
        self._file.write(f"{tally}\n")

    def _finding(self, finding: finding_pb2.Finding, checked: Checked) -> None:
        place: dict[str, str | int] = {"file": checked.name}
        if finding.HasField("location"):
            at = finding.location
            place = {"file": checked.name_of(at.path), "line": at.start_line, "endLine": at.end_line}
            if at.start_line == at.end_line:
                # Columns are taken only where the lines agree.
                place |= {"col": at.start_column, "endColumn": max(at.start_column, at.end_column - 1)}
        text = f"{finding.message} {finding.suggestion}".strip()
        self._command(_COMMANDS[finding.severity], text, **place, title=finding.rule_id)

    def _command(self, name: str, text: str, **properties: str | int) -> None:
        shown = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value != "")
        self._file.write(f"::{name} {shown}::{_escaped(printable(text))}\n")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _escaped(printable(value)).replace(":", "%3A").replace(",", "%2C")
