"""What `assay check` prints for a person."""

from collections.abc import Mapping

from assay.v1 import finding_pb2, stage_pb2, validation_pb2
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.checked import Checked, CheckedFile, Tally
from cli.excerpt import excerpt, lines_of
from cli.printable import printable

MAX_FINDINGS = 20
"""Findings printed for one file; the JSON format has them all."""

MAX_EVIDENCE_CHARACTERS = 300

_VERDICTS = {
    validation_pb2.VERDICT_AUTHENTIC: ("✓", "AUTHENTIC", "bold green"),
    validation_pb2.VERDICT_INAUTHENTIC: ("✗", "INAUTHENTIC", "bold red"),
    validation_pb2.VERDICT_INCONCLUSIVE: ("?", "INCONCLUSIVE", "bold yellow"),
}
_UNDECIDED = ("?", "NO VERDICT", "bold yellow")
_SEVERITY_STYLES = {
    finding_pb2.SEVERITY_CRITICAL: "bold red",
    finding_pb2.SEVERITY_HIGH: "red",
    finding_pb2.SEVERITY_MEDIUM: "yellow",
    finding_pb2.SEVERITY_LOW: "cyan",
    finding_pb2.SEVERITY_INFO: "dim",
}


class Report:
    """
    Prints results as they come.

    :param brief: Whether an authentic file without findings gets one line only, as it should among many.
    """

    def __init__(self, console: Console, *, brief: bool) -> None:
        self._console = console
        self._brief = brief

    def add(self, checked: Checked) -> None:
        """Print one result."""
        if checked.validation is None:
            self._line(
                Text.assemble(
                    ("! ", "bold yellow"), (printable(checked.name), "bold"), f": {printable(checked.message)}"
                )
            )
            return
        validation = checked.validation
        self._line(_headline(checked.name, validation))
        if self._brief and _is_unremarkable(validation):
            return
        if validation.explanation:
            self._paragraph(Text(printable(validation.explanation)), 2)
        self._console.print()
        self._console.print(Padding(_stage_table(validation), (0, 0, 0, 2), expand=False))
        self._findings(validation, checked.files)
        if self._brief:
            self._console.print()

    def close(self, tally: Tally) -> None:
        """Print the summary of many files."""
        if self._brief:
            self._line(Text(str(tally), style="bold"))

    def _findings(self, validation: validation_pb2.Validation, files: Mapping[str, CheckedFile]) -> None:
        findings = in_order_of_interest(validation)
        for finding in findings[:MAX_FINDINGS]:
            self._console.print()
            self._finding(finding, files, decided=finding in validation.deciding_findings)
        if len(findings) > MAX_FINDINGS:
            rest = len(findings) - MAX_FINDINGS
            self._console.print()
            self._line(Text(f"  … and {rest} more; --format json has them all", style="dim"))

    def _finding(self, finding: finding_pb2.Finding, files: Mapping[str, CheckedFile], *, decided: bool) -> None:
        severity = finding_pb2.Severity.Name(finding.severity).removeprefix("SEVERITY_")
        style = _SEVERITY_STYLES.get(finding.severity, "")
        head = Text.assemble("  ", (severity, style), " ", printable(finding.rule_id))
        if finding.HasField("location"):
            at = finding.location
            name = files[at.path].name if at.path in files else at.path
            head.append(f"  {printable(name)}:{at.start_line}:{at.start_column}", "dim")
        if decided:
            head.append("  ◀ decided the verdict", "bold")
        self._line(head)
        self._paragraph(Text(printable(finding.message)), 4)
        self._excerpt(finding, files)
        for name, value in sorted(finding.evidence.items()):
            self._paragraph(Text.assemble((f"{printable(name)}: ", "dim"), _shortened(value)), 4)
        if finding.suggestion:
            self._paragraph(Text.assemble(("suggestion: ", "green"), printable(finding.suggestion)), 4)

    def _excerpt(self, finding: finding_pb2.Finding, files: Mapping[str, CheckedFile]) -> None:
        file = files.get(finding.location.path) if finding.HasField("location") else None
        shown = excerpt(lines_of(file.content), finding.location) if file else None
        if shown is None:
            return
        gutter = len(str(shown.line))
        self._line(Text.assemble((f"      {shown.line} │ ", "dim"), shown.text))
        self._line(Text.assemble((f"      {'':{gutter}} │ ", "dim"), (shown.carets, "bold red")))

    def _paragraph(self, text: Text, indent: int) -> None:
        self._console.print(Padding(text, (0, 0, 0, indent), expand=False), highlight=False)

    def _line(self, text: Text) -> None:
        self._console.print(text, highlight=False, no_wrap=True, overflow="ignore", crop=False)


def in_order_of_interest(validation: validation_pb2.Validation) -> list[finding_pb2.Finding]:
    """Return all findings: those that decided first, the rest by severity, else in the order of the stages."""
    deciding = list(validation.deciding_findings)
    others = [f for result in validation.stage_results for f in result.findings if f not in deciding]
    return deciding + sorted(others, key=lambda finding: -finding.severity)


def in_words(seconds: float) -> str:
    """Return a duration as a person reads it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _headline(name: str, validation: validation_pb2.Validation) -> Text:
    mark, word, style = _VERDICTS.get(validation.verdict, _UNDECIDED)
    score = f"score {validation.authenticity_score:.2f} by {printable(validation.scorer)}"
    seconds = validation.run_duration.ToMicroseconds() / 1e6
    return Text.assemble(
        (f"{mark} ", style), (printable(name), "bold"), ": ", (word, style), f", {score}, {in_words(seconds)}"
    )


def _is_unremarkable(validation: validation_pb2.Validation) -> bool:
    findings = (finding for result in validation.stage_results for finding in result.findings)
    return validation.verdict == validation_pb2.VERDICT_AUTHENTIC and not any(
        finding.severity > finding_pb2.SEVERITY_INFO for finding in findings
    )


def _stage_table(validation: validation_pb2.Validation) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for result in validation.stage_results:
        status = stage_pb2.StageStatus.Name(result.status).removeprefix("STAGE_STATUS_").replace("_", " ").lower()
        style = {"completed": "green", "failed": "bold red"}.get(status, "yellow")
        seconds = result.run_duration.ToMicroseconds() / 1e6
        table.add_row(
            Text(printable(result.stage)), Text(status, style=style), in_words(seconds), Text(printable(_said(result)))
        )
    return table


def _said(result: stage_pb2.StageResult) -> str:
    if result.status != stage_pb2.STAGE_STATUS_COMPLETED:
        return result.reason
    count = len(result.findings)
    return {0: "no findings", 1: "1 finding"}.get(count, f"{count} findings")


def _shortened(value: str) -> str:
    shown = printable(value[: MAX_EVIDENCE_CHARACTERS + 1])
    return shown if len(shown) <= MAX_EVIDENCE_CHARACTERS else shown[:MAX_EVIDENCE_CHARACTERS] + "…"
