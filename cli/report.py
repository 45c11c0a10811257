"""What `assay check` prints for a person."""

from collections.abc import Mapping, Sequence

from assay.v1 import finding_pb2, stage_pb2, validation_pb2
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli import exits
from cli.checked import Checked, CheckedFile, Tally, counting, findings_of
from cli.excerpt import excerpt, lines_of
from cli.printable import printable

MAX_FINDINGS = 20
"""Findings printed for one file; the JSON format has them all."""

MAX_EVIDENCE_CHARACTERS = 300
MAX_CONTRIBUTIONS = 3
LEAST_LOG_ODDS = 0.05
"""What moves a score by less is nothing to a person."""

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

    :param brief: Whether an authentic file gets one line only, and one for each finding, as it should among many.
    """

    def __init__(self, console: Console, *, brief: bool) -> None:
        self._console = console
        self._brief = brief
        self._held: list[RenderableType] = []

    def add(self, checked: Checked) -> None:
        """Print one result."""
        self._add(checked)
        self._print()

    def _add(self, checked: Checked) -> None:
        if checked.validation is None:
            self._line(
                Text.assemble(
                    ("! ", "bold yellow"), (printable(checked.name), "bold"), f": {printable(checked.message)}"
                )
            )
            return
        validation = checked.validation
        self._line(_headline(checked, validation))
        if validation.repair.improved or (validation.HasField("repair") and checked.status != exits.AUTHENTIC):
            self._line(_repair(validation.repair))
        if self._brief and checked.status == exits.AUTHENTIC:
            self._remarks(checked, validation)
            return
        if validation.explanation:
            self._paragraph(Text(printable(validation.explanation)), 2)
        if moved := _moved(validation):
            self._paragraph(Text(f"Moved the score most: {moved}.", style="dim"), 2)
        self._line()
        self._held.append(Padding(_stage_table(validation), (0, 0, 0, 2), expand=False))
        self._findings(validation, checked.files)
        if self._brief:
            self._line()

    def _remarks(self, checked: Checked, validation: validation_pb2.Validation) -> None:
        """Print a line for each finding of a file that passes, among many, if it is more than worth knowing."""
        for finding in in_order_of_interest(validation)[:MAX_FINDINGS]:
            if finding.severity > finding_pb2.SEVERITY_INFO:
                place = f"{printable(checked.name_of(finding.location.path))}:{finding.location.start_line}: "
                line = Text("    ")
                line.append(f"{_severity(finding)} ", _SEVERITY_STYLES.get(finding.severity, ""))
                line.append(f"{printable(finding.rule_id)}  {place if finding.HasField('location') else ''}")
                self._line(line.append(printable(finding.message)))

    def close(self, tally: Tally) -> None:
        """Print the summary of many files."""
        if self._brief:
            self._line(Text(str(tally), style="bold"))
        self._print()

    def _findings(self, validation: validation_pb2.Validation, files: Mapping[str, CheckedFile]) -> None:
        findings = in_order_of_interest(validation)
        lines = {path: lines_of(files[path].content) for path in _shown_files(findings[:MAX_FINDINGS], files)}
        for finding in findings[:MAX_FINDINGS]:
            self._line()
            self._finding(finding, files, lines, decided=finding in validation.deciding_findings)
        rest = len(findings) - MAX_FINDINGS
        silent = sum(bool(finding.suppressed) for finding in findings_of(validation))
        for count, what in ((rest, "more; --format json has them all"), (silent, "that do not count")):
            if count > 0:
                self._line()
                self._line(Text(f"  … and {count} {what}", style="dim"))

    def _finding(
        self,
        finding: finding_pb2.Finding,
        files: Mapping[str, CheckedFile],
        lines: Mapping[str, Sequence[str]],
        *,
        decided: bool,
    ) -> None:
        style = _SEVERITY_STYLES.get(finding.severity, "")
        head = Text.assemble("  ", (_severity(finding), style), " ", printable(finding.rule_id))
        if finding.HasField("location"):
            at = finding.location
            name = files[at.path].name if at.path in files else at.path
            head.append(f"  {printable(name)}:{at.start_line}:{at.start_column}", "dim")
        if decided:
            head.append("  ◀ decided the verdict", "bold")
        self._line(head)
        self._paragraph(Text(printable(finding.message)), 4)
        self._excerpt(finding, lines)
        for name, value in sorted(finding.evidence.items()):
            self._paragraph(Text.assemble((f"{printable(name)}: ", "dim"), _shortened(value)), 4)
        if finding.suggestion:
            self._paragraph(Text.assemble(("suggestion: ", "green"), printable(finding.suggestion)), 4)

    def _excerpt(self, finding: finding_pb2.Finding, lines: Mapping[str, Sequence[str]]) -> None:
        shown = excerpt(lines.get(finding.location.path, ()), finding.location)
        if shown is None:
            return
        gutter = len(str(shown.line))
        self._line(Text.assemble((f"      {shown.line} │ ", "dim"), shown.text))
        self._line(Text.assemble((f"      {'':{gutter}} │ ", "dim"), (shown.carets, "bold red")))

    def _paragraph(self, text: Text, indent: int) -> None:
        self._held.append(Padding(text, (0, 0, 0, indent), expand=False))

    def _line(self, text: Text | None = None) -> None:
        line = text or Text()
        line.no_wrap, line.overflow = True, "ignore"
        self._held.append(line)

    def _print(self) -> None:
        """Print what is held, at one time: to set about printing costs more than to print a line."""
        if self._held:
            self._console.print(Group(*self._held), highlight=False, crop=False)
            self._held = []


def _shown_files(findings: Sequence[finding_pb2.Finding], files: Mapping[str, CheckedFile]) -> set[str]:
    return {finding.location.path for finding in findings if finding.HasField("location")} & files.keys()


def in_order_of_interest(validation: validation_pb2.Validation) -> list[finding_pb2.Finding]:
    """Return the findings that count: those that decided first, the rest by severity, else in the stages' order."""
    deciding = list(validation.deciding_findings)
    others = [finding for finding in counting(validation) if finding not in deciding]
    return deciding + sorted(others, key=lambda finding: -finding.severity)


