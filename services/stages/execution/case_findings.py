"""From a case that did not pass to what the stage says about it, in every language."""

import re
from dataclasses import replace

from assay.stage import Candidate, Category, Finding, Severity
from assay.v1.sandbox_pb2 import CaseResult, ExecutionResult, Outcome

from .compiled_findings import MAX_EVIDENCE, end_evidence, quoted
from .location import line_of
from .outcomes import LIMITS
from .subject import definition_line

MISSING_MODULE = re.compile(
    r"ModuleNotFoundError: No module named '([\w.]{1,200})'"
    r"|Cannot find (?:module|package) '([^'\n]{1,200})'"
    r"|cannot load such file -- (\S{1,200}) \(LoadError\)"
)
"""How Python, Node and Ruby say that what a program imports is not there."""


def lacking(candidate: Candidate, result: ExecutionResult) -> str:
    """Return the module that a program ended for, since this environment lacks it; nothing where it did not."""
    if result.outcome != Outcome.OUTCOME_NONZERO_EXIT:
        return ""
    found = MISSING_MODULE.search(result.stderr.content.decode(errors="replace"))
    name = next(filter(None, found.groups()), "") if found else ""
    if not name:
        return ""
    imports = re.compile(
        rf"\b(?:import|from|require|require_relative|load)\b[^\n]{{0,200}}?{re.escape(name.split('.')[0])}"
    )
    return name if any(imports.search(file.content.decode(errors="replace")) for file in candidate.files) else ""


def case_finding(candidate: Candidate, case: CaseResult, expected: bytes, expected_exit_code: int) -> Finding:
    """Return what a case that failed says, at the entry point: at its main function where it has one."""
    result, name = case.result, f"Case {quoted(case.name)}"
    evidence = {"test": case.name, "isolation": "proof", **end_evidence(result)}
    if result.outcome in LIMITS:
        rule, did = LIMITS[result.outcome]
        message = f"The program {did} in case {quoted(case.name)}."
        found = Finding(f"execution/{rule}", Category.RUNTIME, Severity.HIGH, message)
    elif result.outcome == Outcome.OUTCOME_SIGNALED:
        message = f"The program was ended by signal {result.signal} in case {quoted(case.name)}."
        found = Finding("execution/crashed", Category.RUNTIME, Severity.HIGH, message)
    elif result.exit_code not in {0, expected_exit_code}:
        message = f"{name} ends with exit status {result.exit_code} instead of {expected_exit_code}."
        found = Finding("execution/test-error", Category.RUNTIME, Severity.HIGH, message)
    else:
        evidence["difference"] = case.message
        evidence["expected"] = expected.decode(errors="replace")[:MAX_EVIDENCE]
        evidence["actual"] = result.stdout.content.decode(errors="replace")[:MAX_EVIDENCE]
        message = f"{name} fails: {case.message}."
        found = Finding("execution/test-failed", Category.BEHAVIOR, Severity.HIGH, message)
    entry = candidate.entry()
    line = definition_line(entry.content, "main") or 1
    return replace(found, evidence=evidence, location=line_of(candidate, entry.path, line))
