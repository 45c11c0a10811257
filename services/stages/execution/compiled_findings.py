"""From what a compiler and a run of tests told to what the stage says about it, in every compiled language."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assay.stage import Candidate, Category, Finding, Location, Severity, TestSuite
from assay.v1.sandbox_pb2 import Compilation, ExecutionResult, Outcome

from .account import MAX_FAILURES
from .compiled_toolchain import Failure, Problem, Ran
from .location import line_of
from .outcomes import LIMITS, name_of
from .subject import called, location_of

MAX_ERRORS = 3
"""Compile errors that get a finding of their own: what follows the first ones often follows from them."""

MAX_EVIDENCE = 2_000
MAX_QUOTED = 120
MAX_MODULES = 5
LINES_BEFORE = 20
"""Lines of the tests above the one that failed in which the call that it rests on is looked for."""


def quoted(text: str) -> str:
    """Return a text on one line, short enough for a message."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"


def compile_findings(
    candidate: Candidate, compilation: Compilation, problems: Sequence[Problem], *, tested: bool
) -> tuple[list[Finding], str]:
    """
    Return what a program that was not compiled says about the candidate, and why it could not be judged, or nothing.

    What only the tests lack, and the environment, is no fault of the candidate's.

    :param tested: Whether the code was to run. Where it was not, it may be a passage to be put where the standard
        library is included, as answers to exercises often are: then what follows from that is left out, and it does not
        reject.
    """
    if compilation.outcome != Outcome.OUTCOME_NONZERO_EXIT:
        return [], f"compiling ended with {name_of(compilation.outcome)}"
    if not problems:
        return [], f"the compiler ended with status {compilation.exit_code} and told of no error"
    if modules := list({problem.name: problem for problem in problems if problem.missing == "module"}.values()):
        names = ", ".join(quoted(problem.name) for problem in modules[:MAX_MODULES])
        found = [missing_module(candidate, problem) for problem in modules[:MAX_MODULES]]
        return found, f"{names} is not in this environment"
    own = {file.path for file in (*candidate.files, *candidate.context_files)}
    unincluded = [problem for problem in problems if problem.missing == "standard"]
    if forgotten := next((problem for problem in unincluded if problem.path not in own), None):
        return [], f"the tests use {quoted(forgotten.name)} of the standard library and do not include it"
    if unincluded and not tested:
        return [replace(found, severity=Severity.MEDIUM) for found in _errors(candidate, unincluded, own)], ""
    return list(_errors(candidate, problems, own)), ""


def _errors(candidate: Candidate, problems: Sequence[Problem], own: set[str]) -> Iterator[Finding]:
    seen: set[tuple[str, int | str]] = set()
    for problem in (problem for problem in problems if problem.missing != "elsewhere"):
        is_own = problem.path in own or not problem.path
        key = (problem.path, problem.name if problem.missing == "name" and not is_own else problem.line)
        if key not in seen and len(seen) < MAX_ERRORS:
            seen.add(key)
            yield _own_error(candidate, problem) if is_own else _test_error(problem)


def _own_error(candidate: Candidate, problem: Problem) -> Finding:
    message = f"The code does not compile: {quoted(problem.message)}."
    evidence = {"message": problem.message[:MAX_EVIDENCE]}
    found = Finding("execution/compile-error", Category.RUNTIME, Severity.HIGH, message, evidence=evidence)
    return replace(found, location=line_of(candidate, problem.path, problem.line))


def _test_error(problem: Problem) -> Finding:
    evidence = {"message": problem.message[:MAX_EVIDENCE], "test_line": str(problem.line)}
    if problem.missing == "name":
        message = f"The tests use {quoted(problem.name)}, which the code does not define."
        return Finding("execution/missing-name", Category.BEHAVIOR, Severity.HIGH, message, evidence=evidence)
    message = f"The tests do not compile with the code, in line {problem.line}: {quoted(problem.message)}."
    return Finding("execution/compile-error", Category.RUNTIME, Severity.HIGH, message, evidence=evidence)


def missing_module(candidate: Candidate, problem: Problem) -> Finding:
    """Return that this environment lacks what the code imports: missing there is not made up."""
    message = f"The code could not be run in full: {quoted(problem.name)} is not in this environment."
    found = Finding("execution/missing-module", Category.ENVIRONMENT, Severity.INFO, message)
    evidence = {"name": problem.name[:MAX_EVIDENCE]}
    return replace(found, evidence=evidence, location=line_of(candidate, problem.path, problem.line))


