"""From what a run did to what the stage says about it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from assay.convert import seconds_from_proto
from assay.languages import DEFAULT_VERSIONS
from assay.stage import Candidate, Category, Finding, Severity
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from .account import bounded
from .location import line_of
from .outcomes import LIMITS, is_busy, name_of
from .plan import Run
from .report import Error, Report

MAX_EVIDENCE = 2_000
MAX_QUOTED = 120
LACKS = {
    "module": "it imports a module that this environment lacks",
    "package": "it imports from a package that it was not submitted with",
    "input": "it reads standard input, of which there is none",
    "network": "it needs the network, which the sandbox does not have",
    "file": "it needs a file or device that this environment lacks",
    "variable": "it needs an environment variable that is not set",
}


@dataclass
class Judgement:
    """
    What one run says about the candidate.

    :param unable: Why the run, or part of it, could not speak for the candidate; empty where it could.
    """

    findings: list[Finding] = field(default_factory=list)
    unable: str = ""

    def lacking(self, reason: str) -> None:
        """Note why the run could not speak for the candidate; the first reason stands."""
        self.unable = self.unable or reason


def judge(candidate: Candidate, run: Run, result: ExecutionResult, report: Report) -> Judgement:
    """
    Return what a run says about the candidate.

    The result's outcome must be one of the program's own: neither CANCELLED nor SANDBOX_LOST.
    """
    said = Judgement()
    if report.plan is not None and report.plan.problem:
        said.lacking(f"{run.label} could not be run: {report.plan.problem}")
    _judge_collection(run, report, said)
    _judge_end(candidate, run, result, report, said)
    if report.load_error is not None:
        _judge_load(candidate, run, result, report.load_error, said)
    for end in report.failed():
        assert end.error is not None
        before = len(said.findings)
        _judge_failure(candidate, run, end.test, end.error, said)
        isolation = _isolation(report, end.test)
        said.findings[before:] = [replace(f, evidence={**f.evidence, **isolation}) for f in said.findings[before:]]
    if report.replaced:
        said.findings.append(_replaced(run, report))
    said.findings = list(bounded(said.findings))
    return said


def _judge_collection(run: Run, report: Report, said: Judgement) -> None:
    """Say whether the tests were there to be run, and ran."""
    if report.collected is not None and report.collected.problem:
        said.lacking(f"{run.label} could not be run: {report.collected.problem}")
    elif left_out := report.left_out():
        said.lacking(f"{run.label} could not all be run: pytest does not take {left_out[0]} for a test")
    elif report.collected is not None and not report.collected.tests:
        said.lacking(f"{run.label} could not be run: pytest finds none")
    elif run.suite is not None and (reason := report.all_skipped()):
        said.lacking(f"{run.label} were all skipped: {reason}")


def _judge_end(candidate: Candidate, run: Run, result: ExecutionResult, report: Report, said: Judgement) -> None:
    """Say whether the run came to its own end; calls that nobody asked for do not have to."""
    if report.calling is not None and report.done is None:
        return
    where = _where(report)
    evidence = {"outcome": name_of(result.outcome), **{key: str(value) for key, value in result.evidence.items()}}
    if report.under_way:
        evidence["test"] = report.under_way
    if result.outcome in LIMITS:
        rule, did = LIMITS[result.outcome]
        severity = Severity.HIGH
        if rule == "time-limit" and run.suite is None and not report.under_way and not is_busy(result):
            severity = Severity.LOW
            where += "; it was waiting, as a service does"
        line = next(iter(_standing(candidate, report)), None)
        message = f"The program {did} {where}."
        if rule == "time-limit":
            evidence["cpu_seconds"] = f"{seconds_from_proto(result.usage.cpu_time):.2f}"
            evidence["wall_seconds"] = f"{seconds_from_proto(result.usage.wall_time):.2f}"
        found = Finding(f"execution/{rule}", Category.RUNTIME, severity, message, evidence=evidence)
        said.findings.append(_at(found, candidate, *line) if line else found)
    elif result.outcome == Outcome.OUTCOME_SIGNALED:
        evidence["signal"] = str(result.signal)
        message = f"The program was ended by signal {result.signal} {where}."
        said.findings.append(Finding("execution/crashed", Category.RUNTIME, Severity.HIGH, message, evidence=evidence))
    elif not report.is_complete():
        evidence["exit_code"] = str(result.exit_code)
        missing = len(report.missing())
        did = f"left {where}" if report.done is None else "kept tests from being run"
        message = f"The program {did}; {missing} of the planned tests and examples did not end."
        said.findings.append(_exited(message, evidence))


def _where(report: Report) -> str:
    if report.under_way:
        return f"in {_test(report.under_way, 0)}"
    return "after its last test" if "loaded" in report.reached else "while it was imported"


def _judge_load(candidate: Candidate, run: Run, result: ExecutionResult, error: Error, said: Judgement) -> None:
    """Say why the candidate could not be imported."""
    if error.exit:
        if run.suite is not None:
            message = f"The code leaves the program with {error.type} while it is imported, so that no test can run."
            said.findings.append(_at(_exited(message, _facts(error)), candidate, error.path, error.line))
        else:
            message = f"The code ends with {error.type} when it is imported, as a script does."
            said.findings.append(_environment("exits-on-import", message, candidate, error))
    elif error.environment:
        said.findings.append(_lacking(candidate, error))
        said.lacking(f"the code could not be imported: {LACKS[error.environment]}{_named(error)}")
    elif error.type in {"SyntaxError", "IndentationError"} and _is_newer(candidate, result):
        wanted = candidate.language_version or DEFAULT_VERSIONS["python"]
        said.lacking(f"the code is for Python {wanted}, the sandbox runs {result.language_version}")
    else:
        message = f"The import fails with {error.type}: {_quoted(error.message)}"
        found = Finding("execution/import-error", Category.RUNTIME, Severity.HIGH, message, evidence=_facts(error))
        said.findings.append(_at(found, candidate, error.path, error.line))


def _isolation(report: Report, test: str) -> dict[str, str]:
    """Return how a test was kept from the code under test, where that is known here."""
    if report.proof is None:
        return {}
    return {"isolation": "proof" if test in report.proof else "resistant"}


def _judge_failure(candidate: Candidate, run: Run, test: str, error: Error, said: Judgement) -> None:
    """Say what a failed test or example means."""
    evidence = {"test": test, **_facts(error)}
    name = _test(test, error.test_line)
    if error.example is not None:
        said.findings.append(_example(candidate, error, evidence))
    elif error.exit:
        found = _exited(f"The code leaves the program with {error.type} in {name}.", evidence)
        said.findings.append(_at(found, candidate, error.path, error.line))
    elif error.missing_from_candidate or (error.type == "NameError" and not error.candidate_raised and error.name):
        said.findings += _missing_name(run, name, error, evidence, said)
    elif error.test_problem:
        what = f"needs {_quoted(error.name)}" if error.name else f"raises {error.type}"
        said.lacking(f"{run.label} could not be run: {name} {what}, which the code has no part in")
    elif error.environment in {"module", "network"}:
        said.findings.append(_lacking(candidate, error))
        said.lacking(f"{name} could not be run: {LACKS[error.environment]}{_named(error)}")
    elif error.assertion and not error.candidate_raised:
        said.findings.append(_failed(candidate, name, error, evidence))
    else:
        message = f"{_sentence(name)} raises {_raised(error)}"
        found = Finding("execution/test-error", Category.RUNTIME, Severity.HIGH, message, evidence=evidence)
        path, line = (error.path, error.line) if error.line else (error.subject_path, error.subject_line)
        said.findings.append(_at(found, candidate, path, line))


def _missing_name(run: Run, test: str, error: Error, evidence: dict[str, str], said: Judgement) -> Iterator[Finding]:
    if error.test_problem:
        said.lacking(f"{run.label} could not be run: {test} uses {_quoted(error.name)}, which they do not define")
        return
    message = f"The tests use {_quoted(error.name)}, which the code does not define."
    yield Finding("execution/missing-name", Category.BEHAVIOR, Severity.HIGH, message, evidence=evidence)


def _failed(candidate: Candidate, test: str, error: Error, evidence: dict[str, str]) -> Finding:
    message = f"{_sentence(test)} fails"
    if error.left is not None and error.right is not None and error.operator in {"", "Eq"}:
        message += f": got {_quoted(error.left)}, expected {_quoted(error.right)}"
    elif error.message:
        message += f": {_quoted(error.message)}"
    found = Finding("execution/test-failed", Category.BEHAVIOR, Severity.HIGH, f"{message}.", evidence=evidence)
    return _at(found, candidate, error.subject_path, error.subject_line)


def _example(candidate: Candidate, error: Error, evidence: dict[str, str]) -> Finding:
    """
    Examples in the code itself drift, and those of a specification are at times wrong: they reject alone only where the
    specification gave them and no tests say otherwise.
    """
    specified = error.subject_line == 0
    rule = "execution/example-failed" if specified else "execution/doctest-failed"
    category = Category.SPECIFICATION if specified else Category.BEHAVIOR
    source = "specification" if specified else "documentation"
    if error.type:
        message = f"An example of the {source} raises {_raised(error)}"
    else:
        message = f"An example of the {source} gives {_quoted(error.left or '')}, not {_quoted(error.right or '')}."
    severity = Severity.HIGH if specified and not candidate.tests else Severity.MEDIUM
    found = Finding(rule, category, severity, message, evidence=evidence)
    path, line = (error.path, error.line) if error.line else (error.subject_path, error.subject_line)
    return _at(found, candidate, path, line)


def _replaced(run: Run, report: Report) -> Finding:
    names = ", ".join(report.replaced)
    rests = bool(report.plan and (report.plan.tests or report.plan.examples))
    return Finding(
        "execution/replaced-builtins",
        Category.BEHAVIOR,
        Severity.HIGH if rests and run.suite else Severity.MEDIUM,
        "The code replaces builtins or assertions that its tests rest on.",
        evidence={"names": names[:MAX_EVIDENCE]},
    )


def _exited(message: str, evidence: dict[str, str]) -> Finding:
    return Finding("execution/exited-early", Category.BEHAVIOR, Severity.HIGH, message, evidence=evidence)


def _lacking(candidate: Candidate, error: Error) -> Finding:
    rule = "missing-module" if error.environment in {"module", "package"} else "environment"
    message = f"The code could not be run in full: {LACKS[error.environment]}{_named(error)}."
    return _environment(rule, message, candidate, error)


def _environment(rule: str, message: str, candidate: Candidate, error: Error) -> Finding:
    found = Finding(f"execution/{rule}", Category.ENVIRONMENT, Severity.INFO, message, evidence=_facts(error))
    return _at(found, candidate, error.path, error.line)


def _facts(error: Error) -> dict[str, str]:
    sides = ("actual", "expected") if error.operator in {"", "Eq"} else ("left", "right")
    facts = {
        "exception": error.type,
        "message": error.message,
        sides[0]: error.left,
        sides[1]: error.right,
        "operator": error.operator if sides[0] == "left" else "",
        "example": error.example,
        "test_line": str(error.test_line or ""),
        "statement": error.statement,
    }
    return {key: value[:MAX_EVIDENCE] for key, value in facts.items() if value}


def _at(finding: Finding, candidate: Candidate, path: str, line: int) -> Finding:
    return replace(finding, location=line_of(candidate, path, line))


def _standing(candidate: Candidate, report: Report) -> Iterator[tuple[str, int]]:
    """Return the candidate's lines at which the program stood when most of its time was gone, deepest first."""
    paths = {file.path for file in candidate.files}
    folder = f"{report.plan.work}/" if report.plan else ""
    for file, line in report.stack:
        if folder and file.startswith(folder) and file.removeprefix(folder) in paths:
            yield file.removeprefix(folder), line


def _raised(error: Error) -> str:
    return f"{error.type}: {_quoted(error.message)}" if error.message else f"{error.type}."


def _is_newer(candidate: Candidate, result: ExecutionResult) -> bool:
    """Whether the candidate is written for a later Python than the sandbox runs."""
    if candidate.language != "python":
        return False
    from packaging.version import InvalidVersion, Version

    try:
        wanted = Version(candidate.language_version or DEFAULT_VERSIONS["python"])
        return wanted.release[:2] > Version(result.language_version).release[:2]
    except InvalidVersion:
        return False


def _test(test: str, line: int) -> str:
    """Return what a person calls a test: a statement goes by the line that failed."""
    return f"the test in line {line or test[5:]}" if test.startswith("line ") else test


def _sentence(text: str) -> str:
    return f"The{text[3:]}" if text.startswith("the ") else text


def _named(error: Error) -> str:
    return f" ({_quoted(error.name)})" if error.name else ""


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"