def in_words(seconds: float) -> str:
    """Return a duration as a person reads it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _headline(checked: Checked, validation: validation_pb2.Validation) -> Text:
    mark, word, style = _VERDICTS.get(validation.verdict, _UNDECIDED)
    score = f"score {validation.authenticity_score:.2f} by {printable(validation.scorer)}"
    taken = "known" if checked.known else in_words(validation.run_duration.ToMicroseconds() / 1e6)
    line = Text.assemble(
        (f"{mark} ", style), (printable(checked.name), "bold"), ": ", (word, style), f", {score}, {taken}"
    )
    if checked.failing and validation.verdict != validation_pb2.VERDICT_INAUTHENTIC:
        least = finding_pb2.Severity.Name(checked.fail_on).removeprefix("SEVERITY_")
        line.append(f", and fails: something is {least} or worse", "bold red")
    return line


def _repair(repair: validation_pb2.Repair) -> Text:
    line = Text("  repair: ")
    kept = [made for made in repair.rounds if made.kept]
    if repair.improved:
        _, word, style = _VERDICTS.get(repair.verdict, _UNDECIDED)
        count = sum(len(made.mended) for made in kept)
        line.append(word, style)
        return line.append(f", score {repair.authenticity_score:.2f}, once {_findings(count)} mended")
    if repair.rounds:
        return line.append(f"none: {printable(repair.rounds[-1].reason)}")
    return line.append("none: no finding has a fix that needs no person's judgement")


def _findings(count: int) -> str:
    return "1 finding is" if count == 1 else f"{count} findings are"


def _moved(validation: validation_pb2.Validation) -> str:
    """Return what moved the score most, each with its value and how far in log-odds."""
    strongest = validation.contributions[:MAX_CONTRIBUTIONS]
    return "; ".join(_contribution(one) for one in strongest if abs(one.log_odds) >= LEAST_LOG_ODDS)


def _contribution(told: stage_pb2.Contribution) -> str:
    value = f"{told.value:g}" if told.HasField("value") else "not known"
    return f"{printable(told.description)} ({value}) {told.log_odds:+.1f}"


def _severity(finding: finding_pb2.Finding) -> str:
    return finding_pb2.Severity.Name(finding.severity).removeprefix("SEVERITY_")


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
    count = sum(not finding.suppressed for finding in result.findings)
    return {0: "no findings", 1: "1 finding"}.get(count, f"{count} findings")


def _shortened(value: str) -> str:
    shown = printable(value[: MAX_EVIDENCE_CHARACTERS + 1])
    return shown if len(shown) <= MAX_EVIDENCE_CHARACTERS else shown[:MAX_EVIDENCE_CHARACTERS] + "…"