def run_findings(candidate: Candidate, suite: TestSuite, result: ExecutionResult, ran: Ran) -> list[Finding]:
    """
    Return what a run of tests says about the candidate.

    The result's outcome must be one of the program's own: neither CANCELLED nor SANDBOX_LOST.
    """
    lines = suite.files[0].content.decode(errors="replace").splitlines()
    found = [failure_finding(candidate, failure, lines) for failure in list(ran.failures)[:MAX_FAILURES]]
    evidence = {"isolation": "resistant", **end_evidence(result)}
    where = f"in {quoted(ran.under_way)}" if ran.under_way else "in the tests"
    if ran.under_way:
        evidence["test"] = ran.under_way
    if result.outcome in LIMITS:
        rule, did = LIMITS[result.outcome]
        message = f"The program {did} {where}."
        end = Finding(f"execution/{rule}", Category.RUNTIME, Severity.HIGH, message, evidence=evidence)
    elif found or (ran.ended and result.outcome == Outcome.OUTCOME_OK):
        return found
    elif result.outcome == Outcome.OUTCOME_SIGNALED:
        message = f"The program was ended by signal {result.signal} {where}."
        end = Finding("execution/crashed", Category.RUNTIME, Severity.HIGH, message, evidence=evidence)
    elif result.outcome == Outcome.OUTCOME_OK:
        message = f"The program left {where}, before they had come to their end."
        if ran.under_way:
            message = f"The program left {where}, before it had come to its end."
        end = Finding("execution/exited-early", Category.BEHAVIOR, Severity.HIGH, message, evidence=evidence)
    else:
        message = f"The tests end with exit status {result.exit_code}."
        end = Finding("execution/test-failed", Category.BEHAVIOR, Severity.HIGH, message, evidence=evidence)
    return [*found, replace(end, location=location_of(candidate, called(lines)))]


def failure_finding(candidate: Candidate, failure: Failure, lines: Sequence[str]) -> Finding:
    """
    Return what a failed test says, at the line at which the code failed, or else at the function that the test calls.

    :param lines: The lines of the tests.
    """
    name = failure.test or (f"The test in line {failure.test_line}" if failure.test_line else "The tests")
    evidence = {
        "test": failure.test,
        "test_line": str(failure.test_line or ""),
        "statement": failure.statement,
        "exception": failure.exception,
        "message": failure.message,
        "actual": failure.actual,
        "expected": failure.expected,
        "isolation": "resistant",
    }
    evidence = {key: value[:MAX_EVIDENCE] for key, value in evidence.items() if value}
    if failure.exception:
        message = f"{name} {'raises' if name != 'The tests' else 'raise'} {failure.exception}"
        message += f": {quoted(failure.message)}" if failure.message else "."
        found = Finding("execution/test-error", Category.RUNTIME, Severity.HIGH, message, evidence=evidence)
    else:
        message = f"{name} {'fails' if name != 'The tests' else 'fail'}{_difference(failure)}."
        found = Finding("execution/test-failed", Category.BEHAVIOR, Severity.HIGH, message, evidence=evidence)
    place = line_of(candidate, failure.path, failure.line) or _subject(candidate, failure, lines)
    return replace(found, location=place)


def _difference(failure: Failure) -> str:
    if failure.actual and failure.expected:
        return f": got {quoted(failure.actual)}, expected {quoted(failure.expected)}"
    said = failure.statement or failure.message
    return f": {quoted(said)}" if said else ""


def _subject(candidate: Candidate, failure: Failure, lines: Sequence[str]) -> Location | None:
    if not failure.test_line:
        return location_of(candidate, called((failure.statement, *lines)))
    above = lines[max(0, failure.test_line - LINES_BEFORE) : failure.test_line]
    return location_of(candidate, called((failure.statement, *reversed(above))))


def end_evidence(result: ExecutionResult) -> dict[str, str]:
    """Return what shows how a run ended."""
    evidence = {"outcome": name_of(result.outcome), **{key: str(value) for key, value in result.evidence.items()}}
    if result.HasField("exit_code"):
        evidence["exit_code"] = str(result.exit_code)
    if result.HasField("signal"):
        evidence["signal"] = str(result.signal)
    if said := result.stderr.content.decode(errors="replace").strip():
        evidence["stderr"] = said[-MAX_EVIDENCE:]
    return evidence
