"""Whether two runs of the same code and tests gave the same."""

from assay.stage import Category, Finding, Severity

from .evaluation import Got, Raised
from .ran import Ran
from .report import Report
from .values import show


def difference(first: Ran, second: Ran) -> Finding | None:
    """Return what two runs gave otherwise: a value that the tests ask for, or how they ended; None where nothing."""
    one, other = first.report, second.report
    evidence: dict[str, str] = {}
    for site in first.tests.sites if first.tests else ():
        values, others = (report.values.get(site.number, []) for report in (one, other))
        if _comparable(values) != _comparable(others):
            where = site.test or f"line {site.line}"
            evidence = {"test": where, "statement": site.text, "first": _shown(values), "second": _shown(others)}
            break
    else:
        if _end(one) == _end(other):
            return None
    message = f"Two runs of {first.label} gave different values, or did not end alike."
    return Finding("execution/not-deterministic", Category.BEHAVIOR, Severity.MEDIUM, message, evidence=evidence)


def _comparable(times: list[list[Got]]) -> str:
    """Return values as a text, in which NaN is the same as itself, and exceptions are without their stacks."""
    return repr([[(part.name, part.message) if isinstance(part, Raised) else part for part in got] for got in times])


def _shown(times: list[list[Got]]) -> str:
    parts = (
        f"{part.name}: {part.message}" if isinstance(part, Raised) else show(part) for got in times for part in got
    )
    return "; ".join(parts)[:1_000]


def _end(report: Report) -> tuple[object, ...]:
    """Return how a run ended; stacks and times differ from run to run."""
    judged = {site: [raised and raised.message for raised in ends] for site, ends in report.judged.items()}
    tests = [(test.event, test.test) for test in report.tests]
    failures = [(failure.event, failure.error.message) for failure in report.failures]
    return report.reached, judged, tests, failures, report.exit and report.exit.code
