"""How findings are worded, and where they stand."""

from dataclasses import replace

from assay.stage import Candidate, Category, Finding, Severity

from services.stages.execution.location import line_of

from .evaluation import Raised
from .faults import Fault, Told
from .ran import Ran

MAX_EVIDENCE = 2_000
MAX_QUOTED = 120


def lack(told: Told) -> str:
    """Return what the environment lacks, in words."""
    if told.fault is Fault.MODULE:
        return f"it imports a module that this environment lacks ({quoted(told.what)})"
    return told.what


def lacking(ran: Ran, told: Told, raised: Raised) -> Finding:
    """Return the finding that the environment lacks something."""
    rule = "missing-module" if told.fault is Fault.MODULE else "environment"
    message = f"The code could not be run in full: {lack(told)}."
    found = Finding(f"execution/{rule}", Category.ENVIRONMENT, Severity.INFO, message, evidence=facts_of(raised))
    return placed(found, ran.candidate, told.path, told.line)


def found_as(rule: str, category: Category, message: str, evidence: dict[str, str]) -> Finding:
    """Return a finding of HIGH, with what evidence there is, bounded."""
    held = {key: value[:MAX_EVIDENCE] for key, value in evidence.items() if value}
    return Finding(f"execution/{rule}", category, Severity.HIGH, message, evidence=held)


def placed(finding: Finding, candidate: Candidate, path: str, line: int) -> Finding:
    """Return a finding at a line of the candidate, where it has such a line."""
    return replace(finding, location=line_of(candidate, path, line))


def facts_of(raised: Raised) -> dict[str, str]:
    """Return what an exception says of itself, as evidence."""
    return {"exception": raised.name or raised.names[0], "message": raised.message[:MAX_EVIDENCE]}


def raised_text(raised: Raised) -> str:
    """Return an exception in a few words."""
    name = raised.name or raised.names[0]
    return f"{name}: {quoted(raised.message)}" if raised.message else f"{name}."


def test_name(test: str, line: int) -> str:
    """Return what a person calls a test: an assertion of a script goes by its line."""
    if test:
        return f"the test {quoted(test)}"
    return f"the test in line {line}" if line else "the script of the tests"


def sentence(text: str) -> str:
    """Return a name as the beginning of a sentence."""
    return f"The{text[3:]}" if text.startswith("the ") else text


def quoted(text: str) -> str:
    """Return a text in one line, bounded."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"
