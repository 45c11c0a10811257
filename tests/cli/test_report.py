"""The report for a person."""

import io

from assay.v1 import finding_pb2, stage_pb2, validation_pb2
from rich.console import Console

from cli.checked import Checked, CheckedFile, Tally
from cli.report import MAX_FINDINGS, Report


def finding(
    line: int = 1, *, message: str = "It is not there.", severity: finding_pb2.Severity = finding_pb2.SEVERITY_HIGH
) -> finding_pb2.Finding:
    """Return a finding on a line of main.py."""
    return finding_pb2.Finding(
        rule_id="semantic/unknown-package",
        severity=severity,
        message=message,
        suggestion="did you mean requests?",
        evidence={"nearest": "requests"},
        location=finding_pb2.Location(path="main.py", start_line=line, start_column=8, end_line=line, end_column=16),
    )


def validation(*findings: finding_pb2.Finding) -> validation_pb2.Validation:
    """Return an inauthentic validation that the first finding decided."""
    result = stage_pb2.StageResult(stage="semantic", status=stage_pb2.STAGE_STATUS_COMPLETED, findings=findings)
    skipped = stage_pb2.StageResult(stage="execution", status=stage_pb2.STAGE_STATUS_SKIPPED, reason="no sandbox")
    return validation_pb2.Validation(
        verdict=validation_pb2.VERDICT_INAUTHENTIC,
        authenticity_score=0.25,
        scorer="rules-1",
        deciding_findings=findings[:1],
        stage_results=[result, skipped],
    )


def printed(*results: Checked, brief: bool = False) -> str:
    """Return what a report prints."""
    console = Console(file=io.StringIO(), width=100)
    report, tally = Report(console, brief=brief), Tally()
    for result in results:
        tally.add(result)
        report.add(result)
    report.close(tally)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_all_that_a_person_needs_is_there() -> None:
    """Verdict, score and its maker, stages with reasons, and the finding with line, carets and suggestion."""
    files = {"main.py": CheckedFile("src/main.py", b"import reqeusts\n")}
    text = printed(Checked("src/main.py", validation(finding()), files=files))
    for part in (
        "src/main.py: INAUTHENTIC, score 0.25 by rules-1",
        "semantic   completed",
        "execution  skipped",
        "no sandbox",
        "HIGH semantic/unknown-package  src/main.py:1:8  ◀ decided the verdict",
        "1 │ import reqeusts",
        "  │        ^^^^^^^^",
        "nearest: requests",
        "suggestion: did you mean requests?",
    ):
        assert part in text


def test_only_deciding_findings_are_marked_and_come_first() -> None:
    """What did not decide stands below, unmarked."""
    first = finding(2, message="Decided.")
    other = finding(1, message="Did not.", severity=finding_pb2.SEVERITY_CRITICAL)
    text = printed(Checked("main.py", validation(first, other)))
    assert text.index("Decided.") < text.index("Did not.")
    assert text.count("decided the verdict") == 1


def test_findings_beyond_the_bound_are_counted() -> None:
    """A flood of findings ends in a number."""
    found = [finding(line) for line in range(1, MAX_FINDINGS + 8)]
    assert "… and 7 more" in printed(Checked("main.py", validation(*found)))


def test_nothing_reaches_the_terminal_unescaped() -> None:
    """Names, messages and source of unknown origin cannot move the cursor or forge lines; brackets are no markup."""
    hostile = "\x1b[2J\nmain.py: AUTHENTIC [bold]"
    bad = finding(message=hostile)
    bad.evidence["nearest"] = hostile
    files = {"main.py": CheckedFile(hostile, b"import \x1b[2J[bold]x\n")}
    text = printed(Checked(hostile, validation(bad), files=files), Checked(hostile, reason="SOURCE", message=hostile))
    assert "\x1b" not in text
    assert "\nmain.py: AUTHENTIC" not in text
    assert "[bold]" in text


def test_suppressed_findings_are_counted_and_not_shown() -> None:
    """What does not count takes no room, and is not forgotten."""
    silent = finding(2, message="It is an old one.")
    silent.suppressed = "it is known"
    text = printed(Checked("main.py", validation(finding(), silent)))
    assert "It is an old one." not in text
    assert "… and 1 that do not count" in text
    assert "semantic   completed" in text
    assert "1 finding" in text


def test_a_file_that_fails_says_why() -> None:
    """An authentic file with a finding that the caller does not bear is told so, among many or alone."""
    fine = validation(finding(severity=finding_pb2.SEVERITY_MEDIUM))
    fine.verdict = validation_pb2.VERDICT_AUTHENTIC
    del fine.deciding_findings[:]
    for brief in (False, True):
        text = printed(Checked("main.py", fine, fail_on=finding_pb2.SEVERITY_MEDIUM), brief=brief)
        assert "main.py: AUTHENTIC" in text
        assert "and fails: something is MEDIUM or worse" in text
        assert "It is not there." in text
    assert "0 inauthentic, 0 undetermined (1 more fail by a finding)" in text


def test_findings_of_files_that_pass_take_a_line_among_many() -> None:
    """A blemish of an authentic file is one line; what is only worth knowing is none."""
    blemish = finding(severity=finding_pb2.SEVERITY_LOW, message="A blemish.")
    note = finding(3, severity=finding_pb2.SEVERITY_INFO, message="A note.")
    fine = validation(blemish, note)
    fine.verdict = validation_pb2.VERDICT_AUTHENTIC
    del fine.deciding_findings[:]
    lines = printed(Checked("main.py", fine, known=True), brief=True).splitlines()
    assert lines[0].endswith("AUTHENTIC, score 0.25 by rules-1, known")
    assert lines[1] == "    LOW semantic/unknown-package  main.py:1: A blemish."
    assert lines[2].startswith("1 files: 1 authentic")


def test_many_files_get_a_line_each_where_nothing_is_to_be_said() -> None:
    """Among many files an authentic one takes one line, and the sum stands at the end."""
    fine = validation_pb2.Validation(verdict=validation_pb2.VERDICT_AUTHENTIC, authenticity_score=1, scorer="rules-1")
    text = printed(Checked("a.py", fine), Checked("b.py", reason="SOURCE", message="it is gone"), brief=True)
    assert text.splitlines()[:2] == ["✓ a.py: AUTHENTIC, score 1.00 by rules-1, 0 ms", "! b.py: it is gone"]
    assert "2 files: 1 authentic, 0 inauthentic, 1 undetermined" in text


def test_what_moved_the_score() -> None:
    """The three features that moved the score most are named, each with its value; a hair's breadth is not told."""
    message = validation(finding())
    for name, value, moved in (
        ("failed", 0.5, -2.0),
        ("unknown", None, 1.0),
        ("hair", 1.0, 0.01),
        ("fourth", 1.0, 3.0),
    ):
        message.contributions.add(feature=name, description=f"the {name}", value=value, log_odds=moved)
    text = " ".join(printed(Checked("main.py", message)).split())
    assert "Moved the score most: the failed (0.5) -2.0; the unknown (not known) +1.0." in text
    assert "fourth" not in text
